import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

const guarded = [aSite([aLocation({ protections: [BASIC] })])];

test("the server's own port is open beside a proxy that asks for a password", () => {
  const beside = aProxiedHost(guarded, { ollamaOn: "0.0.0.0" });
  const [finding] = findingsOf(beside, "open-beside-proxy");
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding?.data.open, ["192.168.1.10:11434"]);
  assert.deepEqual(finding?.data.entries, ["192.168.1.10:80"]);
});

test("nothing to say of a server on loopback, or of a proxy that asks for nothing", () => {
  assert.deepEqual(findingsOf(aProxiedHost(guarded), "open-beside-proxy"), []);
  assert.deepEqual(findingsOf(aProxiedHost([aSite([aLocation()])]), "open-beside-proxy"), []);
});
