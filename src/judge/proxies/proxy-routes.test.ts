import assert from "node:assert/strict";
import { test } from "node:test";
import type { Protection } from "../../facts/proxies/proxy.ts";
import { ollamaReplies, type AHost } from "../testing/a-host.ts";
import { aListener, aLocation, aProxiedHost, aProxyAnswer, aSite } from "../testing/proxied-host.ts";
import { routesOf, toText, verdictsOf } from "../testing/routes-as-text.ts";

/** Routes through a proxy, each as one line. */
function throughProxy(host: AHost): string[] {
  return routesOf(host)
    .filter(({ hops }) => hops.some(({ kind }) => kind === "proxy"))
    .map(toText);
}

const BASIC: Protection = { kind: "basic", hash: null, users: 1, file: "/etc/nginx/htpasswd" };
const LAN_ONLY: Protection = { kind: "sources", allowed: ["192.168.1.0/24", "127.0.0.1"] };

test("a proxy without authentication: everybody who reaches it uses the server on loopback", () => {
  const host = aProxiedHost([aSite([aLocation()])]);
  assert.deepEqual(throughProxy(host), [
    "internet eth0 192.168.1.10:80 open",
    "neighbour eth0 192.168.1.10:80 open",
    "host 127.0.0.1:80 open",
    "browser 127.0.0.1:80 open",
  ]);
  assert.deepEqual(verdictsOf(host), ["ollama exposed"]);
  const [route] = routesOf(host).filter(({ hops }) => hops.some(({ kind }) => kind === "proxy"));
  assert.deepEqual(route?.hops, [{ kind: "proxy", name: "nginx", serverNames: [], paths: [], to: "127.0.0.1:11434" }]);
});

test("a password, a header or a client certificate guards", () => {
  const protections: readonly Protection[] = [
    BASIC,
    { kind: "bearer" },
    { kind: "client-certificate", required: true },
  ];
  for (const protection of protections) {
    const host = aProxiedHost([aSite([aLocation({ protections: [protection] })])]);
    assert.deepEqual(throughProxy(host)[0], "internet eth0 192.168.1.10:80 guarded: demands-credential");
    assert.deepEqual(verdictsOf(host), ["ollama guarded"]);
  }
  const asked = aProxiedHost([aSite([aLocation({ protections: [{ kind: "client-certificate", required: false }] })])]);
  assert.deepEqual(verdictsOf(asked), ["ollama exposed"]);
});

test("what another service says is known once it was asked", () => {
  const sites = [aSite([aLocation({ protections: [{ kind: "asks-service", to: "http://127.0.0.1:9091/verify" }] })])];
  assert.deepEqual(verdictsOf(aProxiedHost(sites)), ["ollama unknown"]);
  assert.deepEqual(verdictsOf(aProxiedHost(sites, { answers: [aProxyAnswer(401)] })), ["ollama guarded"]);
  assert.deepEqual(verdictsOf(aProxiedHost(sites, { answers: [aProxyAnswer(302)] })), ["ollama guarded"]);
  assert.deepEqual(verdictsOf(aProxiedHost(sites, { answers: [aProxyAnswer(200)] })), ["ollama exposed"]);
});

test("a service that knows only the host's own way of calling lets strangers in", () => {
  const sites = [aSite([aLocation({ protections: [{ kind: "asks-service", to: "127.0.0.1:9000" }] })])];
  const answers = [aProxyAnswer(401), aProxyAnswer(200, { name: "192.168.1.10" })];
  assert.deepEqual(verdictsOf(aProxiedHost(sites, { answers })), ["ollama exposed"]);
});

test("an upstream block's name as Host is one that Ollama on loopback refuses", () => {
  const passing = { host: { kind: "literal", text: "ollama_backend" } } as const;
  assert.deepEqual(
    throughProxy(aProxiedHost([aSite([aLocation({ passing })])]))[0],
    "internet eth0 192.168.1.10:80 closed: check-refuses",
  );
});

test("the answer wins over the configuration", () => {
  const guarded = [aSite([aLocation({ protections: [BASIC] })])];
  assert.deepEqual(verdictsOf(aProxiedHost(guarded, { answers: [aProxyAnswer(200)] })), ["ollama exposed"]);
  const open = [aSite([aLocation()])];
  assert.deepEqual(verdictsOf(aProxiedHost(open, { answers: [aProxyAnswer(401)] })), ["ollama guarded"]);
  assert.deepEqual(verdictsOf(aProxiedHost(open, { answers: [aProxyAnswer(502)] })), ["ollama exposed"]);
});

