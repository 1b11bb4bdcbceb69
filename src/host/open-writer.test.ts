import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HostError } from "./host-error.ts";
import { startSshd, SSHD_MISSING } from "./loopback-sshd.ts";
import { openHost } from "./open-host.ts";
import { openWriter } from "./open-writer.ts";

const READING = ["close", "lagMs", "listDirectory", "readFile", "readLinks", "request", "run", "stat", "target"];
const WRITING = ["appendFile", "change", "hold", "writeFile"];

/** Every name that can be reached on an object, but for what all objects have. */
function verbsOf(door: object): readonly string[] {
  const names = new Set<string>();
  for (let at: unknown = door; typeof at === "object" && at !== null && at !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
    at = Object.getPrototypeOf(at);
  }
  return [...names].toSorted();
}

test("what openHost opens has no verb that writes, and nothing of what does is loaded", async (context) => {
  const host = await openHost("localhost");
  context.after(() => host.close());
  assert.deepEqual(verbsOf(host), READING);
  const code = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
    const { openHost } = await import(${JSON.stringify(join(import.meta.dirname, "open-host.ts"))});
    await openHost("localhost");
    await openHost("ssh://127.0.0.1:1").then((host) => host.close());
    console.log(urls.join("\\n"));`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  assert.match(run.stdout, /\/src\/host\/ssh\.ts/, run.stderr);
  assert.doesNotMatch(run.stdout, /write|writing|change|lock-requests/);
});

describe("behind SSH", { skip: SSHD_MISSING }, () => {
  test("what openHost opens has no verb that writes", async (context) => {
    const sshd = await startSshd(context);
    const host = await openHost(sshd.target);
    context.after(() => host.close());
    assert.deepEqual(verbsOf(host), READING);
  });

  test("openWriter opens both halves, and a login that fails is told by the first verb", async (context) => {
    const sshd = await startSshd(context);
    sshd.kill();
    const writer = await openWriter(sshd.target);
    context.after(() => writer.close());
    assert.deepEqual(verbsOf(writer), [...READING, ...WRITING].toSorted());
    assert.equal(writer.target, sshd.target);
    for (const verb of [writer.appendFile("/nowhere/a", ""), writer.hold("/nowhere/a"), writer.stat("/")]) {
      await assert.rejects(verb, (error) => error instanceof HostError && error.code === "ssh-unreachable");
    }
  });
});

test("openWriter opens both halves of this machine, and no other text", async (context) => {
  const writer = await openWriter("localhost");
  context.after(() => writer.close());
  assert.deepEqual(verbsOf(writer), [...READING, ...WRITING].toSorted());
  assert.equal((await writer.readFile("/proc/sys/kernel/ostype")).ok, true);
  await assert.rejects(openWriter("gpu-1"), (error) => error instanceof HostError && error.code === "bad-target");
});
