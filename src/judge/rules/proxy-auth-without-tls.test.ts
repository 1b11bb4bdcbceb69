import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aListener, aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

const guarded = [aLocation({ protections: [BASIC] })];

test("a password over plain HTTP from others", () => {
  const [finding] = findingsOf(aProxiedHost([aSite(guarded)]), "proxy-auth-without-tls");
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding?.data.entries, ["192.168.1.10:80"]);
});

test("nothing to say of TLS, of loopback, and where nothing is demanded", () => {
  const quiet = [
    aSite(guarded, { listeners: [aListener("0.0.0.0", 80, true)] }),
    aSite(guarded, { listeners: [aListener("127.0.0.1", 80)] }),
    aSite([aLocation()]),
  ];
  for (const site of quiet) assert.deepEqual(findingsOf(aProxiedHost([site]), "proxy-auth-without-tls"), []);
});
