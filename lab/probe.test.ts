/** `portlock probe` by people who stand elsewhere, against everything that may listen on a host. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "./audit.ts";
import type { Auditor } from "./auditor.ts";
import type { Host } from "./host.ts";
import type { Imitation, Imitations } from "./imitations.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;
const timeout = 300_000;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const [IPV4, IPV6, LINK_LOCAL] = ["10.77.0.10", "2001:db8:77::10", "fe80::77:10%eth0"];
const UVICORN = { server: "uvicorn" };
const [IMITATIONS_LOG, OLLAMA_LOG] = ["/tmp/imitations.log", "/tmp/ollama.log"];

/** A server that answers these paths: with a status, a text, or a document. */
function answers(paths: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}): Imitation {
  const listed = Object.entries(paths).map(([path, answer]) => {
    const what = typeof answer === "number" ? { status: answer } : { body: toText(answer) };
    return [path, { headers, ...what }] as const;
  });
  return { does: "answer", paths: Object.fromEntries(listed) };
}

function toText(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

function modelsOf(owner: string): object {
  return { object: "list", data: [{ id: "m", object: "model", owned_by: owner }] };
}

const IMITATIONS: Imitations = {
  80: answers({ "/": "<title>Our team</title>" }, { server: "nginx/1.22.1" }),
  8001: { does: "guard", to: 11434 },
  8002: { does: "relay", to: 11434, delayMs: 0 },
  8003: { does: "relay", to: 11434, delayMs: 300 },
  8004: { does: "greet", line: "SSH-2.0-OpenSSH_9.2p1\r\n" },
  8005: { does: "stay-silent" },
  8006: answers({ "/": 403, "/api/version": 403, "/v1/models": 403 }),
  8010: { does: "answer", paths: redirectsTo(`http://${IPV4}:8011/`) },
  8011: answers({ "/": "Ollama is running", "/api/version": { version: "0.24.0" }, "/api/tags": { models: [] } }),
  8100: answers({ "/version": { version: "0.9.0" }, "/v1/models": modelsOf("vllm") }, UVICORN),
  8101: answers(
    { "/": "<title>llama.cpp</title>", "/v1/models": modelsOf("llamacpp"), "/props": 401 },
    { server: "llama.cpp" },
  ),
  8102: answers({
    "/": { error: "Unexpected endpoint or method. (GET /)" },
    "/v1/models": modelsOf("organization_owner"),
  }),
  8103: answers({
    "/": "<html><head><title>ComfyUI</title>",
    "/system_stats": { system: { comfyui_version: "0.3.1" } },
  }),
  8104: answers({ "/info": { model_id: "m", docker_label: "sha-1", version: "3.0.1" }, "/v1/models": modelsOf("m") }),
  8105: answers({
    "/": "<title>Open WebUI</title>",
    "/api/version": { version: "0.6.5", deployment_id: "" },
    "/api/config": { status: true, name: "Open WebUI", version: "0.6.5", features: { auth: true } },
  }),
};

function redirectsTo(location: string): Record<string, { status: number; headers: Record<string, string> }> {
  const paths = ["/", "/api/version", "/v1/models", "/api/tags"];
  return Object.fromEntries(paths.map((path) => [path, { status: 302, headers: { location } }]));
}

/** Ollamas of this host, by port: where they listen and what else is set. */
const OLLAMAS: readonly (readonly [port: number, address: string, env: Readonly<Record<string, string>>])[] = [
  [11434, "127.0.0.1", { STAND_IN_VERSION: "0.24.0" }],
  [11435, "0.0.0.0", { STAND_IN_VERSION: "0.24.0" }],
  [11436, "0.0.0.0", { STAND_IN_VERSION: "0.24.0", OLLAMA_ORIGINS: "*" }],
  [11437, "127.0.0.1", { STAND_IN_VERSION: "0.1.28" }],
  [11438, IPV4, { STAND_IN_VERSION: "0.24.0" }],
];

let host: Host;
let neighbour: Auditor;
let outsider: Auditor;

before(async () => {
  if (lab === null) return;
  host = await lab.host();
  [neighbour, outsider] = [host.auditorAt(host.neighbour), host.auditorAt(host.outsider)];
  await host.installOllama();
  for (const [port, address, env] of OLLAMAS) {
    const set = { HOME: "/tmp", OLLAMA_HOST: `${address}:${port}`, STAND_IN_LOG: OLLAMA_LOG, ...env };
    await host.spawn(["/usr/local/bin/ollama", "serve"], { env: set });
  }
  const [key, certificate] = await makeCertificate(host);
  const tls: Imitation = {
    does: "answer-tls",
    key,
    certificate,
    paths: {
      "/": { body: "Ollama is running" },
      "/api/version": { body: '{"version":"0.24.0"}' },
      "/api/tags": { body: '{"models":[]}' },
    },
  };
  const table: Imitations = { ...IMITATIONS, 443: tls, 8012: { does: "relay", to: 11437, delayMs: 0 } };
  await host.write("/tmp/table.json", JSON.stringify(table));
  const program = join(CHECKOUT_INSIDE, "lab/imitations.ts");
  await host.spawn([NODE_INSIDE, program, "/tmp/table.json", IMITATIONS_LOG]);
  await host.run(["nft", "-f", "-"], {
    input: "table inet t { chain c { type filter hook input priority 0; tcp dport 8009 drop; }; }\n",
  });
  for (const port of [...Object.keys(table), ...OLLAMAS.map(([each]) => each)]) await host.waitForPort(Number(port));
  neighbour.knowHosts({ gpu: [IPV4], both: [IPV4, IPV6] });
});

async function makeCertificate(on: Host): Promise<readonly [key: string, certificate: string]> {
  const files = ["-keyout", "/tmp/key.pem", "-out", "/tmp/certificate.pem"];
  await on.run([
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=gpu",
    ...files,
  ]);
  const [key, certificate] = await Promise.all(
    ["/tmp/key.pem", "/tmp/certificate.pem"].map((path) => on.run(["cat", path])),
  );
  return [key?.stdout ?? "", certificate?.stdout ?? ""];
}

const NO_HOST_CHECK = "A foreign Host header is accepted";
const NO_ORIGIN_CHECK = "A foreign Origin is accepted";

/** What is probed, by whom, and what he is told: every part of it must be said, in this order. */
const PLACES: readonly (readonly [what: string, url: string, exitCode: number, ...told: string[]])[] = [
  ["an Ollama on loopback, from outside", IPV4, 0, `CLOSED: http://${IPV4}:11434 refuses`],
  [
    "an Ollama on every address",
    `${IPV4}:11435`,
    1,
    `OPEN: Ollama 0.24.0 at http://${IPV4}:11435 answers without a credential`,
    NO_HOST_CHECK,
    "A foreign Origin is refused",
    "A stranger can:",
  ],
  ["one that lets every web page in", `http://${IPV4}:11436`, 1, "OPEN: Ollama 0.24.0", NO_HOST_CHECK, NO_ORIGIN_CHECK],
  [
    "one behind a tunnel that ends on loopback",
    `${IPV4}:8002`,
    1,
    "OPEN: Ollama 0.24.0",
    "A foreign Host header is refused",
  ],
  [
    "an old one that has no Host check yet, behind such a tunnel",
    `${IPV4}:8012`,
    1,
    "OPEN: Ollama 0.1.28",
    NO_HOST_CHECK,
  ],
  [
    "one behind a slow line",
    `${IPV4}:8003`,
    1,
    "OPEN: Ollama 0.24.0",
    "A foreign Host header is refused",
    "A foreign Origin is refused",
  ],
  [
    "one behind a proxy that asks for a password",
    `${IPV4}:8001`,
    0,
    `GUARDED: what answers at http://${IPV4}:8001 demands a credential`,
  ],
  ["by IPv6, which 0.0.0.0 means too", `[${IPV6}]:11435`, 1, `OPEN: Ollama 0.24.0 at http://[${IPV6}]:11435`],
  ["by IPv6, bound to an IPv4 address only", `[${IPV6}]:11438`, 0, `CLOSED: http://[${IPV6}]:11438`],
  ["by IPv6, link-local", `[${LINK_LOCAL}]:8011`, 1, `OPEN: Ollama 0.24.0 at http://[${LINK_LOCAL}]:8011`],
  ["by a name", "gpu:11435", 1, `OPEN: Ollama 0.24.0 at http://${IPV4}:11435`],
  [
    "by a name with two addresses, open on one of them",
    "both:11438",
    1,
    `CLOSED: http://[${IPV6}]:11438`,
    `OPEN: Ollama 0.24.0 at http://${IPV4}:11438`,
  ],
  ["https with a certificate nobody signed", "https://gpu", 1, `OPEN: Ollama 0.24.0 at https://${IPV4}:443`],
  ["https where it was not said to be", "gpu:443", 1, `OPEN: Ollama 0.24.0 at https://${IPV4}:443`],
  ["a web site", `http://${IPV4}`, 0, `NONE: http://${IPV4}:80 answers, and not as a model server`],
  [
    "a server that sends everybody elsewhere",
    `${IPV4}:8010`,
    2,
    `UNKNOWN: http://${IPV4}:8010`,
    `It sends you to http://${IPV4}:8011: `,
  ],
  [
    "a server that refuses everything without a word",
    `${IPV4}:8006`,
    2,
    `UNKNOWN: http://${IPV4}:8006`,
    "do not tell whether it demands a credential",
  ],
  ["what speaks another protocol", `${IPV4}:8004`, 2, "UNKNOWN:", "does not speak HTTP"],
  ["what says nothing", `${IPV4}:8005`, 2, "UNKNOWN:", "no answer in time"],
  ["a port a firewall drops", `${IPV4}:8009`, 2, "UNKNOWN:", "a firewall drops the packets"],
  ["an address nobody has", "10.77.0.99", 2, "UNKNOWN:"],
  ["vLLM", `${IPV4}:8100`, 1, `OPEN: vLLM 0.9.0 at http://${IPV4}:8100`, "run the models it serves"],
  ["llama.cpp with a key", `${IPV4}:8101`, 0, "GUARDED: llama.cpp"],
  ["LM Studio", `${IPV4}:8102`, 1, "OPEN: LM Studio"],
  ["ComfyUI", `${IPV4}:8103`, 1, "OPEN: ComfyUI"],
  [
    "Text Generation Inference, which does not tell",
    `${IPV4}:8104`,
    2,
    "UNKNOWN:",
    "do not tell whether it demands a credential",
  ],
  ["Open WebUI with accounts", `${IPV4}:8105`, 0, "GUARDED: Open WebUI 0.6.5"],
];

describe("a probe from the neighbour", { skip, timeout, concurrency: 2 }, () => {
  for (const [what, url, exitCode, ...told] of PLACES) {
    test(`${what}: ${told[0]}`, async () => {
      const output = await neighbour.portlock(["probe", url]);
      assert.equal(output.stderr, "");
      const text = output.stdout.replaceAll(/\n *(?! *-)/g, " ");
      let at = 0;
      for (const part of told) {
        at = text.indexOf(part, at);
        assert.notEqual(at, -1, `${JSON.stringify(part)} is not said in its place:\n${output.stdout}`);
      }
      assert.equal(output.exitCode, exitCode);
    });
  }
});

describe("a probe", { skip, timeout }, () => {
  test("from another network tells the same", async () => {
    const { stdout, exitCode } = await outsider.portlock(["probe", `${IPV4}:11435`, `[${IPV6}]:8011`, IPV4]);
    assert.match(
      stdout,
      /^OPEN: Ollama 0\.24\.0 at http:\/\/10[^]*^OPEN: Ollama 0\.24\.0 at http:\/\/\[2001[^]*^CLOSED: /m,
    );
    assert.equal(exitCode, 1);
  });

  test("by the host itself, at an address of its own, says nothing of strangers", async () => {
    const { stdout } = await host.auditorAt(host.local).portlock(["probe", `${IPV4}:11435`, `[${LINK_LOCAL}]:8011`]);
    assert.equal(stdout.match(/^OPEN: /gm)?.length, 2);
    assert.equal(stdout.match(/This host asked itself/g)?.length, 2);
    assert.doesNotMatch(stdout, /A stranger can/);
  });

  test("of several places tells each in its place, the wrong ones apart, as JSON too", async () => {
    const urls = [`${IPV4}:8001`, "gpu-17.invalid", IPV4, "both:11438"];
    const text = await neighbour.portlock(["probe", ...urls]);
    assert.match(text.stdout, /^GUARDED: [^]*^CLOSED: [^]*^CLOSED: [^]*^OPEN: /m);
    assert.match(text.stderr, /^portlock: error name-unknown: The name leads to no address: gpu-17\.invalid\n/);
    assert.equal(text.exitCode, 1);
    const json = await neighbour.portlock(["probe", "--json", ...urls]);
    const documents: readonly Document[] = JSON.parse(json.stdout);
    assert.deepEqual(
      documents.map((each) => [each.schema, each.url ?? each.target, each.probed?.map((one) => one.verdict)]),
      [
        ["portlock.probe/1", urls[0], ["guarded"]],
        ["portlock.error/1", urls[1], undefined],
        ["portlock.probe/1", urls[2], ["closed"]],
        ["portlock.probe/1", urls[3], ["closed", "open"]],
      ],
    );
    assert.equal(json.exitCode, 1);
  });

  test("in Chinese", async () => {
    const { stdout } = await neighbour.portlock(["probe", `${IPV4}:11435`, `${IPV4}:8009`, "--lang", "zh-CN"]);
    assert.match(stdout, /^开放：http:\/\/10\.77\.0\.10:11435 的 Ollama 0\.24\.0[^]*^未知：/m);
    assert.doesNotMatch(stdout, /stranger|credential|accepted|refused/);
  });

  test("asks a few questions that only read, and follows nobody elsewhere", async () => {
    const log = await host.run(["cat", IMITATIONS_LOG]);
    const requests = log.stdout.trimEnd().split("\n");
    for (const request of requests) assert.match(request, /^\d+ (?:GET|HEAD) \//);
    const before = (await readRequests(host)).length;
    await neighbour.portlock(["probe", `${IPV4}:11435`]);
    const asked = (await readRequests(host)).slice(before);
    assert.deepEqual(
      asked.map(({ method, target }) => `${method} ${target}`),
      [
        "GET /",
        "GET /api/version",
        "GET /v1/models",
        "GET /api/tags",
        "GET /api/status",
        "GET /api/ps",
        "GET /api/version",
        "GET /api/version",
      ],
    );
    assert.ok(requests.some((request) => request.startsWith("8010 ")));
    const elsewhere = requests.filter((request) => request.startsWith("8011 "));
    assert.deepEqual(
      elsewhere.filter((request) => !/\[(?:fe80|2001)|rebind\.portlock/.test(request)),
      [],
      "only who named port 8011 came there",
    );
  });
});

interface Document {
  readonly schema: string;
  readonly url?: string;
  readonly target?: string;
  readonly probed?: readonly { readonly verdict: string }[];
}

async function readRequests(on: Host): Promise<readonly { readonly method: string; readonly target: string }[]> {
  const { stdout } = await on.run(["cat", OLLAMA_LOG]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
