import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../judge/judge.ts";
import { aLocation, aProxiedHost, aSite } from "../judge/testing/proxied-host.ts";
import { leadsToOllama } from "./guarded-doors.ts";

test("a proxy's port leads to Ollama where its site does, and no other port does", () => {
  const { servers } = judge(aProxiedHost([aSite([aLocation()])]).facts);
  assert.deepEqual([leadsToOllama(servers, 80), leadsToOllama(servers, 8080)], [true, false]);
});

test("a site that leads to another program does not", () => {
  const { servers } = judge(aProxiedHost([aSite([aLocation({ to: "127.0.0.1:9000" })])]).facts);
  assert.equal(leadsToOllama(servers, 80), false);
});
