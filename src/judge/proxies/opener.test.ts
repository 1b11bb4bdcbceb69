import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../judge.ts";
import { aLocation, aProxiedHost, aSite, aTunnel, aTunnelledHost } from "../testing/proxied-host.ts";
import type { AHost } from "../testing/a-host.ts";
import { findOpener, type Opener } from "./opener.ts";

function openersOf(host: AHost): readonly Opener[] {
  return judge(host.facts).findings.flatMap((finding) => findOpener(finding) ?? []);
}

test("an open proxy is named with the line that opens the server, and so is a tunnel", () => {
  const proxied = aProxiedHost([aSite([aLocation()])]);
  assert.deepEqual(openersOf(proxied), [{ by: "nginx", place: "/etc/nginx/sites-enabled/ollama:4" }]);
  assert.deepEqual(openersOf(aTunnelledHost([aTunnel()])), [
    { by: "cloudflared", place: "/etc/cloudflared/config.yml:4" },
  ]);
});

test("nobody opens a server whose proxy asks for a credential", () => {
  assert.deepEqual(openersOf(aProxiedHost([aSite([aLocation({ protections: [{ kind: "bearer" }] })])])), []);
});
