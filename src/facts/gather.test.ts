import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import test, { type TestContext } from "node:test";
import { openLocalHost } from "../host/local.ts";
import type { Facts } from "./facts.ts";
import { gatherFacts } from "./gather.ts";
import { WANTED } from "./wanted.fixture.ts";

const NO_TOOLS =
  spawnSync("ss", ["-V"]).status === 0 && spawnSync("ip", ["-V"]).status === 0 ? false : "needs ss and ip (iproute2)";
const NO_ROOT = process.getuid?.() === 0 ? false : "needs root: network namespaces are made";

/** A server of its own process: listens, names itself, answers every request. */
const SERVER = `
process.title = process.argv[2];
require("node:http").createServer((request, response) => response.end("Ollama is running"))
  .listen(0, process.argv[1], function () { console.log(this.address().port); });
`;

async function startServer(
  context: TestContext,
  address: string,
  title: string,
  prefix: readonly string[] = [],
): Promise<{ readonly pid: number; readonly port: number }> {
  const words = [...prefix, process.execPath, "-e", SERVER, "--", address, title];
  const [program = "", ...operands] = words;
  const env = { OLLAMA_HOST: `${address}:0`, HF_TOKEN: "s3cret", HOME: "/srv/ai", PATH: process.env["PATH"] };
  const child: ChildProcess = spawn(program, operands, { env, stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill());
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (text: Buffer) => resolve(text.toString()));
    child.once("exit", () => reject(new Error("the server did not start")));
  });
  assert.ok(child.pid !== undefined);
  return { pid: child.pid, port: Number(port) };
}

async function gather(pids: readonly number[]): Promise<Facts> {
  const host = openLocalHost();
  const looksLikeServer = ({ arguments: words }: { readonly arguments: readonly string[] }) =>
    words.some((word) => word.startsWith("pl-"));
  const facts = await gatherFacts(host, { ...WANTED, looksLikeServer }, () => {});
  await host.close();
  assert.ok(pids.length > 0);
  return facts;
}

test(
  "a server on this machine is found with its socket, process, settings and answer",
  { skip: NO_TOOLS },
  async (context) => {
    const { pid, port } = await startServer(context, "127.0.0.1", "pl-server");
    const facts = await gather([pid]);
    assert.ok(facts.listeners.ok && facts.processes.ok);
    const listener = facts.listeners.value.find((listener) => listener.port === port);
    assert.deepEqual(listener?.pids, [pid]);
    assert.equal(listener?.address, "127.0.0.1");
    const server = facts.processes.value.find((process) => process.pid === pid);
    assert.equal(server?.executable, process.execPath);
    assert.equal(server?.uid, process.getuid?.());
    assert.equal(server?.namespace, facts.networks[0]?.namespace);
    assert.deepEqual(server?.environment.ok && server.environment.value, {
      OLLAMA_HOST: "127.0.0.1:0",
      HOME: "/srv/ai",
    });
    const started = Date.parse(server?.startedAt ?? "");
    assert.ok(Math.abs(Date.now() - started) < 60_000, server?.startedAt ?? "no start");
    const answer = facts.answers.find((answer) => answer.port === port);
    assert.equal(answer?.outcome.kind, "answered");
    assert.ok(!JSON.stringify(facts).includes("s3cret"));
  },
);

test(
  "a process that calls itself like a line of ss puts no other process or socket there",
  { skip: NO_TOOLS },
  async (context) => {
    const { pid, port } = await startServer(context, "127.0.0.1", 'pl-",pid=1,fd=3');
    const facts = await gather([pid]);
    assert.ok(facts.listeners.ok);
    const [listener, ...more] = facts.listeners.value.filter((listener) => listener.port === port);
    assert.deepEqual(listener?.pids, [pid]);
    assert.deepEqual(more, []);
  },
);

test("this machine's interfaces, routes and identity are read", { skip: NO_TOOLS }, async () => {
  const host = openLocalHost();
  const facts = await gatherFacts(host, WANTED, () => {});
  await host.close();
  const [own] = facts.networks;
  assert.ok(own?.own === true && own.interfaces.ok && own.routing.ipv4.ok && own.routing.ipv6.ok);
  const loopback = own.interfaces.value.find((link) => link.loopback);
  assert.ok(loopback?.addresses.some(({ address }) => address === "127.0.0.1"));
  assert.equal(loopback?.routeLocalnet, false);
  assert.ok(facts.identity.ok);
  assert.equal(facts.identity.value.namespace, own.namespace);
  assert.equal(facts.identity.value.readerUid, process.getuid?.());
});

test(
  "a server in another network namespace is found, wired and asked",
  { skip: NO_TOOLS || NO_ROOT },
  async (context) => {
    const name = `pl-facts-${process.pid}`;
    const link = `plf${process.pid}`.slice(0, 15);
    const run = (...words: readonly string[]): void => void execFileSync("ip", words);
    run("netns", "add", name);
    context.after(() => run("netns", "del", name));
    run("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
    run("address", "add", "10.213.77.1/24", "dev", link);
    run("link", "set", link, "up");
    run("-n", name, "address", "add", "10.213.77.2/24", "dev", "eth0");
    run("-n", name, "link", "set", "eth0", "up");
    run("-n", name, "route", "add", "default", "via", "10.213.77.1");
    const { pid, port } = await startServer(context, "0.0.0.0", "pl-inside", ["ip", "netns", "exec", name]);

    const facts = await gather([pid]);
    assert.ok(facts.listeners.ok && facts.processes.ok);
    const listener = facts.listeners.value.find((listener) => listener.port === port && listener.pids.includes(pid));
    assert.match(listener?.namespace ?? "", /^net:\[\d+\]$/);
    assert.notEqual(listener?.namespace, facts.networks[0]?.namespace);
    const network = facts.networks.find(({ namespace }) => namespace === listener?.namespace);
    assert.ok(network?.own === false && network.interfaces.ok && network.routing.ipv4.ok);
    assert.ok(
      network.interfaces.value.some(({ addresses }) => addresses.some(({ address }) => address === "10.213.77.2")),
    );
    assert.deepEqual(
      network.routing.ipv4.value.map((entry) => `${entry.destination} ${entry.gateway}`),
      ["0.0.0.0/0 10.213.77.1", "10.213.77.0/24 null"],
    );
    const answer = facts.answers.find((answer) => answer.port === port);
    assert.deepEqual([answer?.address, answer?.namespace], ["10.213.77.2", listener?.namespace]);
    assert.equal(answer?.outcome.kind, "answered");
  },
);
