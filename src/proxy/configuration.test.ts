/** What is written for a proxy is what was kept, and the proxy itself takes it. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { ROUTE_SCOPES } from "../servers/ollama/scopes.ts";
import { makeConfiguration } from "./configuration.ts";
import { checkSyntax, makeCertificate, readInstalledVersion } from "../../test/proxy-programs.ts";
import { PROXY_KINDS, type ProxyKind, type ProxySite, type ProxyVersion } from "./site.ts";

const folder = mkdtempSync(join(tmpdir(), "portlock-proxy-"));
after(() => rmSync(folder, { recursive: true }));
const { certificate, key } = makeCertificate(folder);

const PLAIN: ProxySite = {
  id: "ollama_1",
  listen: { address: "127.0.0.1", port: 8443 },
  name: null,
  upstream: { kind: "tcp", address: "127.0.0.1", port: 11434 },
  auth: { kind: "basic", file: "/etc/portlock/ollama_1.users" },
  scopes: ["inference", "read"],
  tls: { kind: "none" },
  origins: [],
  requestsPerMinute: 600,
};
const FULL: ProxySite = {
  ...PLAIN,
  listen: { address: "::", port: 443 },
  name: "ai.example.com",
  upstream: { kind: "unix", path: "/run/ollama/ollama.sock" },
  auth: { kind: "bearer", file: "/etc/portlock/ollama_1.keys" },
  scopes: ["inference", "read", "manage"],
  tls: { kind: "files", certificate: "/etc/ssl/ai.pem", key: "/etc/ssl/ai.pem.key", selfSigned: false },
  origins: ["https://app.example.com", "http://[::1]:3000"],
  requestsPerMinute: null,
};
const ASKING: ProxySite = { ...PLAIN, auth: { kind: "portlock", gateway: { address: "127.0.0.1", port: 11435 } } };
const AUTOMATIC: ProxySite = { ...FULL, tls: { kind: "automatic" } };

type Golden = readonly [file: string, kind: ProxyKind, site: ProxySite, version: string];
const GOLDEN: readonly Golden[] = [
  ["nginx-1.22-basic.conf", "nginx", PLAIN, "1.22.1"],
  ["nginx-1.22-bearer-tls.conf", "nginx", FULL, "1.22.1"],
  ["nginx-1.22-portlock.conf", "nginx", ASKING, "1.22.1"],
  ["nginx-1.30-bearer-tls.conf", "nginx", FULL, "1.30.0"],
  ["caddy-2.6-basic.caddy", "caddy", PLAIN, "2.6.2"],
  ["caddy-2.6-bearer-tls.caddy", "caddy", FULL, "2.6.2"],
  ["caddy-2.11-basic.caddy", "caddy", PLAIN, "2.11.1"],
  ["caddy-2.6-automatic.caddy", "caddy", AUTOMATIC, "2.6.2"],
  ["caddy-2.6-portlock.caddy", "caddy", ASKING, "2.6.2"],
  ["haproxy-2.2-basic.cfg", "haproxy", PLAIN, "2.2.9"],
  ["haproxy-2.6-basic.cfg", "haproxy", PLAIN, "2.6.12"],
  ["haproxy-2.6-bearer-tls.cfg", "haproxy", FULL, "2.6.12"],
  ["haproxy-2.6-portlock.cfg", "haproxy", ASKING, "2.6.12"],
];

/** Run with PORTLOCK_UPDATE=1 to write them anew, and read the difference before you commit it. */
for (const [file, kind, site, version] of GOLDEN) {
  test(`${file} reads as kept`, () => {
    const path = join(import.meta.dirname, "golden", file);
    const text = write(kind, site, toVersion(version));
    if (process.env["PORTLOCK_UPDATE"] === "1") writeFileSync(path, text);
    assert.equal(text, readFileSync(path, "utf8"));
  });
}

