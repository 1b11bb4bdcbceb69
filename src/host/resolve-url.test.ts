import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "./host-error.ts";
import { resolveUrl } from "./resolve-url.ts";

for (const [text, address, port, hostHeader, serverName, tls] of [
  ["127.0.0.1", "127.0.0.1", 11434, "127.0.0.1:11434", "127.0.0.1", false],
  ["127.0.0.1:8000", "127.0.0.1", 8000, "127.0.0.1:8000", "127.0.0.1", false],
  ["127.0.0.1:80", "127.0.0.1", 80, "127.0.0.1", "127.0.0.1", false],
  ["::1", "::1", 11434, "[::1]:11434", "::1", false],
  ["[::1]", "::1", 11434, "[::1]:11434", "::1", false],
  ["[::1]:8000/", "::1", 8000, "[::1]:8000", "::1", false],
  ["fe80::1%eth0", "fe80::1%eth0", 11434, "[fe80::1]:11434", "fe80::1", false],
  ["http://[fe80::1%eth0]:8000", "fe80::1%eth0", 8000, "[fe80::1]:8000", "fe80::1", false],
  ["http://127.0.0.1", "127.0.0.1", 80, "127.0.0.1", "127.0.0.1", false],
  ["HTTP://0x7f000001:11434/", "127.0.0.1", 11434, "127.0.0.1:11434", "127.0.0.1", false],
  ["https://127.0.0.1/#x", "127.0.0.1", 443, "127.0.0.1", "127.0.0.1", true],
] as const) {
  test(`${text} is asked at ${address} on ${port}`, async () => {
    assert.deepEqual(await resolveUrl(text), [{ address, port, tls, hostHeader, serverName }]);
  });
}

test("a name leads to its addresses, and keeps its name", async () => {
  const endpoints = await resolveUrl("https://localhost:8443");
  assert.ok(endpoints.some(({ address }) => address === "127.0.0.1" || address === "::1"));
  for (const endpoint of endpoints) {
    assert.deepEqual([endpoint.hostHeader, endpoint.serverName], ["localhost:8443", "localhost"]);
  }
});

for (const text of [
  "",
  "ftp://127.0.0.1/",
  "file:///etc/passwd",
  "javascript://x",
  "http://",
  "http://127.0.0.1:99999",
  "http://127.0.0.1/ollama",
  "http://127.0.0.1/?key=1",
  "127.0.0.1/api/tags",
  "http://user:hunter2@127.0.0.1/",
  "user:hunter2@127.0.0.1",
  "host name",
  "a%b",
]) {
  test(`${JSON.stringify(text)} is refused, and no password is repeated`, async () => {
    await assert.rejects(resolveUrl(text), (error) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.code, "bad-url");
      assert.doesNotMatch(JSON.stringify([error.message, error]), /hunter2/);
      return true;
    });
  });
}
