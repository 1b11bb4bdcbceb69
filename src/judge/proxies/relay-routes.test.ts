import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_QUESTIONS } from "../../servers/questions.ts";
import { judge } from "../judge.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aProxyAnswer, aSite } from "../testing/proxied-host.ts";
import { aRelayedHost, RELAY_REPLIES, withRelay, type RelayName } from "../testing/relayed-host.ts";
import { toText } from "../testing/routes-as-text.ts";
import type { AHost } from "../testing/a-host.ts";

/** Routes to Ollama through another model server, each as one line. */
function throughRelay(host: AHost): string[] {
  const server = judge(host.facts).servers.find(({ kind }) => kind === "ollama");
  return (server?.routes ?? [])
    .filter(({ hops }) => hops.some((hop) => hop.kind === "proxy" && hop.name !== "nginx"))
    .map((route) => `${toText(route)} by ${route.hops.map((hop) => ("name" in hop ? hop.name : hop.kind)).join(", ")}`);
}

function verdictOf(host: AHost): string | undefined {
  return judge(host.facts).servers.find(({ kind }) => kind === "ollama")?.verdict;
}

type Case = readonly [what: string, host: AHost, verdict: string, internet: string | undefined];

const TOWARDS_OLLAMA = { OLLAMA_BASE_URL: "http://127.0.0.1:11434" };
const ELSEWHERE = { OLLAMA_BASE_URL: "http://203.0.113.9:11434" };

const cases: readonly Case[] = [
  ["Portkey takes whoever calls to loopback", aRelayedHost("portkey"), "exposed", "open by portkey"],
  [
    "Portkey that trusts another address alone",
    aRelayedHost("portkey", { environment: { TRUSTED_CUSTOM_HOSTS: "203.0.113.9" } }),
    "local",
    undefined,
  ],
  [
    "Portkey on loopback",
    aRelayedHost("portkey", { address: "127.0.0.1" }),
    "local",
    "closed: loopback-only by portkey",
  ],
  [
    "Open WebUI without accounts",
    aRelayedHost("open-webui", { environment: TOWARDS_OLLAMA }),
    "exposed",
    "open by open-webui",
  ],
  ["Open WebUI that is told nothing calls its own host", aRelayedHost("open-webui"), "exposed", "open by open-webui"],
  [
    "Open WebUI with accounts",
    aRelayedHost("open-webui with accounts", { environment: TOWARDS_OLLAMA }),
    "guarded",
    "guarded: demands-credential by open-webui",
  ],
  [
    "Open WebUI whose variables name another Ollama, which its database may overrule",
    aRelayedHost("open-webui", { environment: ELSEWHERE }),
    "unknown",
    "unknown: relay-target-unknown by open-webui",
  ],
  [
    "Open WebUI in which nobody has an account yet: the first to come is its administrator",
    aRelayedHost("open-webui without an account yet", { environment: TOWARDS_OLLAMA }),
    "exposed",
    "open by open-webui",
  ],
  [
    "Open WebUI in which everybody may make himself an account",
    aRelayedHost("open-webui with sign-up", { environment: TOWARDS_OLLAMA }),
    "unknown",
    "unknown: authentication-unmeasured by open-webui",
  ],
  [
    "Open WebUI that believes a header",
    aRelayedHost("open-webui with a trusted header", { environment: TOWARDS_OLLAMA }),
    "unknown",
    "unknown: authentication-unmeasured by open-webui",
  ],
  [
    "Open WebUI of a name that may be this host's",
    aRelayedHost("open-webui", { environment: { OLLAMA_BASE_URL: "http://gpu.example:11434" } }),
    "unknown",
    "unknown: proxy-upstream-unresolved by open-webui",
  ],
  [
    "Open WebUI whose variables turn Ollama off, which its database may overrule",
    aRelayedHost("open-webui", { environment: { ...TOWARDS_OLLAMA, ENABLE_OLLAMA_API: "false" } }),
    "unknown",
    "unknown: relay-target-unknown by open-webui",
  ],
  [
    "Open WebUI that calls Ollama as OpenAI's",
    aRelayedHost("open-webui", {
      environment: {
        ENABLE_OLLAMA_API: "false",
        OPENAI_API_BASE_URLS: "https://api.openai.com/v1;http://[::1]/v1;http://localhost:11434/v1",
      },
    }),
    "exposed",
    "open by open-webui",
  ],
  [
    "Open WebUI whose environment nobody may read",
    aRelayedHost("open-webui", { environment: null }),
    "unknown",
    "unknown: relay-target-unknown by open-webui",
  ],
  [
    "LiteLLM that is told by a variable, without a key",
    aRelayedHost("litellm", { environment: { OLLAMA_API_BASE: "http://localhost:11434" } }),
    "exposed",
    "open by litellm",
  ],
  [
    "LiteLLM that is told by its file, without a key",
    aRelayedHost("litellm"),
    "unknown",
    "unknown: relay-target-unknown by litellm",
  ],
  [
    "LiteLLM with a master key",
    aRelayedHost("litellm with a master key", { environment: { OLLAMA_API_BASE: "http://localhost:11434" } }),
    "guarded",
    "guarded: demands-credential by litellm",
  ],
  [
    "LiteLLM with a master key and without its pages",
    aRelayedHost("litellm without docs", { environment: { OLLAMA_API_BASE: "http://localhost:11434" } }),
    "guarded",
    "guarded: demands-credential by litellm",
  ],
  [
    "LiteLLM that fails where it should refuse",
    aRelayedHost("litellm without prisma", { environment: { OLLAMA_API_BASE: "http://localhost:11434" } }),
    "unknown",
    "unknown: authentication-unmeasured by litellm",
  ],
  [
    "LiteLLM with a master key, and a path that may be let through without it",
    aRelayedHost("litellm that passes a path through", { environment: { OLLAMA_API_BASE: "http://localhost:11434" } }),
    "unknown",
    "unknown: authentication-unmeasured by litellm",
  ],
  ["Olla, which tells where it leads to", aRelayedHost("olla"), "exposed", "open by olla"],
  ["llama-swap, which does not", aRelayedHost("llama-swap"), "unknown", "unknown: relay-target-unknown by llama-swap"],
];

