import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { missingRequirement } from "../../../lab/requirements.ts";
import { bearer, expectRefused, expectServed, readMetrics, toPost, until } from "../attacks/attempt.ts";
import { buildWorld } from "../attacks/world.ts";
import { verifyLog } from "../audit/verify-log.ts";
import { answerLines } from "../testing/recording-upstream.ts";

test(
  "on a full disk who is known is served, nothing is lost, and who changes keys is told",
  {
    skip: missingRequirement() ?? false,
  },
  async (t) => {
    const disk = mkdtempSync(join(tmpdir(), "portlock-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", disk]);
    t.after(() => {
      execFileSync("umount", ["--lazy", disk]);
      rmSync(disk, { recursive: true, force: true });
    });
    const world = await buildWorld("SQLite", disk);
    t.after(() => world.end());
    world.upstream.behave = answerLines(['{"done":true,"eval_count":1}\n']);
    const user = await world.makeKey();
    await expectServed(world, { before: toPost("/api/chat", [bearer(user)]) });
    await until("that was counted", async () => (await countOf(world.open.store, user.key.id)) === 1);
    const filler = join(disk, "filler");
    fill(filler);
    const position = await world.open.store.readPosition();
    await expectServed(
      world,
      Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`full ${at}`, toPost("/api/chat", [bearer(user)])])),
    );
    await expectRefused(world, [401], { unknown: toPost("/api/chat", ["x-api-key: nobody"]) });
    await until("lines of the log are lost and counted", async () =>
      /^portlock_log_lines_lost [1-9]/m.test(await readMetrics(world)),
    );
    const came = await world.run("keys", "create", "while-full");
    assert.match(came.said, /store-full/);
    assert.deepEqual(await world.open.store.readPosition(), position);
    await until("it is told", () => world.gateway.said.includes("store-full"));
    rmSync(filler);
    await until("all was counted", async () => (await countOf(world.open.store, user.key.id)) === 61);
    const fresh = await world.makeKey();
    await expectServed(world, { afterwards: toPost("/api/chat", [bearer(fresh)]) });
    assert.equal((await verifyLog(world.open, null)).kind, "sound");
  },
);

async function countOf(store: { listUsage: (since: number, until: number) => Promise<readonly Usage[]> }, id: string) {
  const rows = await store.listUsage(0, Date.now() + 1);
  return rows.filter(({ keyId }) => keyId === id).reduce((sum, { requests }) => sum + requests, 0);
}

interface Usage {
  readonly keyId: string;
  readonly requests: number;
}

/** Takes all the room there is, to the last byte. */
function fill(file: string): void {
  for (const size of [64 * 1024, 4096, 1]) {
    try {
      for (let piece = 0; piece < 5000; piece += 1) writeFileSync(file, Buffer.alloc(size), { flag: "a" });
    } catch (error) {
      assert.ok(error instanceof Error && "code" in error && error.code === "ENOSPC", String(error));
    }
  }
}
