/**
 * Model servers that hand on to others, in front of a real host's Ollama on loopback. The products are not here: what
 * stands for each is named as it is and answers as it does. Portkey's answers were recorded from `@portkey-ai/gateway`
 * 1.15.2, which handed such requests on to loopback; those of Open WebUI and LiteLLM are what their sources say.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Route } from "../src/judge/route.ts";
import type { Report } from "../src/report/report.ts";
import { NODE_INSIDE } from "./audit.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement("proxies") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const NGINX = 8100;
const PORTKEY = 8787;
const OPEN_WEBUI = 8080;
const LITELLM = 4000;

const SITE = `server { listen ${NGINX}; location / { proxy_pass http://127.0.0.1:${PORTKEY}; } }`;
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

const OPEN_WEBUI_STAND_IN = `${PRELUDE}
http.createServer((request, response) => {
  if (request.url === "/api/version") return say(response, 200, "application/json", '{"version":"0.6.5","deployment_id":""}');
  if (request.url === "/api/config") return say(response, 200, "application/json",
    '{"status":true,"name":"Open WebUI","version":"0.6.5","features":{"auth":false}}');
  if (request.url.startsWith("/ollama/")) return pass(request, response, process.env.OLLAMA_BASE_URL + request.url.slice(7));
  say(response, 200, "text/html", "<title>Open WebUI</title>");
}).listen(${OPEN_WEBUI}, "0.0.0.0");`;

const LITELLM_STAND_IN = `${PRELUDE}
http.createServer((request, response) => {
  if (request.url === "/") return say(response, 200, "text/html", "<title>LiteLLM API - Swagger UI</title>");
  if (request.headers.authorization !== "Bearer sk-1234") return say(response, 401, "application/json",
    '{"error":{"message":"Authentication Error, No api key passed in.","type":"auth_error","param":"None","code":"401"}}');
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
    await host.write("/etc/nginx/sites-enabled/portkey", SITE);
    await host.systemd("restart", "nginx");
    await standIn(host, "portkey", PORTKEY_STAND_IN, {});
    await standIn(host, "open-webui", OPEN_WEBUI_STAND_IN, { OLLAMA_BASE_URL: "http://127.0.0.1:11434" });
    await standIn(host, "litellm", LITELLM_STAND_IN, { OLLAMA_API_BASE: "http://127.0.0.1:11434" });
    await Promise.all([NGINX, PORTKEY, OPEN_WEBUI, LITELLM].map((port) => host.waitForPort(port)));
    const { report } = await host.audit();
    assert.deepEqual(throughRelays(report), [
      "internet by litellm: guarded",
      "internet by nginx, portkey: open",
      "internet by open-webui: open",
      "internet by portkey: closed",
      "neighbour by litellm: guarded",
      "neighbour by nginx, portkey: open",
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
  const address = host.addresses.eth0.ipv4;
  const tries = [
    [NGINX, { path: "/v1/models", headers: AS_PORTKEY_ASKS }, true],
    [PORTKEY, { path: "/v1/models", headers: AS_PORTKEY_ASKS }, false],
    [OPEN_WEBUI, { path: "/ollama/api/version" }, true],
    [LITELLM, { path: "/v1/models" }, false],
    [LITELLM, { path: "/v1/models", headers: { authorization: "Bearer sk-1234" } }, true],
  ] as const;
  for (const [port, request, isServed] of tries) {
    const outcome = await host.outsider.get(address, port, request);
    const served = outcome.kind === "answered" && outcome.status === 200;
    assert.equal(served, isServed, `port ${port}, ${JSON.stringify(request)}: ${JSON.stringify(outcome)}`);
  }
}

/** Node.js under another program's name, which runs this. */
async function standIn(host: Host, name: string, script: string, env: Readonly<Record<string, string>>): Promise<void> {
  const path = `/usr/local/sbin/${name}`;
  await host.run(["cp", NODE_INSIDE, path]);
  await host.spawn([path, "-e", script], { env });
}
