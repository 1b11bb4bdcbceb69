/**
 * The sites that Portlock makes are judged by its own auditor for what they are, and so are copies of them in which
 * somebody broke one thing.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { adaptCaddyfile } from "../src/facts/proxies/caddy/adapt.ts";
import { toConfiguration } from "../src/facts/proxies/caddy/configuration.ts";
import { readHaproxy } from "../src/facts/proxies/haproxy/configuration.ts";
import { readNginx } from "../src/facts/proxies/nginx/configuration.ts";
import type { ProxyAnswer } from "../src/facts/proxies/proxy-answer.ts";
import type { Proxy, ProxyConfiguration } from "../src/facts/proxies/proxy.ts";
import { chooseProxyQuestions } from "../src/facts/proxies/proxy-questions.ts";
import { writeFiles } from "../src/facts/proxies/summary.fixture.ts";
import type { RuleId } from "../src/judge/finding.ts";
import { judge } from "../src/judge/judge.ts";
import { aHost, read } from "../src/judge/testing/a-host.ts";
import { aListener, aLocation, aProxy, aSite } from "../src/judge/testing/proxied-host.ts";
import { makeConfiguration } from "../src/proxy/configuration.ts";
import { PROXY_AUTHS, PROXY_KINDS, type ProxyAuth, type ProxyKind, type ProxySite } from "../src/proxy/site.ts";
import { ROUTE_SCOPES, type RouteScope } from "../src/servers/ollama/scopes.ts";
import { FIRST_QUESTIONS } from "../src/servers/questions.ts";

const HASH = `$2y$05$${"a".repeat(53)}`;
const PEOPLE: Readonly<Record<ProxyKind, Readonly<Record<string, string>>>> = {
  nginx: { users: `alice:${HASH}\n`, keys: '"~^(?:[Bb][Ee][Aa][Rr][Ee][Rr] +k3y:|:k3y)$" "alice";\n' },
  caddy: { users: `alice ${HASH}\n`, keys: `alice ${HASH}\n` },
  haproxy: { users: `${"A".repeat(64)} alice\n`, keys: `${"A".repeat(64)} alice\n` },
};

async function readSite(kind: ProxyKind, text: string): Promise<ProxyConfiguration> {
  const people = Object.entries(PEOPLE[kind]).map(([name, lines]) => [`/etc/portlock/ollama_1.${name}`, lines]);
  const own =
    kind === "nginx"
      ? { "/etc/nginx/nginx.conf": `events {}\nhttp {\n${text}\n}\n` }
      : { [kind === "haproxy" ? "/etc/proxy.cfg" : "/etc/proxy"]: text };
  const files = writeFiles({ ...Object.fromEntries(people), ...own });
  if (kind === "haproxy") return (await readHaproxy(files, ["/etc/proxy.cfg"])) ?? assert.fail();
  if (kind === "nginx") {
    const at = { path: "/etc/nginx/nginx.conf", folder: "/etc/nginx", version: "1.22.1" };
    return (await readNginx(files, at)) ?? assert.fail();
  }
  const adapted = (await adaptCaddyfile(files, "/etc/proxy")) ?? assert.fail();
  return toConfiguration(adapted.sites, ["/etc/proxy"], adapted.unclear);
}

/** Portlock's gateway, where the sites that ask it expect it. */
const GATEWAY: Proxy = aProxy(
  [
    aSite(
      [
        aLocation({
          protections: [{ kind: "asks-service", to: "the keys of Portlock" }],
          passing: { authorization: "removed" },
        }),
      ],
      {
        listeners: [aListener("127.0.0.1", 11435)],
      },
    ),
  ],
  { kind: "portlock", pid: 501 },
);

type Judgement = ReturnType<typeof judge>;
type Status = (path: string) => number;

