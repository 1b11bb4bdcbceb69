import assert from "node:assert/strict";
import { test } from "node:test";
import { makeConfiguration } from "../../proxy/configuration.ts";
import { PROXY_KINDS, type ProxySite } from "../../proxy/site.ts";
import { readOwnSite } from "./own-site.ts";
import { listSiteTries } from "./site-tries.ts";

const SITE: ProxySite = {
  id: "ollama_11434",
  listen: { address: "127.0.0.1", port: 8443 },
  name: null,
  upstream: { kind: "tcp", address: "127.0.0.1", port: 11434 },
  auth: { kind: "basic", file: "/etc/portlock/people" },
  scopes: ["inference", "read"],
  tls: { kind: "none" },
  origins: [],
  requestsPerMinute: 600,
};
const PAIR = { kind: "files", certificate: "/etc/a.pem", key: "/etc/a.pem.key", selfSigned: true } as const;
const SITES: readonly (readonly [what: string, site: ProxySite, address: string])[] = [
  ["plain on loopback", SITE, "127.0.0.1"],
  ["plain on the other loopback", { ...SITE, listen: { address: "::1", port: 8443 } }, "::1"],
  [
    "everywhere, with TLS and keys",
    { ...SITE, listen: { address: "::", port: 8443 }, tls: PAIR, auth: { kind: "bearer", file: "/etc/portlock/keys" } },
    "127.0.0.1",
  ],
  [
    "on one address, with TLS, a name and the gateway",
    {
      ...SITE,
      name: "ai.example.com",
      listen: { address: "192.0.2.7", port: 8443 },
      tls: PAIR,
      auth: { kind: "portlock", gateway: { address: "127.0.0.1", port: 11435 } },
    },
    "192.0.2.7",
  ],
];

for (const kind of PROXY_KINDS) {
  for (const [what, site, address] of SITES) {
    test(`a site of ${kind}'s is read from its file: ${what}`, () => {
      const made = makeConfiguration(kind, site, { major: 2, minor: 6, patch: 2 });
      assert.ok(made.kind === "text");
      assert.deepEqual(readOwnSite(kind, "/file", made.text), {
        proxy: kind,
        file: "/file",
        auth: site.auth.kind,
        scopes: site.scopes,
        address,
        port: 8443,
        tls: site.tls.kind !== "none",
        // HAProxy's answers by every name.
        name: kind === "haproxy" ? null : site.name,
      });
    });
  }
}

test("a file of somebody else's is none", () => {
  assert.equal(readOwnSite("nginx", "/file", "server {\n    listen 80;\n}\n"), null);
});

test("what is tried is read alone, by GET and HEAD", () => {
  const tries = listSiteTries(["inference", "read"]);
  assert.ok(tries.length < 120);
  assert.deepEqual(
    tries.filter(({ isAllowed }) => isAllowed).map(({ method, path }) => `${method} ${path}`),
    [
      "GET /",
      "HEAD /",
      "GET /api/version",
      "HEAD /api/version",
      "GET /api/status",
      "GET /api/tags",
      "HEAD /api/tags",
      "GET /api/ps",
      "GET /v1/models",
      "GET /v1/models/portlock-no-such-model",
    ],
  );
  assert.deepEqual(
    listSiteTries(["inference"]).filter(({ isAllowed }) => isAllowed),
    [],
  );
});
