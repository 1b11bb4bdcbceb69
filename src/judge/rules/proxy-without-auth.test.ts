import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aProxyAnswer, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

test("an open site: one critical finding with its names, entries and lines", () => {
  const [finding, ...others] = findingsOf(
    aProxiedHost([aSite([aLocation()], { names: ["ai.example.com"] })]),
    "proxy-without-auth",
  );
  assert.equal(others.length, 0);
  assert.equal(finding?.severity, "critical");
  assert.equal(finding?.server, "ollama-1");
  assert.deepEqual(finding?.data, {
    proxy: "nginx",
    names: ["ai.example.com"],
    entries: ["192.168.1.10:80"],
    to: "127.0.0.1:11434",
    paths: [],
  });
  assert.deepEqual(finding?.evidence, [
    { from: "/etc/nginx/sites-enabled/ollama", line: 4, text: "proxy_pass http://127.0.0.1:11434;" },
  ]);
  assert.equal(finding?.routes.length, 2);
});

test("one path that was left open is named", () => {
  const open = aLocation({ paths: { kind: "prefix", text: "/v1/" } });
  const [finding] = findingsOf(
    aProxiedHost([aSite([open, aLocation({ protections: [BASIC] })])]),
    "proxy-without-auth",
  );
  assert.deepEqual(finding?.data.paths, ["/v1/"]);
});

test("nothing to say where a password is demanded and really asked for", () => {
  const sites = [aSite([aLocation({ protections: [BASIC] })])];
  assert.deepEqual(findingsOf(aProxiedHost(sites, { answers: [aProxyAnswer(401)] }), "proxy-without-auth"), []);
});
