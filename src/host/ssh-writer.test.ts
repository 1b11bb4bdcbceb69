/** What only a door through a network has to promise. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { startSshd, SSHD_MISSING } from "./loopback-sshd.ts";
import type { LoopbackSshd } from "./loopback-sshd.ts";
import { openSshWriter } from "./ssh-writer.ts";
import { failureOf, valueOf, waitUntil } from "./writer-doors.fixture.ts";
import type { HostWriter } from "./writer.ts";

function open(context: TestContext, sshd: LoopbackSshd): HostWriter {
  const writer = openSshWriter(sshd.target, { configFile: sshd.configFile });
  context.after(() => writer.close());
  return writer;
}

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "portlock-ssh-writer-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("a host behind SSH that is changed", { skip: SSHD_MISSING }, () => {
  test("everything goes through one login, and nothing stays behind", async (context) => {
    const [sshd, folder] = [await startSshd(context), makeFolder(context)];
    const writer = open(context, sshd);
    valueOf(await writer.hold(join(folder, "lock")));
    const text = "changed\n";
    await Promise.all([
      writer.writeFile(join(folder, "file"), text, { mode: 0o600 }),
      writer.readFile("/etc/passwd"),
      writer.change(["sync", "--", folder]),
    ]);
    assert.equal(valueOf(await writer.readFile(join(folder, "file"))), text);
    assert.equal(sshd.countLogins(), 1);
    await Promise.all([writer.close(), writer.close()]);
    await waitUntil(() => sshd.findProcesses().length === 0);
    assert.equal(failureOf(await writer.appendFile(join(folder, "file"), "")), "failed: nothing was done: closed");
  });

  test("a text is in no process list and no environment", async (context) => {
    const folder = makeFolder(context);
    const [bin, go] = [join(folder, "bin"), join(folder, "go")];
    const sshd = await startSshd(context, {
      forceCommand: `exec /usr/bin/env -i PATH=${bin}:/usr/bin:/bin LC_ALL=C /bin/sh`,
    });
    const writer = open(context, sshd);
    valueOf(await writer.change(["mkdir", "-m", "700", "--", bin]));
    const wait = `#!/bin/sh\n: >${folder}/waits\nwhile [ ! -e ${go} ]; do sleep 0.02; done\nexec /usr/bin/sync "$@"\n`;
    writeFileSync(join(bin, "sync"), wait, { mode: 0o755 });
    const written = writer.writeFile(join(folder, "file"), "OLLAMA_KEY=hunter2\n", { mode: 0o600 });
    await waitUntil(() => existsSync(join(folder, "waits")));
    const seen = sshd.findProcesses().map((pid) => {
      return ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8")).join("");
    });
    assert.ok(seen.length > 2);
    assert.doesNotMatch(seen.join("\n"), /hunter2|[0-9a-f]{32}/);
    writeFileSync(go, "");
    assert.equal(failureOf(await written), "ok");
  });

  test("a connection that dies leaves a change in doubt, and what follows undone, each with a reason", async (context) => {
    const [sshd, folder] = [await startSshd(context), makeFolder(context)];
    const writer = open(context, sshd);
    writeFileSync(join(folder, "script"), `echo asked >>${folder}/asked; exec sleep 1000`);
    const pending = writer.change(["/bin/sh", join(folder, "script"), "undo"]);
    const next = writer.appendFile(join(folder, "next"), "");
    await waitUntil(() => existsSync(join(folder, "asked")));
    sshd.kill();
    assert.match(failureOf(await pending), /^failed: it is not known whether it was done: ./);
    assert.match(failureOf(await next), /^failed: nothing was done: ./);
    assert.equal(readFileSync(join(folder, "asked"), "utf8"), "asked\n");
    assert.ok(!existsSync(join(folder, "next")));
  });

  test("where the host allows one session only, nothing is done and the reason told", async (context) => {
    const [sshd, folder] = [await startSshd(context, { lines: ["MaxSessions 1"] }), makeFolder(context)];
    const writer = open(context, sshd);
    assert.match(failureOf(await writer.appendFile(join(folder, "a"), "")), /^failed: nothing was done: ./);
    assert.ok(!existsSync(join(folder, "a")));
    assert.equal(failureOf(await writer.stat("/")), "ok");
  });
});
