/**
 * Model servers that hand on to others, in front of a real host's Ollama on loopback. The products are not here: what
 * stands for each is named as it is and answers as it does. Portkey's answers were recorded from `@portkey-ai/gateway`
 * 1.15.2, those of Open WebUI from release 0.12.4, those of LiteLLM from release 1.108.7, each in front of an Ollama.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Route } from "../src/judge/route.ts";
import type { Report } from "../src/report/report.ts";
import { LITELLM_WITH_KEY, toOpenWebUiAnswers, type Told } from "../src/servers/relay-answers.fixture.ts";
import { NODE_INSIDE } from "./audit.ts";
import { runCommand } from "./command.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement("proxies") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const NGINX = 8100;
const NGINX_TO_OPEN_WEBUI = 8101;
const NGINX_TO_LITELLM = 8102;
const PORTKEY = 8787;
const OPEN_WEBUI = 8080;
const OPEN_WEBUI_WITH_ACCOUNTS = 8081;
const LITELLM = 4000;

const SITES = (
  [
    [NGINX, PORTKEY],
    [NGINX_TO_OPEN_WEBUI, OPEN_WEBUI_WITH_ACCOUNTS],
    [NGINX_TO_LITELLM, LITELLM],
  ] as const
).map(([port, to]) => `server { listen ${port}; location / { proxy_pass http://127.0.0.1:${to}; } }`);
const AS_PORTKEY_ASKS = { "x-portkey-provider": "ollama", "x-portkey-custom-host": "http://127.0.0.1:11434" };

/** What every stand-in begins with: `pass` hands a request on, as a client of its own. */
const PRELUDE = `const http = require("node:http");
function pass(request, response, target) {
  const { host, ...headers } = request.headers;
  request.pipe(http.request(target, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  }));
}
function say(response, status, type, text) { response.writeHead(status, { "content-type": type }).end(text); }
`;

const PORTKEY_STAND_IN = `${PRELUDE}
http.createServer((request, response) => {
  const to = request.headers["x-portkey-custom-host"];
  if (request.url === "/") return say(response, 200, "text/plain; charset=UTF-8", "AI Gateway says hey!");
  if (!request.url.startsWith("/v1/")) return say(response, 404, "application/json", '{"message":"Not Found","ok":false}');
  if (to === undefined) return say(response, 400, "application/json",
    '{"status":"failure","message":"Either x-portkey-config or x-portkey-provider header is required"}');
  if (!/^https?:\\/\\/(?:localhost|127\\.0\\.0\\.1|\\[::1\\]|host\\.docker\\.internal)[:/]/.test(to))
    return say(response, 400, "application/json", '{"status":"failure","message":"Invalid custom host"}');
  pass(request, response, to + request.url);
}).listen(${PORTKEY}, "127.0.0.1");`;

/** Answers what everybody is told, by path. */
function tell(told: Told): string {
  return `const told = ${JSON.stringify(told)};
function tell(request, response) {
  const [status, body] = told["GET " + request.url] ?? [404, '{"detail":"Not Found"}'];
  say(response, status, body.startsWith("{") ? "application/json" : "text/html; charset=utf-8", body);
}`;
}

/** Nobody uses an Ollama behind it without a session, which is given for nothing where there are no accounts. */
function toOpenWebUi(port: number, address: string, auth: boolean): string {
  return `${PRELUDE}${tell(toOpenWebUiAnswers({ auth }))}
http.createServer((request, response) => {
  if (request.url === "/api/v1/auths/signin" && request.method === "POST") return ${auth}
    ? say(response, 400, "application/json", '{"detail":"The email or password provided is incorrect. Please check for typos and try logging in again."}')
    : say(response, 200, "application/json", '{"role":"admin","email":"admin@localhost","token":"a-session","token_type":"Bearer"}');
  if (!request.url.startsWith("/ollama/")) return tell(request, response);
  if (request.headers.authorization !== "Bearer a-session")
    return say(response, 401, "application/json", '{"detail":"Not authenticated"}');
  pass(request, response, process.env.OLLAMA_BASE_URL + request.url.slice(7));
}).listen(${port}, "${address}");`;
}

const LITELLM_STAND_IN = `${PRELUDE}${tell(LITELLM_WITH_KEY)}
http.createServer((request, response) => {
  if (request.url !== "/v1/models") return tell(request, response);
  if (request.headers.authorization !== "Bearer sk-1234") return say(response, 401, "application/json", told["GET /v1/models"][1]);
  pass(request, response, process.env.OLLAMA_API_BASE + request.url);
}).listen(${LITELLM}, "0.0.0.0");`;

/** `internet by nginx, portkey: open`, of those who do not sit on the host and come by IPv4. */
function throughRelays(report: Report): readonly string[] {
  const ollama = report.servers.find(({ kind }) => kind === "ollama");
  const routes = (ollama?.routes ?? []).filter(({ entry }) => !entry.address.includes(":"));
  return routes.flatMap(toText).toSorted();
}