for (const [what, host, verdict, internet] of cases) {
  test(what, () => {
    const routes = throughRelay(host);
    const found = routes.find((each) => each.startsWith("internet"));
    assert.equal(found?.replace(/^internet eth0 \S+ /, ""), internet, routes.join("\n"));
    assert.equal(verdictOf(host), verdict);
  });
}

test("nginx, then Portkey on loopback, then Ollama: both hops, and one finding for each of the two servers", () => {
  const proxied = aProxiedHost([aSite([aLocation({ to: "127.0.0.1:8787" })])]);
  const host = withRelay(proxied, "portkey", { address: "127.0.0.1" });
  const server = judge(host.facts).servers.find(({ kind }) => kind === "ollama");
  const open = (server?.routes ?? []).filter(({ verdict, from }) => verdict === "open" && from.vantage === "internet");
  assert.deepEqual(
    open.map(({ entry, hops }) => ({ entry, hops })),
    [
      {
        entry: { address: "192.168.1.10", port: 80 },
        hops: [
          { kind: "proxy", name: "nginx", serverNames: [], paths: [], to: "127.0.0.1:8787" },
          { kind: "proxy", name: "portkey", serverNames: [], paths: [], to: "localhost:11434" },
        ],
      },
    ],
  );
  assert.deepEqual(
    findingsOf(host, "proxy-without-auth").map(({ server: id, data }) => [id, data.proxy, data.entries, data.to]),
    [
      ["ollama-1", "portkey", ["192.168.1.10:80"], "localhost:11434"],
      ["portkey-1", "nginx", ["192.168.1.10:80"], "127.0.0.1:8787"],
    ],
  );
});

test("a password that nginx demands before Portkey guards what stands behind Portkey", () => {
  const basic = { kind: "basic", hash: null, users: 1, file: "/etc/nginx/htpasswd" } as const;
  const proxied = aProxiedHost([aSite([aLocation({ to: "127.0.0.1:8787", protections: [basic] })])]);
  assert.equal(verdictOf(withRelay(proxied, "portkey", { address: "127.0.0.1" })), "guarded");
});

test("a page that a relay behind nginx has for everybody does not open it: its own answers tell", () => {
  const ollama = { OLLAMA_BASE_URL: "http://127.0.0.1:11434", OLLAMA_API_BASE: "http://127.0.0.1:11434" };
  for (const [name, verdict, why] of [
    ["open-webui", "exposed", "GET http://127.0.0.1:80/: HTTP 200"],
    ["open-webui with accounts", "guarded", "GET http://127.0.0.1:8080/api/config: HTTP 200, features.auth: true"],
    [
      "open-webui with sign-up",
      "unknown",
      "GET http://127.0.0.1:8080/api/config: HTTP 200, features.enable_signup: true",
    ],
    ["litellm", "exposed", "GET http://127.0.0.1:80/v1/models: HTTP 200"],
    ["litellm with a master key", "guarded", "GET http://127.0.0.1:80/v1/models: HTTP 401"],
    ["litellm without prisma", "unknown", "GET http://127.0.0.1:4000/: HTTP 200"],
  ] as const) {
    const port = name.startsWith("litellm") ? 4000 : 8080;
    const answers = FIRST_QUESTIONS.flatMap(({ id: question, path }) => {
      const reply = RELAY_REPLIES[name][question];
      if (reply === undefined || typeof reply === "string") return [];
      const [status, body] = reply;
      const outcome = { kind: "answered", answer: { status, headers: {}, body, truncated: false } } as const;
      return [aProxyAnswer(status, { question, path, outcome })];
    });
    const proxied = aProxiedHost([aSite([aLocation({ to: `127.0.0.1:${port}` })])], { answers });
    const host = withRelay(proxied, name, { address: "127.0.0.1", environment: ollama });
    const relay = judge(host.facts).servers.find(({ kind }) => name.startsWith(kind));
    const route = relay?.routes.find(({ from, entry }) => from.vantage === "internet" && entry.port === 80);
    const evidence = route?.barriers.find(({ kind }) => kind === "authentication")?.evidence;
    assert.deepEqual([relay?.verdict, `${evidence?.from}: ${evidence?.text}`], [verdict, why], name);
    assert.equal(verdictOf(host), verdict, name);
  }
});

