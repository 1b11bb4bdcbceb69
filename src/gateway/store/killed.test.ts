import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { verifyLog } from "../audit/verify-log.ts";
import { toStoreKinds } from "../testing/stores.ts";
import type { DataPlace } from "./data-place.ts";
import { openStore } from "./open-store.ts";

const WRITER = join(import.meta.dirname, "../testing/write-forever.ts");
/** With `PORTLOCK_LAB=full` as often as it takes to meet every moment of a write. */
const ROUNDS = process.env["PORTLOCK_LAB"] === "full" ? 100 : 3;
const LONGEST_LIFE_MS = 250;

/** What a writer was told is kept before it was killed at some moment of its work. */
async function writeAndDie(place: DataPlace, writer: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(place), writer], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), Math.random() * LONGEST_LIFE_MS);
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL");
  return said.split("\n").slice(0, -1);
}

for (const kind of toStoreKinds()) {
  describe(`in ${kind.name}`, { skip: kind.skip }, () => {
    before(() => kind.begin());
    after(() => kind.end());

    test("whoever is killed while he writes loses nothing that he was told is kept", { timeout: 600_000 }, async () => {
      const place = await kind.makePlace();
      const open = await openStore(place);
      after(() => open.store.close());
      for (let round = 1; round <= ROUNDS; round += 1) {
        const writers = [`a${round}`, `b${round}`];
        const said = await Promise.all(writers.map((writer) => writeAndDie(place, writer)));
        const verdict = await verifyLog(open, null);
        assert.equal(verdict.kind, "sound", JSON.stringify(verdict));
        const numbers = (await open.store.listAudit(0, 1_000_000)).map(({ number }) => String(number));
        const keys = new Map((await open.store.listKeys()).map(({ key }) => [key.id, key]));
        for (const [what = "", which = ""] of said.flat().map((line) => line.split(" "))) {
          if (what === "key") assert.ok(keys.has(which), which);
          if (what === "revoked") assert.notEqual(keys.get(which)?.revokedAt ?? null, null, which);
          if (what === "entry") assert.ok(numbers.includes(which), which);
        }
        for (const [index, writer] of writers.entries()) {
          const told = said[index]?.filter((line) => line === "usage").length ?? 0;
          const tokens = await open.store.countTokens(writer, 0);
          // The last may have been kept without its writer hearing of it.
          assert.ok(tokens === 2 * told || tokens === 2 * (told + 1), `${tokens} tokens, ${told} times told`);
        }
      }
    });
  });
}
