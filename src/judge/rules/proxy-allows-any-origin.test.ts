import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

test("pages of every origin may read: worse where nothing is demanded", () => {
  const passing = { allowsOrigins: ["*"] };
  const [open] = findingsOf(aProxiedHost([aSite([aLocation({ passing })])]), "proxy-allows-any-origin");
  assert.equal(open?.severity, "medium");
  const guarded = aProxiedHost([aSite([aLocation({ passing, protections: [BASIC] })])]);
  assert.equal(findingsOf(guarded, "proxy-allows-any-origin")[0]?.severity, "low");
});

test("named origins, or none, are in order", () => {
  for (const allowsOrigins of [null, ["https://chat.example.com"]]) {
    const host = aProxiedHost([aSite([aLocation({ passing: { allowsOrigins } })])]);
    assert.deepEqual(findingsOf(host, "proxy-allows-any-origin"), []);
  }
});
