import assert from "node:assert/strict";
import { test } from "node:test";
import type { PasswordHash } from "../../facts/proxies/proxy.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const withHash = (scheme: PasswordHash["scheme"], cost: number | null): ReturnType<typeof aSite> =>
  aSite([
    aLocation({ protections: [{ kind: "basic", hash: { scheme, cost }, users: 1, file: "/etc/nginx/htpasswd" }] }),
  ]);

test("bcrypt at cost 10 in nginx and HAProxy, which compute it for every request", () => {
  for (const kind of ["nginx", "haproxy"] as const) {
    const [finding] = findingsOf(aProxiedHost([withHash("bcrypt", 10)], { kind }), "slow-password-hash");
    assert.deepEqual([finding?.data.scheme, finding?.data.cost], ["bcrypt", 10]);
  }
});

test("nothing to say of a proxy that remembers, of cheap hashes, and of what is not known", () => {
  assert.deepEqual(findingsOf(aProxiedHost([withHash("bcrypt", 14)], { kind: "caddy" }), "slow-password-hash"), []);
  const cheap = [
    withHash("bcrypt", 5),
    withHash("apr1", null),
    withHash("bcrypt", null),
    withHash("sha512-crypt", 5_000),
  ];
  for (const site of cheap) assert.deepEqual(findingsOf(aProxiedHost([site]), "slow-password-hash"), []);
});
