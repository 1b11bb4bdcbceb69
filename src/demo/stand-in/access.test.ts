import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import { startStandIn } from "./start.ts";
import { sendRaw, withStandIn } from "./testing.ts";

describe("who may ask", () => {
  const own = Object.values(networkInterfaces()).flat().at(-1)?.address ?? "127.0.0.1";
  const hosts: readonly (readonly [string, number])[] = [
    ["localhost", 200],
    ["LOCALHOST:11434", 200],
    ["gpu.internal", 200],
    ["app.localhost:1", 200],
    ["127.0.0.1:11434", 200],
    ["192.168.1.20", 200],
    ["0.0.0.0", 200],
    ["[::1]:11434", 200],
    ["[fd00::1]:11434", 200],
    ["", 200],
    ["rebind.portlock.example", 403],
    ["8.8.8.8", 403],
    ["169.254.1.1", 403],
    ["100.64.0.1", 403],
    ["[::1]", 403],
    [own.includes(":") ? `[${own}]:1` : own, 200],
  ];
  for (const [host, status] of hosts) {
    test(`Host: ${host} on loopback is ${status}`, async () => {
      await withStandIn({}, async ({ port }) => {
        const answer = await sendRaw(port, `GET /api/tags HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        assert.equal(Number(answer.slice(9, 12)), status);
        if (status === 403) {
          assert.match(answer, /\r\nContent-Length: 0\r\n/);
          assert.doesNotMatch(answer, /content-type/i);
        }
      });
    });
  }

  test("the check is off on every other address, and before 0.1.29", async () => {
    const foreign = "GET /api/tags HTTP/1.1\r\nHost: rebind.portlock.example\r\nConnection: close\r\n\r\n";
    await withStandIn({ host: "0.0.0.0:0" }, async ({ port, address }) => {
      assert.ok(address === "::" || address === "0.0.0.0");
      assert.match(await sendRaw(port, foreign), /^HTTP\/1\.1 200 /);
    });
    await withStandIn({ version: "0.1.28" }, async ({ port }) => {
      assert.match(await sendRaw(port, foreign), /^HTTP\/1\.1 200 /);
    });
  });

  test("the request line's host counts more than the header's", async () => {
    await withStandIn({}, async ({ port }) => {
      const line =
        "GET http://rebind.portlock.example/api/tags HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      assert.match(await sendRaw(port, line), /^HTTP\/1\.1 403 /);
    });
  });

  const origins: readonly (readonly [string | undefined, string, number, string | null])[] = [
    [undefined, "http://localhost:3000", 200, "http://localhost:3000"],
    [undefined, "https://page.portlock.example", 403, null],
    [undefined, "http://localhost.evil.example", 403, null],
    [undefined, "chrome-extension://abc", 403, null],
    [undefined, "tauri://localhost", 200, "tauri://localhost"],
    ["chrome-extension://*", "chrome-extension://abc", 200, "chrome-extension://abc"],
    ["https://a.example,https://b.example", "https://b.example", 200, "https://b.example"],
    ["*", "https://page.portlock.example", 200, "*"],
  ];
  for (const [value, origin, status, allowed] of origins) {
    test(`OLLAMA_ORIGINS=${value ?? ""} and Origin: ${origin} is ${status}`, async () => {
      await withStandIn({ origins: value }, async (_standIn, url) => {
        const answer = await fetch(`${url}/api/tags`, { headers: { Origin: origin } });
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get("access-control-allow-origin"), allowed);
        const preflight = await fetch(`${url}/api/chat`, { method: "OPTIONS", headers: { Origin: origin } });
        assert.equal(preflight.status, status === 200 ? 204 : 403);
      });
    });
  }

  for (const value of ["foo", "http://*.a.example:*"]) {
    test(`OLLAMA_ORIGINS=${value} panics at the start and leaves no listener`, async () => {
      await assert.rejects(startStandIn({ host: "127.0.0.1:0", origins: value }), { message: /origin|only one \*/ });
    });
  }
});
