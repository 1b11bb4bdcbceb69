import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "./errors.ts";
import { type GatewayInstallFlags, toGatewayChoices } from "./gateway-install-flags.ts";

const UPSTREAM = { origin: "http://127.0.0.1:11434", socketPath: null, host: "127.0.0.1:11434" };
const PROGRAM = { node: "/usr/bin/node", main: "/usr/lib/node_modules/portlock/dist/main.js" };
const STATE = "/var/lib/portlock-gateway";

function choose(flags: GatewayInstallFlags, env: Readonly<Record<string, string>> = {}) {
  return toGatewayChoices({ env }, { data: STATE, ...flags }, { upstream: UPSTREAM, program: PROGRAM }).gateway;
}

function codeOf(flags: GatewayInstallFlags, env?: Readonly<Record<string, string>>): string {
  try {
    choose(flags, env);
  } catch (error) {
    assert.ok(error instanceof CommandError);
    return error.trouble.code;
  }
  return "taken";
}

test("by itself: loopback, the folder of the service, no TLS", () => {
  const { listen, data, tls, redis } = choose({});
  assert.deepEqual(
    [listen, data, tls, redis],
    [{ address: "127.0.0.1", port: 11_435 }, { kind: "state", name: "portlock-gateway" }, { kind: "none" }, null],
  );
});

test("a socket is asked by its path, localhost is an address", () => {
  const upstream = { origin: "http://localhost", socketPath: "/run/o.sock", host: "localhost" };
  const flags = { data: STATE, listen: { host: "localhost", port: 1 } };
  const { gateway } = toGatewayChoices({ env: {} }, flags, { upstream, program: PROGRAM });
  assert.equal(gateway.upstream, "unix:/run/o.sock");
  assert.equal(gateway.listen.address, "127.0.0.1");
});

test("a URL of Redis in the environment may hold a password, and is left to the file that only root reads", () => {
  assert.equal(choose({}, { PORTLOCK_REDIS_URL: "redis://:secret@cache" }).redis, null);
  assert.equal(choose({ redis: "redis://cache" }).redis, "redis://cache");
});

const REFUSED: readonly (readonly [
  what: string,
  flags: GatewayInstallFlags,
  code: string,
  env?: Record<string, string>,
])[] = [
  ["a name to listen on", { listen: { host: "gpu-1", port: 443 } }, "not-an-address"],
  ["keys in a home", { data: "/home/alice/keys" }, "data-not-of-service"],
  ["keys two folders down", { data: "/var/lib/a/b" }, "data-not-of-service"],
  ["a password on the command line", { redis: "redis://:secret@cache" }, "redis-password"],
  ["a certificate without its key", { tlsCert: "/etc/a.pem" }, "flag-missing"],
  ["a certificate of the folder one stands in", { tlsCert: "a.pem", tlsKey: "/etc/a.key" }, "path-not-absolute"],
  ["an authority of the folder one stands in", { clientCa: "ca.pem" }, "path-not-absolute"],
];

for (const [what, flags, code, env] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.equal(codeOf(flags, env), code);
  });
}
