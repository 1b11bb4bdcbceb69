/**
 * A model server is put behind each proxy on a real host: from outside nobody gets in without a credential, with one
 * exactly what is allowed, the host's other sites go on, and an undo gives back the host as
 * it was, also where the proxy refused the files or could not be made to load them.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../src/plan/plan.ts";
import type { ProxyKind } from "../src/proxy/site.ts";
import { readJournals } from "./changes.ts";
import { attemptCommand } from "./command.ts";
import { isFull } from "./extent.ts";
import type { Host } from "./host.ts";
import { readHostState, waitUntilAsBefore } from "./host-state.ts";
import { type Lab, openLab } from "./lab.ts";
import { runPortlock } from "./portlock.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement("proxies") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

type Auth = "basic" | "bearer";
const CASES: readonly (readonly [ProxyKind, Auth, inEachRun: boolean])[] = [
  ["nginx", "basic", true],
  ["nginx", "bearer", false],
  ["caddy", "basic", false],
  ["caddy", "bearer", true],
  ["haproxy", "basic", false],
  ["haproxy", "bearer", true],
];
const PORT = 8443;

/** A host with Ollama on loopback, and a proxy that serves a site of its owner's at port 80. */
async function openSite(kind: ProxyKind): Promise<Host> {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  await host.installOllama();
  if (kind === "haproxy") {
    await host.run([
      "sh",
      "-c",
      `printf 'frontend theirs\\n  bind :80\\n  http-request return status 200\\n' >>/etc/haproxy/haproxy.cfg`,
    ]);
  }
  await host.systemd("start", kind);
  await host.waitForPort(80);
  return host;
}

interface Shown {
  readonly plan: Plan;
  readonly letIn: readonly string[];
}

async function askFromOutside(host: Host, path: string, ...options: readonly string[]): Promise<string> {
  const url = `https://${host.addresses.eth0.ipv4}:${PORT}${path}`;
  const words = ["curl", "--silent", "--insecure", "--path-as-is", "--max-time", "10", "--output", "/dev/null"];
  const { stdout } = await attemptCommand([
    ...host.outsider.entry,
    ...words,
    "--write-out",
    "%{http_code}",
    ...options,
    url,
  ]);
  return stdout;
}

/** What the owner's own site answers somebody outside. */
async function askTheirs(host: Host): Promise<string> {
  const words = ["curl", "--silent", "--max-time", "10", "--output", "/dev/null", "--write-out", "%{http_code}"];
  const { stdout } = await attemptCommand([...host.outsider.entry, ...words, `http://${host.addresses.eth0.ipv4}/`]);
  return stdout;
}

/** Asks a model from outside, and counts the lines of what it says. */
const ASK_MODEL = `
const https = require("node:https");
const [base, authorization] = process.argv.slice(1);
function ask(path, method, body, end) {
  const request = https.request(base + path, { method, rejectUnauthorized: false, headers: { authorization } }, (response) => {
    let text = "";
    response.on("data", (piece) => { text += piece; });
    response.on("end", () => end({ status: response.statusCode, lines: text.trim().split("\\n").length }, text));
  });
  request.end(body);
}
ask("/api/tags", "GET", "", (seen, text) => {
  const { name: model } = JSON.parse(text).models.find(({ name }) => !/cloud|embed/.test(name));
  const body = JSON.stringify({ model, prompt: "hello", stream: true });
  ask("/api/generate", "POST", body, (streamed) => console.log(JSON.stringify(streamed)));
});
`;

async function assertStreams(host: Host, authorization: string): Promise<void> {
  const url = `https://${host.addresses.eth0.ipv4}:${PORT}`;
  const { stdout, stderr } = await attemptCommand([
    ...host.outsider.entry,
    process.execPath,
    "-e",
    ASK_MODEL,
    url,
    authorization,
  ]);
  const { status, lines } = JSON.parse(stdout || `{"said":${JSON.stringify(stderr)}}`);
  assert.equal(status, 200, stdout + stderr);
  assert.ok(lines > 2, stdout);
}

