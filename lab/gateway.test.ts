/**
 * Portlock's gateway becomes a service of a real host: from outside nobody gets in without a key, with one exactly what it
 * is for, an audit tells it, a reboot leaves it, and an undo gives back the host as it was but for the keys.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Plan } from "../src/plan/plan.ts";
import type { Proofs } from "../src/verify/proofs.ts";
import { auditHost, CHECKOUT_INSIDE, PORTLOCK_ENVIRONMENT } from "./audit.ts";
import { attemptCommand } from "./command.ts";
import { isFull } from "./extent.ts";
import type { Host } from "./host.ts";
import { readHostState, waitUntilAsBefore } from "./host-state.ts";
import { type Lab, openLab } from "./lab.ts";
import { runPortlock } from "./portlock.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const PORT = 11443;
const INSTALL = ["gateway", "install", "--listen", `0.0.0.0:${PORT}`, "--tls-self-signed"];

async function askFromOutside(host: Host, path: string, ...options: readonly string[]): Promise<string> {
  const words = ["curl", "--silent", "--insecure", "--max-time", "10", "--output", "/dev/null"];
  const url = `https://${host.addresses.eth0.ipv4}:${PORT}${path}`;
  const written = ["--write-out", "%{http_code}"];
  return (await attemptCommand([...host.outsider.entry, ...words, ...written, ...options, url])).stdout;
}

/** Asks a model from outside, and tells in how many pieces at how many moments the answer came. */
const ASK_MODEL = `
const https = require("node:https");
const [base, key] = process.argv.slice(1);
const headers = { authorization: "Bearer " + key };
function ask(path, method, body, end) {
  const request = https.request(base + path, { method, rejectUnauthorized: false, headers }, (response) => {
    let text = "", pieces = 0;
    response.on("data", (piece) => { text += piece; pieces += 1; });
    response.on("end", () => end({ status: response.statusCode, pieces, lines: text.trim().split("\\n").length }, text));
  });
  request.end(body);
}
ask("/api/tags", "GET", "", (seen, text) => {
  const { name: model } = JSON.parse(text).models.find(({ name }) => !/cloud|embed/.test(name));
  const body = JSON.stringify({ model, prompt: "hello", stream: true });
  ask("/api/generate", "POST", body, (streamed) => console.log(JSON.stringify(streamed)));
});
`;

async function assertStreams(host: Host, key: string): Promise<void> {
  const url = `https://${host.addresses.eth0.ipv4}:${PORT}`;
  const asked = [...host.outsider.entry, process.execPath, "-e", ASK_MODEL, url, key];
  const { stdout, stderr } = await attemptCommand(asked);
  const { status, pieces, lines } = JSON.parse(stdout || `{"said":${JSON.stringify(stderr)}}`);
  assert.equal(status, 200, stdout + stderr);
  assert.ok(lines > 2 && pieces > 2, stdout);
}

async function assertLetsInOnly(host: Host, key: string): Promise<void> {
  const shown = ["--header", `Authorization: Bearer ${key}`];
  const body = ["--data", '{"model":"llama3.2"}'];
  assert.equal(await askFromOutside(host, "/api/tags"), "401");
  assert.equal(await askFromOutside(host, "/no/such"), "401");
  assert.equal(await askFromOutside(host, "/api/tags", "--header", `Authorization: Bearer ${key}x`), "401");
  assert.equal(await askFromOutside(host, "/api/tags", ...shown), "200");
  assert.equal(await askFromOutside(host, "/api/delete", "--request", "DELETE", ...body, ...shown), "403");
  assert.equal(await askFromOutside(host, "/api/pull", ...body, ...shown), "403");
  assert.equal((await host.outsider.connect(host.addresses.eth0.ipv4, 11434)).kind, "refused");
  await assertStreams(host, key);
}

async function makeKey(host: Host, name: string, ...flags: readonly string[]): Promise<string> {
  const made = await runPortlock(host, ["keys", "create", name, ...flags, "--json"]);
  assert.equal(made.exitCode, 0, made.stderr);
  const { key } = JSON.parse(made.stdout);
  return String(key);
}

