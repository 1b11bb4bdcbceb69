import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "./host-error.ts";
import { resolveTarget, toTargetRequest } from "./probe-target.ts";

for (const [text, expected] of [
  [
    "http://127.0.0.1:11434",
    {
      url: "http://127.0.0.1:11434",
      addresses: ["127.0.0.1"],
      port: 11434,
      tls: false,
      hostHeader: "127.0.0.1:11434",
      basePath: "",
    },
  ],
  [
    "https://[::1]/ollama/?key=1#x",
    { url: "https://[::1]/ollama", addresses: ["::1"], port: 443, tls: true, hostHeader: "[::1]", basePath: "/ollama" },
  ],
  [
    "HTTP://0x7f000001/",
    { url: "http://127.0.0.1", addresses: ["127.0.0.1"], port: 80, tls: false, hostHeader: "127.0.0.1", basePath: "" },
  ],
] as const) {
  test(`${text} is a target`, async () => {
    assert.deepEqual(await resolveTarget(new URL(text)), { ...expected, unasked: 0 });
  });
}

test("a name leads to its addresses", async () => {
  const target = await resolveTarget(new URL("http://localhost:8080/"));
  assert.ok(target.addresses.some((address) => address === "127.0.0.1" || address === "::1"));
  assert.equal(target.hostHeader, "localhost:8080");
});

test("a question keeps the target's name for TLS where it tries a foreign Host", async () => {
  const target = await resolveTarget(new URL("https://localhost:8443/models"));
  assert.deepEqual(
    toTargetRequest(target, "127.0.0.1", {
      method: "GET",
      path: "/api/version",
      hostHeader: "rebind.portlock.example",
    }),
    {
      method: "GET",
      address: "127.0.0.1",
      port: 8443,
      path: "/models/api/version",
      tls: true,
      hostHeader: "rebind.portlock.example",
      serverName: "localhost",
    },
  );
});

for (const text of ["ftp://127.0.0.1/", "file:///etc/passwd", "http://user:hunter2@127.0.0.1/"]) {
  test(`${text} is refused, and no password is repeated`, async () => {
    await assert.rejects(resolveTarget(new URL(text)), (error) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.code, "bad-url");
      assert.doesNotMatch(JSON.stringify([error.message, error]), /hunter2/);
      return true;
    });
  });
}
