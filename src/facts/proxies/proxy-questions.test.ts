import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseProxyQuestions, type QuestionContext } from "./proxy-questions.ts";
import type { PathMatch, Proxy, ProxyListener, ProxyLocation, ProxySite, Upstream } from "./proxy.ts";

const context: QuestionContext = {
  questions: [
    { id: "GET /", method: "GET", path: "/" },
    { id: "GET /api/version", method: "GET", path: "/api/version" },
    { id: "GET /v1/models", method: "GET", path: "/v1/models" },
  ],
  local: new Set(["localhost", "gpu-1", "192.168.1.10"]),
  ports: new Set([80, 443]),
  ownAddress: "192.168.1.10",
};
const OLLAMA: Upstream = { kind: "tcp", host: "127.0.0.1", port: 11_434, tls: false };
const EVERYWHERE: ProxyListener = { kind: "tcp", address: "0.0.0.0", port: 80, tls: false };

function location(paths: PathMatch, more: Partial<ProxyLocation> = {}): ProxyLocation {
  return {
    paths,
    methods: null,
    upstreams: [OLLAMA],
    replacesPath: null,
    protections: [],
    satisfy: "all",
    passing: {
      host: null,
      authorization: null,
      buffered: null,
      httpVersion: null,
      silenceMs: null,
      bodyLimitBytes: null,
      allowsOrigins: null,
    },
    source: { file: "/etc/nginx/nginx.conf", line: 1, text: "" },
    ...more,
  };
}

const ALL = location({ kind: "all" });

function site(locations: readonly ProxyLocation[], more: Partial<ProxySite> = {}): ProxySite {
  const source = { file: "/etc/nginx/nginx.conf", line: 1, text: "" };
  return { names: [], isDefault: true, listeners: [EVERYWHERE], locations, source, ...more };
}

/** `127.0.0.1:80 name /path`, in order. */
function ask(sites: readonly ProxySite[], pid: number | null = 1): readonly string[] {
  const declared = { ok: true, value: { files: [], sites, unclear: [] }, from: "" } as const;
  const proxy: Proxy = { kind: "nginx", pid, version: null, declared, running: null, changedSinceLoaded: null };
  return chooseProxyQuestions([proxy], context).map(
    ({ address, port, tls, name, path, method }) =>
      `${method} ${tls ? "tls " : ""}${address}:${port} ${name ?? "-"} ${path}`,
  );
}

test("where a service is asked, a stranger's own way of calling is tried beside the host's", () => {
  const asks = { ...ALL, protections: [{ kind: "asks-service", to: "127.0.0.1:9000" } as const] };
  assert.deepEqual(
    ask([site([asks])]).filter((each) => each.endsWith(" /")),
    ["GET 127.0.0.1:80 - /", "GET 127.0.0.1:80 192.168.1.10 /"],
  );
  const named = ask([site([asks], { names: ["ai.example.com"], isDefault: false })]);
  assert.deepEqual(
    named.filter((each) => each.endsWith(" /")),
    ["GET 127.0.0.1:80 ai.example.com /"],
  );
});

test("a site for every name is asked by its address, one with names by a name of its own", () => {
  const every = ["GET 127.0.0.1:80 - /", "GET 127.0.0.1:80 - /api/version", "GET 127.0.0.1:80 - /v1/models"];
  assert.deepEqual(ask([site([ALL])]), every);
  const named = (names: readonly string[]): readonly string[] =>
    ask([site([ALL], { names, isDefault: false })]).slice(0, 1);
  assert.deepEqual(named(["ai.example.com"]), ["GET 127.0.0.1:80 ai.example.com /"]);
  assert.deepEqual(named(["*.example.com"]), ["GET 127.0.0.1:80 portlock.example.com /"]);
  assert.deepEqual(named(["~^ai\\d+$"]), []);
});

test("every location by the path under which it takes requests", () => {
  const sites = [
    site([
      location({ kind: "exact", text: "/api/chat" }),
      location({ kind: "exact", text: "/unload" }),
      location({ kind: "prefix", text: "/ollama/" }, { replacesPath: "/" }),
      location({ kind: "pattern", text: "^/v1/" }),
      location({ kind: "all" }, { methods: ["POST", "HEAD"] }),
    ]),
  ];
  assert.deepEqual(ask(sites), [
    "GET 127.0.0.1:80 - /api/chat",
    "GET 127.0.0.1:80 - /ollama/",
    "GET 127.0.0.1:80 - /v1/models",
    "HEAD 127.0.0.1:80 - /",
    "GET 127.0.0.1:80 - /ollama/api/version",
    "HEAD 127.0.0.1:80 - /api/version",
    "GET 127.0.0.1:80 - /ollama/v1/models",
  ]);
});

test("nobody is asked who hands on to somebody elsewhere, or to nobody, or does not run or listen", () => {
  const to = (host: string): ProxyLocation =>
    location({ kind: "all" }, { upstreams: [{ kind: "tcp", host, port: 80, tls: false }] });
  const silent = [
    to("203.0.113.7"),
    to("api.example.com"),
    location({ kind: "all" }, { upstreams: [OLLAMA, { kind: "tcp", host: "203.0.113.7", port: 80, tls: false }] }),
    location({ kind: "all" }, { upstreams: [{ kind: "unclear", text: "http://$backend" }] }),
    location({ kind: "all" }, { upstreams: [] }),
    location({ kind: "all" }, { protections: [{ kind: "refuses" }] }),
    location({ kind: "all" }, { methods: ["POST"] }),
  ];
  for (const each of silent) assert.deepEqual(ask([site([each])]), []);
  assert.deepEqual(ask([site([ALL])], null), []);
  const closed = { kind: "tcp", address: "0.0.0.0", port: 8080, tls: false } as const;
  assert.deepEqual(ask([site([ALL], { listeners: [closed] })]), []);
  for (const host of ["gpu-1", "192.168.1.10", "[::1]"]) assert.equal(ask([site([to(host)])]).length, 3, host);
});

test("at most 96 questions, and every location has had one before any has a second", () => {
  const many = Array.from({ length: 90 }, (_, index) =>
    site([ALL], { names: [`s${index}.example.com`], isDefault: false }),
  );
  const asked = ask(many);
  assert.equal(asked.length, 96);
  assert.equal(new Set(asked.map((each) => each.split(" ")[2])).size, 90);
});
