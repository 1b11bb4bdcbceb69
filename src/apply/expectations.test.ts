import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { openLocalWriter } from "../host/local-writer.ts";
import { waitFor } from "./expectations.ts";
import { Fault } from "./fault.ts";

/** A server on this host, at an address and a port the system chooses. */
async function listen(address: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_, response) => response.end("Ollama is running"));
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  assert.ok(typeof bound === "object" && bound !== null);
  return { server, port: bound.port };
}

test("what is so is seen at once, what is not is told once time is up", async () => {
  const host = openLocalWriter();
  const { server, port } = await listen("127.0.0.1");
  const answers = { kind: "answers", address: "127.0.0.1", port } as const;
  const onLoopback = { kind: "listens-on-loopback-only", port } as const;
  await waitFor(host, [answers, onLoopback]);
  server.close();
  await assert.rejects(waitFor(host, [onLoopback, answers], 300), (error) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.message, `127.0.0.1 port ${port} does not answer: refused`);
    return true;
  });
  await host.close();
});

test("another loopback address is loopback, the wildcard is not", async () => {
  const host = openLocalWriter();
  const loopback = await listen("127.0.0.2");
  await waitFor(host, [{ kind: "listens-on-loopback-only", port: loopback.port }]);
  loopback.server.close();
  const wildcard = await listen("0.0.0.0");
  await assert.rejects(
    waitFor(host, [{ kind: "listens-on-loopback-only", port: wildcard.port }], 300),
    /is still listened on at 0\.0\.0\.0/,
  );
  wildcard.server.close();
  await host.close();
});

test("a unit that is not there is not active", async () => {
  const host = openLocalWriter();
  const unit = { kind: "unit-active", unit: "no-such-unit.service", scope: "system", uid: null } as const;
  await assert.rejects(waitFor(host, [unit], 100), /no-such-unit\.service/);
  await assert.rejects(waitFor(host, [{ ...unit, scope: "user", uid: 4_000_000 }], 100), /no account/);
  await host.close();
});