test("a credential that only has to be there stops nobody; a condition not understood is not known", () => {
  const any: Protection = { kind: "any-credential" };
  const sites = [aSite([aLocation({ protections: [any] })])];
  assert.deepEqual(verdictsOf(aProxiedHost(sites, { answers: [aProxyAnswer(401)] })), ["ollama exposed"]);
  const unclear: Protection = { kind: "unclear", text: "a condition on a variable" };
  const others = [aSite([aLocation({ protections: [unclear] })])];
  for (const answers of [[], [aProxyAnswer(200)], [aProxyAnswer(403)]]) {
    assert.deepEqual(verdictsOf(aProxiedHost(others, { answers })), ["ollama unknown"]);
  }
  assert.deepEqual(verdictsOf(aProxiedHost(others, { answers: [aProxyAnswer(401)] })), ["ollama guarded"]);
});

test("a refusal that neither the configuration nor the name explains may be for this host alone", () => {
  const host = aProxiedHost([aSite([aLocation()])], { answers: [aProxyAnswer(403)] });
  assert.deepEqual(throughProxy(host)[0], "internet eth0 192.168.1.10:80 unknown: proxy-refuses-unexplained");
  const named = aLocation({ passing: { host: { kind: "literal", text: "ollama_backend" } } });
  const refused = aProxiedHost([aSite([named])], { answers: [aProxyAnswer(403)] });
  assert.deepEqual(throughProxy(refused)[0], "internet eth0 192.168.1.10:80 closed: check-refuses");
});

test("a condition on who asks is not known, whatever this host was answered", () => {
  const byWhoAsks: Protection = { kind: "unclear", text: "auth_basic", byWhoAsks: true };
  const sites = [aSite([aLocation({ protections: [byWhoAsks] })])];
  for (const status of [200, 401, 403]) {
    assert.deepEqual(verdictsOf(aProxiedHost(sites, { answers: [aProxyAnswer(status)] })), ["ollama unknown"]);
  }
});

test("methods that meet another demand are told apart, and preflights are of no use", () => {
  const posts = aLocation({ methods: ["POST"], protections: [BASIC] });
  const toMethods = (host: AHost) =>
    routesOf(host).flatMap(({ hops, verdict }) =>
      hops.flatMap((hop) => (hop.kind === "proxy" ? [`${hop.methods?.join(" ") ?? "all"} ${verdict}`] : [])),
    );
  assert.deepEqual(
    [...new Set(toMethods(aProxiedHost([aSite([posts, aLocation()])])))],
    ["POST guarded", "GET HEAD PUT DELETE PATCH OPTIONS open"],
  );
  const most = aLocation({ methods: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"], protections: [BASIC] });
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([most, aLocation()])])), ["ollama guarded"]);
});

test("a list of addresses: who is on it gets in, the others do not", () => {
  const host = aProxiedHost([aSite([aLocation({ protections: [LAN_ONLY] })])]);
  assert.deepEqual(throughProxy(host), [
    "internet eth0 192.168.1.10:80 closed: proxy-stops-sources",
    "neighbour eth0 192.168.1.10:80 open",
    "host 127.0.0.1:80 open",
    "browser 127.0.0.1:80 open",
  ]);
});

test("satisfy any: who is on the list needs no password, and asking from the host says nothing of the others", () => {
  const location = aLocation({ protections: [LAN_ONLY, BASIC], satisfy: "any" });
  const host = aProxiedHost([aSite([location])], { answers: [aProxyAnswer(200)] });
  assert.deepEqual(throughProxy(host), [
    "internet eth0 192.168.1.10:80 guarded: demands-credential",
    "neighbour eth0 192.168.1.10:80 open",
    "host 127.0.0.1:80 open",
    "browser 127.0.0.1:80 open",
  ]);
});

test("who takes any name and passes it on is called by one that the server accepts", () => {
  const passing = { host: { kind: "client" } } as const;
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ passing })])])), ["ollama exposed"]);
  const named = { names: ["ai.example.com"], isDefault: false };
  const nginx = aProxiedHost([aSite([aLocation({ passing })], named)]);
  assert.deepEqual(throughProxy(nginx)[0], "internet eth0 192.168.1.10:80 unknown: proxy-passes-its-name");
  const caddy = aProxiedHost([aSite([aLocation({ passing })], named)], { kind: "caddy" });
  assert.deepEqual(verdictsOf(caddy), ["ollama local"]);
  const local = aProxiedHost([aSite([aLocation({ passing })], { names: ["ai.local"], isDefault: false })]);
  assert.deepEqual(verdictsOf(local), ["ollama exposed"]);
});

test("a site that only this host reaches, or that leads elsewhere, exposes nothing", () => {
  const onLoopback = aProxiedHost([aSite([aLocation()], { listeners: [aListener("127.0.0.1", 80)] })]);
  assert.deepEqual(verdictsOf(onLoopback), ["ollama local"]);
  const elsewhere = aProxiedHost([aSite([aLocation({ to: "192.168.1.99:11434" })])]);
  assert.deepEqual(verdictsOf(elsewhere), ["ollama local"]);
  const files = aProxiedHost([aSite([aLocation({ to: [] })])]);
  assert.deepEqual(verdictsOf(files), ["ollama local"]);
  const stopped = aProxiedHost([aSite([aLocation()])], { pid: null });
  assert.deepEqual(verdictsOf(stopped), ["ollama local"]);
});