/** The header that the person was told to show. */
function toAuthorization(auth: Auth, told: string): string {
  if (auth === "bearer") return /alice: Authorization: (Bearer \S+)/.exec(told)?.[1] ?? assert.fail(told);
  const password = /alice: user name alice, password (\S+)/.exec(told)?.[1] ?? assert.fail(told);
  return `Basic ${Buffer.from(`alice:${password}`).toString("base64")}`;
}

async function assertLetsInOnly(host: Host, authorization: string): Promise<void> {
  const shown = ["--header", `Authorization: ${authorization}`];
  assert.equal(await askFromOutside(host, "/api/tags"), "401");
  assert.equal(await askFromOutside(host, "/no/such"), "401");
  assert.equal(await askFromOutside(host, "/api/delete", "--request", "DELETE"), "401");
  assert.equal(await askFromOutside(host, "/api/tags", "--header", `Authorization: ${authorization}x`), "401");
  assert.equal(await askFromOutside(host, "/api/tags", ...shown), "200");
  assert.equal(await askFromOutside(host, "/api/delete", "--request", "DELETE", ...shown), "403");
  assert.equal(await askFromOutside(host, "//api/tags", ...shown), "403");
  assert.equal((await host.outsider.connect(host.addresses.eth0.ipv4, 11434)).kind, "refused");
  await assertStreams(host, authorization);
}

for (const [kind, auth, inEachRun] of CASES) {
  if (!inEachRun && !isFull) continue;
  test(`portlock proxy ${kind} --auth ${auth}: guarded, serving, taken back`, { skip, timeout: 120_000 }, async () => {
    const host = await openSite(kind);
    try {
      const state = await readHostState(host);
      const args = [
        "proxy",
        kind,
        "--listen",
        String(PORT),
        "--tls-self-signed",
        "--auth",
        auth,
        "--user",
        "alice",
        "--yes",
        "--json",
      ];
      const made = await runPortlock(host, args);
      assert.equal(made.exitCode, 0, made.stdout + made.stderr);
      const { plan, letIn }: Shown = JSON.parse(made.stdout);
      assert.deepEqual(letIn, ["alice"]);
      assert.equal(plan.steps.length, 2);
      const authorization = toAuthorization(auth, made.stderr);

      await assertLetsInOnly(host, authorization);
      await assertJudgedGuarded(host);
      assert.equal(await askTheirs(host), "200");
      await assertKeepsSecret(host, made.stdout, authorization);

      const again = await runPortlock(host, args);
      assert.deepEqual(JSON.parse(again.stdout).plan.steps, []);
      await assertManagesPeople(host, authorization);

      const undone = await runPortlock(host, ["undo", "--json"]);
      assert.equal(undone.exitCode, 0, undone.stdout);
      assert.deepEqual(await waitUntilAsBefore(host, state), []);
      assert.equal(await askTheirs(host), "200");
    } finally {
      host.close();
    }
  });
}

/** The auditor says of the site what happens to whoever calls it, proves it by an answer, and finds nothing wrong. */
async function assertJudgedGuarded(host: Host): Promise<void> {
  const { report } = await host.audit();
  const through = report.servers.flatMap(({ routes }) => routes).filter(({ entry }) => entry.port === PORT);
  assert.ok(through.length > 2);
  for (const { from, verdict, barriers } of through) {
    assert.equal(verdict, "guarded", `${from.vantage}: ${JSON.stringify(barriers)}`);
    assert.match(JSON.stringify(barriers.find(({ kind }) => kind === "authentication")?.evidence), /HTTP 401/);
  }
  assert.deepEqual(
    report.servers.map(({ verdict }) => verdict),
    ["guarded"],
  );
  assert.deepEqual(
    report.findings.filter(({ data }) => "proxy" in data).map(({ rule }) => rule),
    [],
  );
  assert.deepEqual(report.missing, []);
}

/** Neither what is printed for programs nor what lies in the journal of the change holds a secret. */
async function assertKeepsSecret(host: Host, printed: string, authorization: string): Promise<void> {
  const secret = authorization.split(" ")[1] ?? "";
  assert.ok(!printed.includes(secret));
  const { stdout } = await host.attempt([
    "sh",
    "-c",
    "cat /var/lib/portlock/*/plan.json /var/lib/portlock/*/journal.jsonl",
  ]);
  assert.ok(stdout.includes("alice") && !stdout.includes(secret));
}