async function assertGuarded(host: Host): Promise<void> {
  const { report } = await auditHost(host);
  const [server] = report.servers;
  assert.equal(server?.verdict, "guarded", JSON.stringify(report.servers.map(({ routes }) => routes)));
  const routes = server.routes.filter(
    ({ hops, from }) => hops.some(({ kind }) => kind === "proxy") && from.vantage !== "browser",
  );
  assert.ok(routes.length > 0);
  for (const { verdict, barriers } of routes.filter(({ from }) => from.vantage === "neighbour")) {
    assert.equal(verdict, "guarded");
    const barrier = barriers.find(({ kind }) => kind === "authentication");
    assert.equal(barrier?.stops, true);
    assert.match(barrier.evidence?.text ?? "", /401/);
  }
  const told = await runPortlock(host, ["audit", "--plain"]);
  assert.match(told.stdout, /through Portlock's gateway/);
  const found = report.findings.map(({ rule }) => rule).filter((rule) => /proxy|password|manages/.test(rule));
  assert.deepEqual(found, []);
}

test(
  "portlock gateway install: guarded, serving, there after a reboot, taken back",
  { skip, timeout: 180_000 },
  async () => {
    assert.ok(lab);
    const host = await lab.host({ systemd: true });
    try {
      await host.installOllama();
      const state = await readHostState(host);

      const refused = await runPortlock(host, [...INSTALL, "--yes"]);
      assert.match(refused.stderr, /beyond-loopback-without-keys/);

      const alice = await makeKey(host, "alice", "--scope", "inference,read");
      const planned = await runPortlock(host, [...INSTALL, "--dry-run"], "nobody");
      assert.match(planned.stdout, /--data=\/var\/lib\/portlock-gateway/, planned.stderr);
      const made = await runPortlock(host, [...INSTALL, "--yes", "--json"]);
      assert.equal(made.exitCode, 0, made.stdout + made.stderr + (await tellUnit(host)));
      const { plan }: { readonly plan: Plan } = JSON.parse(made.stdout);
      assert.deepEqual(
        plan.steps.map(({ kind }) => kind),
        ["install-gateway"],
      );
      await assertLetsInOnly(host, alice);

      await host.run(["install", "-d", "-o", "nobody", "-m", "0700", "/var/tmp/of-nobody"]);
      const own = await host.attempt(["sh", `${CHECKOUT_INSIDE}/bin/portlock`, "keys", "create", "mine"], {
        user: "nobody",
        env: { ...PORTLOCK_ENVIRONMENT, XDG_DATA_HOME: "/var/tmp/of-nobody" },
      });
      assert.match(own.stderr, /The service .* has keys of its own: sudo portlock keys create mine\n$/);

      // Root goes on to manage the keys of the service.
      const bob = await makeKey(host, "bob");
      assert.equal(await askFromOutside(host, "/v1/models", "--header", `Authorization: Bearer ${bob}`), "403");
      assert.equal((await runPortlock(host, ["keys", "revoke", "bob"])).exitCode, 0);
      const again = await runPortlock(host, [...INSTALL, "--yes", "--json"]);
      assert.deepEqual(JSON.parse(again.stdout).plan.steps, []);
      await assertGuarded(host);

      await assertProven(host);

      await host.reboot();
      await host.waitForPort(PORT);
      await assertLetsInOnly(host, alice);
      assert.equal(await askFromOutside(host, "/api/tags", "--header", `Authorization: Bearer ${bob}`), "401");

      if (isFull) await assertStaysDownBesideOpen(host);

      const undone = await runPortlock(host, ["undo", "--json"]);
      assert.equal(undone.exitCode, 0, undone.stdout);
      // A kernel has tables of iptables-legacy once somebody has asked for them.
      assert.deepEqual(await waitUntilAsBefore(host, state, /^rules of ip6?tables-legacy: /), []);
      const keys = await runPortlock(host, ["keys", "list", "--json"]);
      assert.match(keys.stdout, /alice/);
    } finally {
      host.close();
    }
  },
);

/** From beside the host and from far away somebody without a key was answered 401. */
async function assertProven(host: Host): Promise<void> {
  const verified = await runPortlock(host, ["verify", "--json"]);
  assert.equal(verified.exitCode, 0, verified.stdout);
  const { proofs }: { readonly proofs: Proofs } = JSON.parse(verified.stdout);
  const asked = proofs.proofs.filter(({ to, place }) => to.port === PORT && place.kind === "namespace");
  const seen = asked.filter(({ outcome }) => outcome.kind === "answered");
  assert.deepEqual(
    new Set(seen.map(({ place }) => (place.kind === "namespace" ? place.as : ""))),
    new Set(["neighbour", "stranger"]),
  );
  for (const { outcome, verdict } of seen) {
    assert.deepEqual(outcome, { kind: "answered", status: 401, isModelServer: false });
    assert.equal(verdict, "guarded");
  }
}

/** It does not start as long as others reach the server without it, and does by itself when they do not any more. */
async function assertStaysDownBesideOpen(host: Host): Promise<void> {
  const opened = "/etc/systemd/system/ollama.service.d/open.conf";
  await host.write(opened, "[Service]\nEnvironment=OLLAMA_HOST=0.0.0.0\n");
  await host.systemd("daemon-reload");
  await host.systemd("restart", "ollama");
  await host.waitForPort(11434);
  const restarted = await host.attempt(["systemctl", "restart", "portlock-gateway"]);
  assert.notEqual(restarted.exitCode, 0);
  assert.match(await tellUnit(host), /upstream-exposed/);
  assert.equal(await askFromOutside(host, "/api/tags"), "000");
  await host.run(["rm", "-r", "/etc/systemd/system/ollama.service.d"]);
  await host.systemd("daemon-reload");
  await host.systemd("restart", "ollama");
  await host.waitForPort(PORT);
  assert.equal(await askFromOutside(host, "/api/tags"), "401");
}

async function tellUnit(host: Host): Promise<string> {
  return (await host.attempt(["journalctl", "--no-pager", "-n", "40", "-u", "portlock-gateway"])).stdout;
}