/** A host with an Ollama on loopback and a proxy with this configuration, which answers strangers so. */
function judgeHost(kind: ProxyKind, configuration: ProxyConfiguration, status: Status): Judgement {
  const listeners = configuration.sites.flatMap((site) => site.listeners);
  const places = listeners.flatMap((each) => (each.kind === "tcp" && each.port !== 80 ? [each] : []));
  const unique = [...new Map(places.map((each) => [`${each.address} ${each.port}`, each])).values()];
  const proxy = {
    kind,
    pid: 500,
    version: null,
    declared: read(configuration, "/etc/proxy"),
    running: null,
    changedSinceLoaded: false,
  };
  const questions = chooseProxyQuestions([proxy, GATEWAY], {
    questions: FIRST_QUESTIONS,
    local: new Set(["127.0.0.1"]),
    ports: new Set([11435, ...unique.map(({ port }) => port)]),
    ownAddress: "192.168.1.10",
  });
  const proxyAnswers = questions.map((question): ProxyAnswer => {
    const { method, ...asked } = question;
    assert.match(method, /GET|HEAD/);
    const answer = { status: asked.port === 11435 ? 401 : status(asked.path), headers: {}, truncated: false };
    const body = answer.status === 200 ? "Ollama is running" : "";
    return { ...asked, outcome: { kind: "answered", answer: { ...answer, body } } };
  });
  const plain = aHost()
    .link("eth0", ["192.168.1.10/24", "2001:db8:1::10/64"])
    .gateway("eth0", "192.168.1.1")
    .ollama("127.0.0.1")
    .process(501, { name: "node", executable: "/usr/bin/node", arguments: [], uid: 997, user: "portlock" })
    .listens("127.0.0.1", 11435, { pids: [501] })
    .process(500, { name: kind, executable: `/usr/sbin/${kind}`, arguments: [], uid: 0, user: "root" });
  const host = unique.reduce((made, { address, port }) => made.listens(address, port, { pids: [500] }), plain);
  return judge(host.with({ proxies: read([proxy, GATEWAY], "/etc/proxy"), proxyAnswers }).facts);
}

const ABOUT_PROXIES: readonly RuleId[] = [
  "proxy-without-auth",
  "proxy-auth-without-tls",
  "proxy-answers-otherwise",
  "proxy-breaks-streaming",
  "proxy-allows-any-origin",
  "proxy-reload-missing",
  "credential-forwarded-upstream",
  "every-user-manages-models",
  "host-check-switched-off-by-proxy",
  "slow-password-hash",
  "open-beside-proxy",
];

function findingsOf({ findings }: Judgement): readonly string[] {
  return findings.flatMap(({ rule }) => (ABOUT_PROXIES.includes(rule) ? [rule] : [])).toSorted();
}

/** Every route through the proxy as its vantage and verdict, each once. */
function routesOf({ servers }: Judgement): readonly string[] {
  const through = servers
    .flatMap((server) => server.routes)
    .filter(({ hops }) => hops.some((hop) => hop.kind === "proxy"));
  return [...new Set(through.map(({ from, verdict }) => `${from.vantage} ${verdict}`))];
}

function assertGuarded(judged: Judgement, configuration: ProxyConfiguration): void {
  assert.deepEqual(configuration.unclear, []);
  const isLoopback = configuration.sites.every(({ listeners }) =>
    listeners.every((each) => each.kind === "tcp" && each.address === "127.0.0.1"),
  );
  assert.equal(judged.servers[0]?.verdict, isLoopback ? "local" : "guarded");
  assert.deepEqual(findingsOf(judged), []);
  for (const route of judged.servers[0]?.routes ?? []) {
    if (route.hops.every((hop) => hop.kind !== "proxy") || route.verdict === "closed") continue;
    assert.equal(route.verdict, "guarded", JSON.stringify(route));
    const proof = route.barriers.find((each) => each.kind === "authentication")?.evidence;
    assert.match(JSON.stringify(proof), /HTTP 401/, "what really answered is the proof");
  }
}

function toSite(auth: ProxyAuth, scopes: readonly RouteScope[]): ProxySite {
  return {
    id: "ollama_1",
    listen: { address: "0.0.0.0", port: 8443 },
    name: null,
    upstream: { kind: "tcp", address: "127.0.0.1", port: 11434 },
    auth:
      auth === "portlock"
        ? { kind: auth, gateway: { address: "127.0.0.1", port: 11435 } }
        : { kind: auth, file: `/etc/portlock/ollama_1.${auth === "basic" ? "users" : "keys"}` },
    scopes,
    tls: { kind: "files", certificate: "/etc/ssl/ai.pem", key: "/etc/ssl/ai.key", selfSigned: true },
    origins: ["https://app.example.com"],
    requestsPerMinute: 600,
  };
}