test("Open WebUI, then LiteLLM, then Ollama: the way is followed, and a key that Open WebUI may hold is not known", () => {
  const toLiteLlm = { ENABLE_OLLAMA_API: "false", OPENAI_API_BASE_URL: "http://localhost:4000/v1" };
  const toOllama = { OLLAMA_API_BASE: "http://localhost:11434" };
  for (const [answers, expected] of [
    ["litellm", "open by open-webui, litellm"],
    ["litellm with a master key", "unknown: authentication-unmeasured by open-webui, litellm"],
  ] as const) {
    const inner = aRelayedHost(answers, { address: "127.0.0.1", environment: toOllama });
    const host = withRelay(inner, "open-webui", { pid: 701, environment: toLiteLlm });
    const found = throughRelay(host).find((each) => /^internet .*open-webui/.test(each));
    assert.equal(found?.replace(/^internet eth0 \S+ /, ""), expected);
  }
});

test("a credential that the server behind Portkey demands is the caller's to show", () => {
  const models = { "GET /": [200, "<title>LiteLLM API - Swagger UI</title>"], "GET /v1/models": [401, "{}"] } as const;
  const host = aRelayedHost("portkey")
    .process(702, { name: "litellm", executable: "/opt/litellm", arguments: ["litellm"] })
    .listens("127.0.0.1", 4000, { pids: [702] })
    .answers("127.0.0.1", 4000, models);
  const inner = judge(host.facts).servers.find(({ kind }) => kind === "litellm");
  assert.equal(inner?.verdict, "guarded");
});

test("a relay that nobody sees listening: its servers are not said to be local", () => {
  const hidden = aRelayedHost("portkey");
  const listeners = hidden.facts.listeners.ok ? hidden.facts.listeners.value : [];
  const withoutIts = hidden.with({
    listeners: { ok: true, from: "ss", value: listeners.filter(({ port }) => port !== 8787) },
    answers: hidden.facts.answers.filter(({ port }) => port !== 8787),
    unseen: { processes: 1, namespaces: [], holders: 0 },
  });
  assert.equal(verdictOf(withoutIts), "unknown");
});

test("what tells that a relay is open or guarded is the answer that tells it", () => {
  const told = (["open-webui", "open-webui with accounts", "litellm", "litellm with a master key"] as const).map(
    (name) =>
      judge(aRelayedHost(name).facts)
        .servers.filter(({ kind }) => name.startsWith(kind))
        .flatMap(({ routes }) => routes.find(({ from }) => from.vantage === "internet")?.barriers ?? [])
        .flatMap(({ kind, evidence }) => (kind === "authentication" ? [`${evidence?.from}: ${evidence?.text}`] : [])),
  );
  assert.deepEqual(told, [
    ["GET http://127.0.0.1:8080/api/config: HTTP 200, features.auth: false"],
    ["GET http://127.0.0.1:8080/api/config: HTTP 200, features.auth: true"],
    ["GET http://127.0.0.1:4000/v1/models: HTTP 200"],
    ["GET http://127.0.0.1:4000/v1/models: HTTP 401"],
  ]);
});

test("every reply of these tests is recognised as whose it is", () => {
  const names: readonly RelayName[] = [
    "portkey",
    "litellm",
    "litellm with a master key",
    "litellm without docs",
    "litellm without prisma",
    "litellm that passes a path through",
    "open-webui",
    "open-webui with accounts",
    "open-webui without an account yet",
    "open-webui with sign-up",
    "open-webui with a trusted header",
    "olla",
    "llama-swap",
  ];
  for (const name of names) {
    const kinds: readonly string[] = judge(aRelayedHost(name).facts).servers.map(({ kind }) => kind);
    assert.ok(kinds.includes(name.split(" ", 1)[0] ?? ""), `${name}: ${kinds.join(", ")}`);
  }
});