function toText({ from, hops, verdict }: Route): readonly string[] {
  const names = hops.flatMap((hop) => (hop.kind === "proxy" ? [hop.name] : []));
  const isOutside = from.vantage === "internet" || from.vantage === "neighbour";
  return isOutside && names.length > 0 ? [`${from.vantage} by ${names.join(", ")}: ${verdict}`] : [];
}

test("a loopback Ollama behind model servers that hand on: every verdict is what happens", { skip }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  try {
    await host.installOllama();
    await host.run(["rm", "-f", "/etc/nginx/sites-enabled/default"]);
    await host.write("/etc/nginx/sites-enabled/relays", SITES.join("\n"));
    await host.systemd("restart", "nginx");
    await standIn(host, "portkey", PORTKEY_STAND_IN, {});
    const toOllama = "http://127.0.0.1:11434";
    const withAccounts = toOpenWebUi(OPEN_WEBUI_WITH_ACCOUNTS, "127.0.0.1", true);
    await standIn(host, "open-webui", toOpenWebUi(OPEN_WEBUI, "0.0.0.0", false), { OLLAMA_BASE_URL: toOllama });
    await standIn(host, "open_webui", withAccounts, { OLLAMA_BASE_URL: toOllama });
    await standIn(host, "litellm", LITELLM_STAND_IN, { OLLAMA_API_BASE: toOllama });
    const ports = [NGINX, PORTKEY, OPEN_WEBUI, OPEN_WEBUI_WITH_ACCOUNTS, LITELLM];
    await Promise.all(ports.map((port) => host.waitForPort(port)));
    const { report } = await host.audit();
    assert.deepEqual(throughRelays(report), [
      "internet by litellm: guarded",
      "internet by nginx, litellm: guarded",
      "internet by nginx, open-webui: guarded",
      "internet by nginx, portkey: open",
      "internet by open-webui: closed",
      "internet by open-webui: open",
      "internet by portkey: closed",
      "neighbour by litellm: guarded",
      "neighbour by nginx, litellm: guarded",
      "neighbour by nginx, open-webui: guarded",
      "neighbour by nginx, portkey: open",
      "neighbour by open-webui: closed",
      "neighbour by open-webui: open",
      "neighbour by portkey: closed",
    ]);
    await assertTried(host);
    const open = report.findings.flatMap(({ rule, server, data }) =>
      rule === "proxy-without-auth" && server === "ollama-1" && "proxy" in data ? [data.proxy] : [],
    );
    assert.deepEqual(open.toSorted(), ["open-webui", "portkey"]);
  } finally {
    host.close();
  }
});

/** The same requests, really sent from outside. */
async function assertTried(host: Host): Promise<void> {
  const version = { path: "/ollama/api/version" };
  const session = { authorization: "Bearer a-session" };
  const tries = [
    [NGINX, { path: "/v1/models", headers: AS_PORTKEY_ASKS }, true],
    [PORTKEY, { path: "/v1/models", headers: AS_PORTKEY_ASKS }, false],
    [OPEN_WEBUI, version, false],
    [OPEN_WEBUI, { ...version, headers: await signIn(host, OPEN_WEBUI) }, true],
    [OPEN_WEBUI_WITH_ACCOUNTS, { ...version, headers: session }, false],
    [NGINX_TO_OPEN_WEBUI, { ...version, headers: await signIn(host, NGINX_TO_OPEN_WEBUI) }, false],
    [NGINX_TO_OPEN_WEBUI, { ...version, headers: session }, true],
    [LITELLM, { path: "/v1/models" }, false],
    [LITELLM, { path: "/v1/models", headers: { authorization: "Bearer sk-1234" } }, true],
    [NGINX_TO_LITELLM, { path: "/v1/models" }, false],
  ] as const;
  for (const [port, request, isServed] of tries) {
    const outcome = await host.outsider.get(host.addresses.eth0.ipv4, port, request);
    const served = outcome.kind === "answered" && outcome.status === 200;
    assert.equal(served, isServed, `port ${port}, ${JSON.stringify(request)}: ${JSON.stringify(outcome)}`);
  }
}

/** Signs in with nothing, as a page of Open WebUI does that has no accounts; no header where that is refused. */
async function signIn(host: Host, port: number): Promise<Readonly<Record<string, string>>> {
  const url = `http://${host.addresses.eth0.ipv4}:${port}/api/v1/auths/signin`;
  const nobody = ["-H", "content-type: application/json", "-d", '{"email":"","password":""}'];
  const { stdout } = await runCommand([...host.outsider.entry, "curl", "-s", "-m", "10", ...nobody, url]);
  const token = /"token":"([^"]+)"/.exec(stdout)?.[1];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Node.js under another program's name, which runs this. */
async function standIn(host: Host, name: string, script: string, env: Readonly<Record<string, string>>): Promise<void> {
  const path = `/usr/local/sbin/${name}`;
  await host.run(["cp", NODE_INSIDE, path]);
  await host.spawn([path, "-e", script], { env });
}