function write(kind: ProxyKind, auth: ProxyAuth, scopes: readonly RouteScope[]): string {
  const made = makeConfiguration(kind, toSite(auth, scopes), { major: 2, minor: 6, patch: 2 });
  assert.ok(made.kind === "text");
  return made.text;
}

const refuses: Status = () => 401;

for (const kind of PROXY_KINDS) {
  for (const auth of PROXY_AUTHS) {
    test(`${kind} with ${auth} is guarded for everybody, whatever it lets through`, async () => {
      for (const scopes of [...ROUTE_SCOPES.map((scope) => [scope]), ROUTE_SCOPES]) {
        const configuration = await readSite(kind, write(kind, auth, scopes));
        assertGuarded(judgeHost(kind, configuration, refuses), configuration);
      }
    });
  }
}

const GOLDEN = join(import.meta.dirname, "../src/proxy/golden");
const KIND_OF: Readonly<Record<string, ProxyKind>> = { conf: "nginx", caddy: "caddy", cfg: "haproxy" };

for (const file of readdirSync(GOLDEN)) {
  const kind = KIND_OF[file.split(".").at(-1) ?? ""];
  assert.ok(kind !== undefined);
  test(`${file} is guarded`, async () => {
    const text = readFileSync(join(GOLDEN, file), "utf8");
    // An Ollama that listens on a socket in a folder is nobody's: it is put where the others are.
    const configuration = await readSite(kind, text.replaceAll(/unix(?:@|\/|:)\/run\S*\.sock/g, "127.0.0.1:11434"));
    assertGuarded(judgeHost(kind, configuration, refuses), configuration);
  });
}

interface Spoiled {
  readonly what: string;
  readonly kind: ProxyKind;
  readonly auth: ProxyAuth;
  readonly from: RegExp;
  readonly to: string;
  /** What strangers are really answered then. */
  readonly status: Status;
  readonly verdict: "exposed" | "guarded";
  readonly findings: readonly RuleId[];
}

const letsIn: Status = () => 200;
const letsListModels: Status = (path) => (path === "/api/tags" ? 200 : 401);
const OPEN = { verdict: "exposed", status: letsIn, findings: ["proxy-without-auth"] } as const;
const PARTLY_OPEN = { verdict: "exposed", status: letsListModels, findings: ["proxy-without-auth"] } as const;
const FORWARDED = { verdict: "guarded", status: refuses, findings: ["credential-forwarded-upstream"] } as const;
const SLOW = { verdict: "guarded", status: refuses, findings: ["proxy-breaks-streaming"] } as const;
const CADDYS_PASSWORD = /basicauth bcrypt Portlock \{[^}]*\}/;