/** Whoever is taken out gets in no more, and gets in again once that is undone; everything is taken back. */
async function assertManagesPeople(host: Host, authorization: string): Promise<void> {
  const shown = ["--header", `Authorization: ${authorization}`];
  const removed = await runPortlock(host, ["proxy", "users", "remove", "alice", "--yes", "--json"]);
  assert.equal(removed.exitCode, 0, removed.stdout + removed.stderr);
  await waitForAnswer(host, "401", shown);
  assert.equal((await runPortlock(host, ["undo"])).exitCode, 0);
  await waitForAnswer(host, "200", shown);
}

/** A reload comes into effect a moment after it was asked for. */
async function waitForAnswer(host: Host, status: string, options: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await askFromOutside(host, "/api/tags", ...options)) === status) return;
    await sleep(100);
  }
  assert.equal(await askFromOutside(host, "/api/tags", ...options), status);
}

const FAULTS: readonly (readonly [what: string, prepare: (host: Host) => Promise<void>])[] = [
  [
    "its check refuses the files",
    (host) => host.write("/etc/nginx/conf.d/theirs.conf", "upstream portlock_ollama_11434 { server 127.0.0.1:9; }\n"),
  ],
  [
    "it cannot be made to load them",
    async (host) => {
      const reload = "/bin/sh -c 'test ! -e /etc/nginx/sites-enabled/portlock-ollama_11434 && nginx -s reload'";
      await host.write(
        "/etc/systemd/system/nginx.service.d/theirs.conf",
        `[Service]\nExecReload=\nExecReload=${reload}\n`,
      );
      await host.systemd("daemon-reload");
    },
  ],
  [
    "it loads them and its listener does not come",
    async (host) => {
      await host.write(
        "/etc/systemd/system/nginx.service.d/theirs.conf",
        "[Service]\nExecReload=\nExecReload=/bin/true\n",
      );
      await host.systemd("daemon-reload");
    },
  ],
];

for (const [what, prepare] of FAULTS.slice(0, isFull ? FAULTS.length : 2)) {
  test(`nginx is as it was where ${what}`, { skip, timeout: 120_000 }, async () => {
    const host = await openSite("nginx");
    try {
      await prepare(host);
      const state = await readHostState(host);
      const made = await runPortlock(host, ["proxy", "nginx", "--yes", "--json"]);
      assert.equal(made.exitCode, 1, made.stdout + made.stderr);
      assert.deepEqual(JSON.parse(made.stdout).letIn, []);
      assert.equal((await readJournals(host)).at(-1)?.state, "undone");
      assert.deepEqual(await waitUntilAsBefore(host, state), []);
      assert.equal(await askTheirs(host), "200");
    } finally {
      host.close();
    }
  });
}

test("a plan in a file is applied by the command that is told with it", { skip, timeout: 120_000 }, async () => {
  const host = await openSite("nginx");
  try {
    const told = await runPortlock(host, ["proxy", "nginx", "--user", "alice", "--plan", "/tmp/plan.json"]);
    const [, command = ""] = /Apply it with: portlock (.*)$/m.exec(told.stderr) ?? [];
    const made = await runPortlock(host, [...command.split(" "), "--yes", "--json"]);
    assert.equal(made.exitCode, 0, told.stderr + made.stderr);
    assert.deepEqual(JSON.parse(made.stdout).letIn, ["alice"]);
  } finally {
    host.close();
  }
});

test(
  "what is in the way is refused with who holds it, and nothing is touched",
  { skip, timeout: 120_000 },
  async () => {
    const host = await openSite("nginx");
    try {
      const state = await readHostState(host);
      const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
        [["nginx", "--listen", "127.0.0.1:11434"], /11434 is held by \S*ollama/],
        [["nginx", "--listen", "80", "--tls-self-signed"], /80 is held by nginx/],
      ];
      for (const [args, said] of cases) {
        const { exitCode, stderr } = await runPortlock(host, ["proxy", ...args, "--yes"]);
        assert.match(stderr, said);
        assert.notEqual(exitCode, 0);
      }
      assert.deepEqual(await waitUntilAsBefore(host, state), []);
    } finally {
      host.close();
    }
  },
);