test("upstreams by name, by an address of the host, and through another proxy or a socket file", () => {
  const cases = ["localhost:11434", "127.0.0.1:11434"];
  for (const to of cases) {
    assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ to })])])), ["ollama exposed"], to);
  }
  // Ollama listens on 127.0.0.1 alone: nobody is at the host's other address.
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ to: "192.168.1.10:11434" })])])), ["ollama local"]);
  const inner = aSite([aLocation()], { listeners: [aListener("127.0.0.1", 8080)] });
  const chain = aProxiedHost([aSite([aLocation({ to: "127.0.0.1:8080" })]), inner]);
  assert.deepEqual(verdictsOf(chain), ["ollama exposed"]);
  assert.deepEqual(
    routesOf(chain)
      .find(({ from, verdict }) => from.vantage === "internet" && verdict === "open")
      ?.hops.map((hop) => ("to" in hop ? hop.to : "")),
    ["127.0.0.1:8080", "127.0.0.1:11434"],
  );
  const bySocket = aSite([aLocation()], { listeners: [{ kind: "unix", path: "/run/inner.sock" }] });
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ to: "unix:/run/inner.sock" })]), bySocket])), [
    "ollama exposed",
  ]);
});

test("a password at either proxy of a chain guards", () => {
  const inner = aSite([aLocation({ protections: [BASIC] })], { listeners: [aListener("127.0.0.1", 8080)] });
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ to: "127.0.0.1:8080" })]), inner])), ["ollama guarded"]);
});

test("a name that cannot be resolved, or a variable, may be the server", () => {
  const passing = { host: { kind: "client" } } as const;
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ to: "gpu-box:11434", passing })])])), [
    "ollama unknown",
  ]);
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([aLocation({ to: "gpu-box:8000" })])])), ["ollama local"]);
  const variable = aLocation({ to: [{ kind: "unclear", text: "http://$backend" }] });
  assert.deepEqual(verdictsOf(aProxiedHost([aSite([variable])])), ["ollama unknown"]);
  const asked = aProxiedHost([aSite([variable])], { answers: [aProxyAnswer(200)] });
  assert.deepEqual(verdictsOf(asked), ["ollama exposed"]);
});

test("locations that demand the same are one route, and what tells nothing is none", () => {
  const exact = (text: string): ReturnType<typeof aLocation> =>
    aLocation({ paths: { kind: "exact", text }, protections: [BASIC] });
  const health = aLocation({ paths: { kind: "exact", text: "/api/version" } });
  const host = aProxiedHost([aSite([exact("/api/chat"), exact("/api/generate"), health])]);
  assert.deepEqual(verdictsOf(host), ["ollama guarded"]);
  const outside = routesOf(host).filter(({ from, hops }) => from.vantage === "internet" && hops[0]?.kind === "proxy");
  assert.equal(outside.length, 1);
  const [hop] = outside[0]?.hops ?? [];
  assert.deepEqual(hop?.kind === "proxy" ? hop.paths : [], ["= /api/chat", "= /api/generate"]);
  const leaky = aProxiedHost([aSite([aLocation({ paths: { kind: "prefix", text: "/v1/" } }), exact("/api/chat")])]);
  assert.deepEqual(verdictsOf(leaky), ["ollama exposed"]);
});

test("a proxy that answers as the server behind it is no server of its own", () => {
  const host = aProxiedHost([aSite([aLocation()])]).answers("127.0.0.1", 80, ollamaReplies("0.24.0", "elsewhere"));
  assert.deepEqual(verdictsOf(host), ["ollama exposed"]);
  const elsewhere = aProxiedHost([aSite([aLocation({ to: "192.168.1.99:11434" })])]);
  assert.deepEqual(verdictsOf(elsewhere.answers("127.0.0.1", 80, ollamaReplies("0.24.0", "elsewhere"))), [
    "ollama exposed",
    "ollama local",
  ]);
});

test("without root nobody sees who holds port 80: the configuration tells", () => {
  const host = aProxiedHost([aSite([aLocation()])]);
  const listeners = host.facts.listeners;
  assert.ok(listeners.ok);
  const hidden = host
    .with({ listeners: { ...listeners, value: listeners.value.map((each) => ({ ...each, pids: [] })) } })
    .answers("127.0.0.1", 80, ollamaReplies("0.24.0", "elsewhere"));
  assert.deepEqual(verdictsOf(hidden), ["ollama exposed"]);
});