const SPOILED: readonly Spoiled[] = [
  {
    what: "the password is no longer asked for",
    kind: "nginx",
    auth: "basic",
    from: /auth_basic .*;/,
    to: "",
    ...OPEN,
  },
  {
    what: "the key is no longer asked for",
    kind: "nginx",
    auth: "bearer",
    from: /if \(.*_user = ""\).*/,
    to: "",
    ...OPEN,
  },
  {
    what: "the gateway is no longer asked",
    kind: "nginx",
    auth: "portlock",
    from: /auth_request \/.*/,
    to: "",
    ...OPEN,
  },
  { what: "the password is no longer asked for", kind: "caddy", auth: "basic", from: CADDYS_PASSWORD, to: "", ...OPEN },
  { what: "the key is no longer asked for", kind: "caddy", auth: "bearer", from: CADDYS_PASSWORD, to: "", ...OPEN },
  {
    what: "the gateway is no longer asked",
    kind: "caddy",
    auth: "portlock",
    from: /(?:forward_auth|reverse_proxy) 127\.0\.0\.1:11435 \{[\s\S]*?\n\t\t\}/,
    to: "",
    ...OPEN,
  },
  {
    what: "the password is no longer asked for",
    kind: "haproxy",
    auth: "basic",
    from: /.*status 401.*\n/,
    to: "",
    ...OPEN,
  },
  {
    what: "the key is no longer asked for",
    kind: "haproxy",
    auth: "bearer",
    from: /.*status 401.*\n/,
    to: "",
    ...OPEN,
  },
  {
    what: "a place where the password is not asked for",
    kind: "nginx",
    auth: "basic",
    from: /(location = \/portlock\/forward \{)/,
    to: "$1 auth_basic off;",
    ...OPEN,
  },
  {
    what: "a path for which no key is asked for",
    kind: "nginx",
    auth: "bearer",
    from: /if \(\$portlock_ollama_1_user = ""\)/,
    to: 'set $who $portlock_ollama_1_user;\n if ($uri = /api/tags) { set $who anybody; }\n if ($who = "")',
    ...PARTLY_OPEN,
  },
  {
    what: "a path for which no password is asked for",
    kind: "caddy",
    auth: "basic",
    from: /basicauth bcrypt Portlock/,
    to: "@rest not path /api/tags\nbasicauth @rest bcrypt Portlock",
    ...PARTLY_OPEN,
  },
  {
    what: "a path for which no key is asked for",
    kind: "haproxy",
    auth: "bearer",
    from: /( status 401 .*) unless \{ var\(txn\.portlock_user\) -m found \}/,
    to: "$1 if !{ var(txn.portlock_user) -m found } !{ path /api/tags }",
    ...PARTLY_OPEN,
  },
  {
    what: "headers go on as they came",
    kind: "nginx",
    auth: "basic",
    from: /proxy_pass_request_headers off;/,
    to: "",
    ...FORWARDED,
  },
  {
    what: "headers go on as they came",
    kind: "nginx",
    auth: "bearer",
    from: /proxy_pass_request_headers off;/,
    to: "",
    ...FORWARDED,
  },
  {
    what: "headers go on as they came",
    kind: "caddy",
    auth: "basic",
    from: /request_header -\*\*/,
    to: "",
    ...FORWARDED,
  },
  {
    what: "headers go on as they came",
    kind: "caddy",
    auth: "bearer",
    from: /request_header -\*\*/,
    to: "",
    ...FORWARDED,
  },
  {
    what: "headers go on as they came",
    kind: "haproxy",
    auth: "basic",
    from: /http-request del-header .*/,
    to: "",
    ...FORWARDED,
  },
  {
    what: "headers go on as they came",
    kind: "haproxy",
    auth: "bearer",
    from: /http-request del-header .*/,
    to: "",
    ...FORWARDED,
  },
  {
    what: "answers are collected",
    kind: "nginx",
    auth: "bearer",
    from: /proxy_http_version 1\.1;|proxy_buffering off;/g,
    to: "",
    ...SLOW,
  },
  {
    what: "answers are collected",
    kind: "caddy",
    auth: "bearer",
    from: /header_up -Via/,
    to: "header_up -Via\nbuffer_responses",
    ...SLOW,
  },
  {
    what: "a minute of silence is too much",
    kind: "haproxy",
    auth: "bearer",
    from: /timeout server 1800s/,
    to: "timeout server 60s",
    ...SLOW,
  },
  {
    what: "every path is handed on",
    kind: "nginx",
    auth: "basic",
    from: /rewrite \^ .*/,
    to: "location /api/ { proxy_pass http://portlock_ollama_1; }",
    verdict: "guarded",
    status: refuses,
    findings: ["every-user-manages-models"],
  },
  {
    what: "every path is handed on",
    kind: "haproxy",
    auth: "basic",
    from: /.*status 403.*\n/,
    to: "",
    verdict: "guarded",
    status: refuses,
    findings: ["every-user-manages-models"],
  },
  {
    what: "every path is handed on",
    kind: "caddy",
    auth: "basic",
    from: /rewrite .*|respond @refused .*/g,
    to: "",
    verdict: "guarded",
    status: refuses,
    findings: ["every-user-manages-models"],
  },
];

for (const { what, kind, auth, from, to, status, verdict, findings } of SPOILED) {
  test(`${kind} with ${auth}, spoiled: ${what}`, async () => {
    const made = write(kind, auth, ["inference", "read"]);
    const text = made.replace(from, to);
    assert.notEqual(text, made);
    const configuration = await readSite(kind, text);
    const judged = judgeHost(kind, configuration, status);
    assert.equal(judged.servers[0]?.verdict, verdict, routesOf(judged).join(", "));
    assert.deepEqual(findingsOf(judged), findings);
  });
}
