import assert from "node:assert/strict";
import { test } from "node:test";
import type { Protection } from "../../facts/proxies/proxy.ts";
import type { Tunnel } from "../../facts/tunnels/tunnel.ts";
import { judge } from "../judge.ts";
import { aListener, aLocation, aProxiedHost, aSite, aTunnel, aTunnelledHost } from "../testing/proxied-host.ts";
import { routesOf, toText, verdictsOf } from "../testing/routes-as-text.ts";

const PUBLIC = { host: { kind: "client" } } as const;

const cases: readonly (readonly [what: string, tunnel: Partial<Tunnel>, route: string])[] = [
  ["cloudflared as Ollama's FAQ has it", {}, "internet ai.example.com:443 open"],
  [
    "cloudflared that passes its own name on, which Ollama refuses",
    PUBLIC,
    "internet ai.example.com:443 closed: tunnel-passes-its-name",
  ],
  [
    "one that demands a credential",
    { demandsCredential: true },
    "internet ai.example.com:443 guarded: demands-credential",
  ],
  ["one without a known name", { publicName: null }, "internet localhost:11434 open"],
  [
    "a token, and its account alone knows where it leads",
    { to: null, publicName: null, host: null },
    "internet 127.0.0.1:11434 unknown: tunnel-target-unknown",
  ],
  [
    "ssh -R for everybody: bytes, in which the caller writes any Host",
    { kind: "ssh-remote-forward", publicName: "vps:8080", ...PUBLIC },
    "internet vps:8080 open",
  ],
  [
    "ssh -R as it comes",
    { kind: "ssh-remote-forward", publicName: "vps:8080", audience: "unknown", ...PUBLIC },
    "internet vps:8080 unknown: tunnel-audience-unknown",
  ],
  [
    "Tailscale for members, who call by its name",
    { kind: "tailscale-serve", publicName: "gpu.t1.ts.net:443", audience: "members", ...PUBLIC },
    "neighbour gpu.t1.ts.net:443 closed: tunnel-passes-its-name",
  ],
  [
    "Tailscale that hands on TCP",
    { kind: "tailscale-serve", publicName: null, audience: "members", ...PUBLIC },
    "neighbour localhost:11434 open",
  ],
];

for (const [what, tunnel, expected] of cases) {
  test(what, () => {
    const routes = routesOf(aTunnelledHost([aTunnel(tunnel)])).filter(({ hops }) => hops[0]?.kind === "tunnel");
    assert.deepEqual(routes.map(toText), [expected]);
  });
}

test("a tunnel to somebody else, and the interface of ZeroTier, are no way to the server", () => {
  const others = [
    aTunnel({ to: { host: "127.0.0.1", port: 3000, tls: false } }),
    aTunnel({ kind: "zerotier", to: null }),
  ];
  assert.deepEqual(verdictsOf(aTunnelledHost(others)), ["ollama local"]);
});

test("a tunnel to a proxy meets what the proxy demands", () => {
  const basic: Protection = { kind: "basic", hash: null, users: 1, file: "/etc/nginx/htpasswd" };
  const tunnels = [aTunnel({ to: { host: "127.0.0.1", port: 8080, tls: false }, ...PUBLIC })];
  const behind = (protections: readonly Protection[]): readonly string[] => {
    const site = aSite([aLocation({ protections })], { listeners: [aListener("127.0.0.1", 8080)] });
    const host = aProxiedHost([site]).with({ tunnels: { ok: true, value: tunnels, from: "/proc/*/exe" } });
    return verdictsOf(host);
  };
  assert.deepEqual(behind([basic]), ["ollama guarded"]);
  assert.deepEqual(behind([]), ["ollama exposed"]);
});

test("tunnels that could not be read: nothing is called local, and it is said why", () => {
  const host = aTunnelledHost([]).with({
    tunnels: { ok: false, why: "denied", from: "tailscale serve status --json" },
  });
  const { verdict, missing } = judge(host.facts);
  assert.equal(verdict, "unknown");
  assert.deepEqual(missing, [{ fact: "tunnels", why: "denied", from: "tailscale serve status --json", detail: null }]);
});
