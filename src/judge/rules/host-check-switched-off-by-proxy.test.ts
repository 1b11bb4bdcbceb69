import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aListener, aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const listeners = [aListener("127.0.0.1", 80)];

test("a proxy on loopback that hides the name a page has given itself", () => {
  const pages = { names: [], listeners };
  const [finding] = findingsOf(aProxiedHost([aSite([aLocation()], pages)]), "host-check-switched-off-by-proxy");
  assert.equal(finding?.severity, "medium");
  assert.deepEqual(finding?.data.entries, ["127.0.0.1:80"]);
  assert.deepEqual(findingsOf(aProxiedHost([aSite([aLocation()], pages)]), "browser-page-can-call"), []);
});

test("nothing to say where the name is passed on, where only one name is taken, or where the way in is told", () => {
  const quiet = [
    aSite([aLocation({ passing: { host: { kind: "client" } } })], { listeners }),
    aSite([aLocation()], { listeners, names: ["ai.local"], isDefault: false }),
    aSite([aLocation()]),
  ];
  for (const site of quiet) assert.deepEqual(findingsOf(aProxiedHost([site]), "host-check-switched-off-by-proxy"), []);
});
