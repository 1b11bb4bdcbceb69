import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aProxyAnswer, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

const guarded = [aSite([aLocation({ protections: [BASIC] })])];
const open = [aSite([aLocation()])];

test("served without the credential that the configuration demands", () => {
  const [finding] = findingsOf(aProxiedHost(guarded, { answers: [aProxyAnswer(200)] }), "proxy-answers-otherwise");
  assert.equal(finding?.severity, "high");
  assert.equal(finding?.data.demands, true);
  assert.deepEqual(finding?.evidence.at(-1), { from: "GET http://127.0.0.1:80/", text: "HTTP 200" });
});

test("asked for a credential that the configuration does not know", () => {
  const [finding] = findingsOf(aProxiedHost(open, { answers: [aProxyAnswer(401)] }), "proxy-answers-otherwise");
  assert.equal(finding?.severity, "low");
});

test("nothing to say where both agree, and where the host itself needs none", () => {
  assert.deepEqual(findingsOf(aProxiedHost(guarded, { answers: [aProxyAnswer(401)] }), "proxy-answers-otherwise"), []);
  assert.deepEqual(findingsOf(aProxiedHost(open, { answers: [aProxyAnswer(200)] }), "proxy-answers-otherwise"), []);
  const either = aLocation({ protections: [{ kind: "sources", allowed: ["127.0.0.1"] }, BASIC], satisfy: "any" });
  const host = aProxiedHost([aSite([either])], { answers: [aProxyAnswer(200)] });
  assert.deepEqual(findingsOf(host, "proxy-answers-otherwise"), []);
});
