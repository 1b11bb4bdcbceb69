import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Reading } from "./host.ts";
import { openLocalHost } from "./local.ts";

function whyOf(reading: Reading<unknown>): string {
  return reading.ok ? "ok" : reading.why;
}

/** The rest of the test runs with the rights of nobody. */
function becomeNobody(context: TestContext): void {
  const uid = process.geteuid?.() ?? 0;
  process.seteuid?.(65_534);
  context.after(() => process.seteuid?.(uid));
}

test(
  "what another user may not read is denied",
  { skip: process.getuid?.() !== 0 && "needs root" },
  async (context) => {
    const host = openLocalHost();
    const other = spawn("sleep", ["1000"], { stdio: "ignore" });
    context.after(() => other.kill());
    becomeNobody(context);
    assert.equal(whyOf(await host.readFile("/etc/shadow")), "denied");
    assert.equal(whyOf(await host.listDirectory("/root")), "denied");
    assert.equal(whyOf(await host.stat("/root/.ssh")), "denied");
    assert.equal(whyOf(await host.readFile(`/proc/${other.pid}/environ`)), "denied");
    assert.equal(whyOf(await host.readLinks(`/proc/${other.pid}/fd/*`)), "denied");
    const all = await host.readLinks("/proc/*/fd/*");
    assert.ok(all.ok && all.value.denied > 0);
    const one = await host.readLinks(`/proc/${other.pid}/ns/net`);
    assert.deepEqual(one.ok && one.value, { links: [], denied: 1 });
  },
);

test("close ends running commands and requests; files can still be read", async () => {
  const host = openLocalHost();
  const running = host.run(["systemctl", "--version"]);
  await host.close();
  await host.close();
  assert.equal(whyOf(await running), "failed");
  assert.equal(whyOf(await host.run(["getent", "passwd"])), "failed");
  assert.equal((await host.request({ method: "GET", address: "127.0.0.1", port: 1, path: "/" })).kind, "not-possible");
  assert.equal(whyOf(await host.readFile("/proc/version")), "ok");
});
