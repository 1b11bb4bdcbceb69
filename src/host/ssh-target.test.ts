import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HostError } from "./host-error.ts";
import { openHost } from "./open-host.ts";
import { parseSshTarget } from "./ssh-target.ts";

for (const [text, user, host, port] of [
  ["ssh://gpu-1", null, "gpu-1", null],
  ["ssh://gpu_1.example/", null, "gpu_1.example", null],
  ["ssh://root@10.0.0.7:2222", "root", "10.0.0.7", 2222],
  ["ssh://svc.audit+x@gpu", "svc.audit+x", "gpu", null],
  ["ssh://ops@[2001:db8::7]:22", "ops", "2001:db8::7", 22],
  ["ssh://[fe80::1%eth0]", null, "fe80::1%eth0", null],
] as const) {
  test(`${text} is a host`, () => assert.deepEqual(parseSshTarget(text), { text, user, host, port }));
}

for (const text of [
  "",
  "gpu-1",
  "http://gpu-1",
  "ssh://",
  "ssh://@gpu",
  "ssh://-oProxyCommand=id",
  "ssh://root@-oProxyCommand=id",
  "ssh://-l@gpu",
  "ssh://gpu;id",
  "ssh://gpu$(id)",
  "ssh://gpu name",
  "ssh://gpu\n",
  "ssh://gpu/path",
  "ssh://gpu:0",
  "ssh://gpu:65536",
  "ssh://gpu:22:22",
  "ssh://[10.0.0.1]",
  "ssh://[::1",
  "ssh://[::1%a;b]",
  "ssh://a@b@gpu",
  "ssh://模型",
]) {
  test(`${JSON.stringify(text)} is refused`, async () => {
    await assert.rejects(
      openHost(text),
      (error) => error instanceof HostError && error.code === "bad-target" && error.hint !== "",
    );
  });
}

test("a password in the target is refused and not repeated", () => {
  assert.throws(
    () => parseSshTarget("ssh://root:hunter2@gpu"),
    (error) =>
      error instanceof HostError &&
      error.code === "bad-target" &&
      !JSON.stringify([error.message, error]).includes("hunter2"),
  );
});

test("no text becomes an option of the SSH client, or a word for a shell", () => {
  const part = fc.string({ unit: fc.constantFrom(...Array.from("ag0-._+:@[]%/ \n;$`'\"\\")), maxLength: 12 });
  const target = fc.tuple(part, fc.constantFrom("", "@"), part).map((parts) => `ssh://${parts.join("")}`);
  fc.assert(
    fc.property(fc.oneof(target, fc.string({ unit: "binary" })), (text) => {
      try {
        const { user, host } = parseSshTarget(text);
        for (const word of [user ?? "a", host]) assert.match(word, /^[\w:][\w.:+%-]*$/);
      } catch (error) {
        assert.ok(error instanceof HostError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