test("what could leave a configuration open, or be misread in it, is refused", () => {
  const elsewhere = { address: "0.0.0.0", port: 80 };
  const cases: readonly (readonly [Partial<ProxySite>, string])[] = [
    [{ listen: elsewhere }, "plain-http-elsewhere"],
    [{ listen: { address: "::", port: 80 } }, "plain-http-elsewhere"],
    [{ name: "a;b" }, "not-plain"],
    [{ name: "a b" }, "not-plain"],
    [{ origins: ["https://a b"] }, "not-plain"],
    [{ origins: ["*"] }, "not-plain"],
    [{ origins: ['https://x";}'] }, "not-plain"],
    [{ auth: { kind: "basic", file: "/etc/a b" } }, "not-plain"],
    [{ upstream: { kind: "unix", path: "/run/$x" } }, "not-plain"],
    [{ listen: { address: "127.0.0.1;", port: 80 } }, "not-plain"],
    [{ scopes: [] }, "nothing-allowed"],
    [{ tls: { kind: "automatic" } }, "automatic-needs-name"],
  ];
  for (const [change, code] of cases) {
    const made = makeConfiguration("caddy", { ...PLAIN, ...change }, toVersion("2.6.2"));
    assert.equal(made.kind === "refused" ? made.refusal.code : made.text, code);
  }
  const automatic = makeConfiguration("nginx", AUTOMATIC, toVersion("1.22.1"));
  assert.equal(automatic.kind === "refused" && automatic.refusal.code, "automatic-not-here");
});

const CREDENTIALS: Readonly<Record<ProxyKind, Readonly<Record<"basic" | "bearer", string>>>> = {
  nginx: { basic: "alice:$2y$05$abc\n", bearer: '"~^(?:[Bb][Ee][Aa][Rr][Ee][Rr] +abc:|:abc)$" "alice";\n' },
  caddy: { basic: `alice $2y$05${"a".repeat(53)}\n`, bearer: `alice $2y$05${"a".repeat(53)}\n` },
  haproxy: { basic: `${"A".repeat(64)} alice\n`, bearer: `${"A".repeat(64)} alice\n` },
};

const sites: fc.Arbitrary<ProxySite> = fc
  .record({
    address: fc.constantFrom("127.0.0.1", "::1", "::", "0.0.0.0"),
    name: fc.option(fc.domain().filter((name) => /^[A-Za-z0-9.-]+$/.test(name))),
    unix: fc.boolean(),
    auth: fc.constantFrom("basic", "bearer", "portlock"),
    scopes: fc.subarray([...ROUTE_SCOPES], { minLength: 1 }),
    origins: fc.array(fc.domain(), { maxLength: 3 }),
    requestsPerMinute: fc.option(fc.integer({ min: 1, max: 100_000 })),
    tls: fc.boolean(),
  })
  .map(({ address, name, unix, auth, scopes, origins, requestsPerMinute, tls }) => ({
    id: "site_1",
    listen: { address, port: 18_443 },
    name,
    upstream: unix ? { kind: "unix", path: "/run/ollama.sock" } : { kind: "tcp", address: "127.0.0.1", port: 11434 },
    auth:
      auth === "portlock"
        ? { kind: auth, gateway: { address: "::1", port: 11435 } }
        : { kind: auth, file: join(folder, "who") },
    scopes,
    tls:
      tls || !["127.0.0.1", "::1"].includes(address)
        ? { kind: "files", certificate, key, selfSigned: true }
        : { kind: "none" },
    origins: [...new Set(origins)].map((origin) => `https://${origin}`),
    requestsPerMinute,
  }));

const RUNS = 12;
for (const kind of PROXY_KINDS) {
  const version = readInstalledVersion(kind);
  const skip = version === null ? `${kind} is not installed` : false;
  test(`${kind} takes what is written for it, whatever is asked for`, { skip }, () => {
    fc.assert(
      fc.property(sites, (site) => {
        const text = write(kind, site, version ?? toVersion("0.0.0"));
        const { auth } = site;
        if (auth.kind !== "portlock") writeFileSync(join(folder, "who"), CREDENTIALS[kind][auth.kind]);
        const said = checkSyntax(kind, text, folder);
        assert.equal(said, null, `${said}\n${text}`);
      }),
      { numRuns: RUNS },
    );
  });
}

function write(kind: ProxyKind, site: ProxySite, version: ProxyVersion): string {
  const made = makeConfiguration(kind, site, version);
  assert.ok(made.kind === "text", JSON.stringify(made));
  return made.text;
}

function toVersion(text: string): ProxyVersion {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map(Number);
  return { major, minor, patch };
}
