/**
 * What `portlock verify` proves from beside a host is what the lab's own neighbour and outsider meet who really stand
 * there; and it leaves nothing behind, even where it is killed.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { after, test } from "node:test";
import type { Verified } from "../src/report/proof-lines.ts";
import type { TriedConnection } from "../src/verify/proofs.ts";
import { CHECKOUT_INSIDE, NODE_INSIDE, PORTLOCK_ENVIRONMENT } from "./audit.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { letIn } from "./ssh-server.ts";
import { openSshVantage } from "./ssh-vantage.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
const tally = { proofs: 0, compared: 0 };
after(() => {
  lab?.close();
  console.log(
    `verify: ${tally.proofs} proofs, ${tally.compared} of them compared with somebody who really stands there`,
  );
});

const PORTLOCK = ["sh", `${CHECKOUT_INSIDE}/bin/portlock`];
const ENV = PORTLOCK_ENVIRONMENT;
const PATIENCE_MS = 500;

async function setUp(id: string): Promise<Host> {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  assert.ok(lab && configuration, id);
  const host = await lab.host(configuration.host ?? {});
  await configuration.set(host);
  return host;
}

async function verify(host: Host, ...args: readonly string[]): Promise<Verified & { readonly exitCode: number }> {
  const { exitCode, stdout, stderr } = await host.attempt([...PORTLOCK, "verify", "--json", ...args], { env: ENV });
  assert.ok(exitCode <= 2, `${exitCode}\n${stdout}${stderr}`);
  return { ...JSON.parse(stdout), exitCode };
}

/** Everything that verify might have touched: links, addresses, routes, rules, switches of the network, namespaces. */
async function lookAt(host: Host): Promise<string> {
  const { stdout } = await host.run([
    "sh",
    "-c",
    `ip address; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
     sysctl -a --pattern '^net\\.' 2>/dev/null | grep -v -e 'nf_conntrack_count' -e stable_secret
     iptables-save | sed 's/\\[[0-9:]*\\]//; /^#/d'; nft -s list ruleset; ls /run/netns 2>/dev/null
     readlink /proc/[0-9]*/ns/net | sort -u`,
  ]);
  return stdout.replaceAll(/(valid_lft|expires) \S+/g, "");
}

/** What somebody meets who really stands there. */
async function meet(host: Host, place: "neighbour" | "outsider", { to }: TriedConnection): Promise<string> {
  const answer = await host[place].get(to.address, to.port, { timeoutMs: PATIENCE_MS });
  if (answer.kind !== "answered") return "closed";
  return answer.status === 401 || answer.status === 403 ? "guarded" : "open";
}

/** `asOutsider`: the rules let the LAN in by its addresses, which a guest beside the host does not have. */
const CASES: readonly { id: string; exitCode: number; asOutsider?: true; failOn?: "never" }[] = [
  { id: "all-addresses", exitCode: 1 },
  { id: "loopback-ipv4", exitCode: 0 },
  { id: "ufw-active", exitCode: 0 },
  { id: "ufw-for-the-lan", exitCode: 1, asOutsider: true },
  { id: "docker-published", exitCode: 1 },
  { id: "legacy-drop", exitCode: 0 },
  { id: "ip-filter-without-effect", exitCode: 1 },
  // Findings are softened by a verdict, which is unknown here; what counts is that connections settle it.
  { id: "ip-filter-that-blocks", exitCode: 0, failOn: "never" },
  { id: "server-with-a-key", exitCode: 0 },
  { id: "ipv4-only", exitCode: 1 },
];

for (const { id, exitCode, asOutsider, failOn = "critical" } of CASES) {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  const skip = missingRequirement(...(configuration?.needs ?? [])) ?? false;
  test(`what is proved beside ${id} is what others meet there`, { skip, timeout: 120_000 }, async () => {
    const host = await setUp(id);
    const before = await lookAt(host);
    const { report, proofs, exitCode: code } = await verify(host, "--fail-on", failOn);
    assert.equal(await lookAt(host), before);
    assert.deepEqual(
      proofs.proofs.filter(({ agrees }) => !agrees),
      [],
    );
    const own = new Set(Object.values(host.addresses.eth0).concat(Object.values(host.addresses.eth1)));
    const places = new Set(proofs.proofs.map(({ place }) => (place.kind === "namespace" ? place.as : place.kind)));
    assert.deepEqual([...places].toSorted(), ["host", "neighbour", "stranger"]);
    const compared = proofs.proofs.map(async (proof) => {
      tally.proofs += 1;
      if (proof.place.kind === "host") assert.ok(proof.outcome.kind === "answered" && proof.outcome.isModelServer, id);
      if (proof.place.kind !== "namespace" || !own.has(proof.to.address)) return;
      const place = proof.place.as === "neighbour" && asOutsider !== true ? "neighbour" : "outsider";
      assert.equal(proof.verdict, await meet(host, place, proof), `${id}: ${JSON.stringify(proof)}`);
      tally.compared += 1;
    });
    await Promise.all(compared);
    assert.equal(code, exitCode, `${report.verdict}: ${report.findings.map(({ rule }) => rule).join(" ")}`);
    host.close();
  });
}

test(
  "killed in the middle, it leaves the host as it was",
  { skip: skipAll || missingRequirement("ufw") || false, timeout: 120_000 },
  async () => {
    const host = await setUp("ufw-active");
    const before = await lookAt(host);
    const listLinks = async (): Promise<readonly string[]> =>
      (await host.run(["ip", "-o", "link"])).stdout.match(/\bpl-[0-9a-f]+@/g) ?? [];
    for (let killed = 0; killed < 3; killed += 1) {
      const running = await host.spawn(["env", `PORTLOCK_NODE=${NODE_INSIDE}`, ...PORTLOCK, "verify"]);
      for (let tries = 0; (await listLinks()).length < 2; tries += 1) {
        assert.ok(tries < 400, "no pair was ever made");
        await sleep(20);
      }
      // The calls that are dropped take two seconds: the pair stands now, and whoever made it is killed.
      await running.stop("SIGKILL");
      for (let tries = 0; (await listLinks()).length > 0; tries += 1) {
        assert.ok(tries < 200, "the pair stayed");
        await sleep(100);
      }
    }
    await sleep(1_000); // a namespace goes a moment after its last interface
    assert.equal(await lookAt(host), before);
    host.close();
  },
);

test("a host that is strict about where packets come from", { skip: skipAll, timeout: 120_000 }, async () => {
  const host = await setUp("all-addresses");
  const strict = ["rp_filter=1", "arp_ignore=2", "arp_announce=2", "arp_filter=1"];
  await host.run([
    "sysctl",
    "-qw",
    ...strict.map((each) => `net.ipv4.conf.all.${each}`),
    "net.ipv6.conf.default.disable_ipv6=1",
  ]);
  const before = await lookAt(host);
  const { proofs } = await verify(host);
  assert.ok(proofs.proofs.length > 10);
  assert.ok(
    proofs.proofs.every(({ verdict, agrees }) => verdict === "open" && agrees),
    JSON.stringify(proofs.proofs),
  );
  assert.equal(await lookAt(host), before);
  host.close();
});

test("without bash, curl calls", { skip: skipAll, timeout: 120_000 }, async () => {
  const host = await setUp("another-address-let-in");
  await host.run(["mount", "--bind", "/dev/null", "/usr/bin/bash"]);
  const { proofs } = await verify(host);
  assert.deepEqual(
    proofs.proofs.filter(({ agrees, verdict }) => !agrees || verdict === "unknown"),
    [],
  );
  const seen = new Set(proofs.proofs.map(({ verdict, outcome }) => `${verdict} ${outcome.kind}`));
  assert.deepEqual([...seen].toSorted(), ["closed timeout", "open answered"]);
  await host.run([
    "iptables",
    "-I",
    "INPUT",
    "!",
    "-i",
    "lo",
    "-p",
    "tcp",
    "--dport",
    "11434",
    "-j",
    "REJECT",
    "--reject-with",
    "tcp-reset",
  ]);
  const refused = (await verify(host)).proofs.proofs.filter(({ outcome }) => outcome.kind === "refused");
  assert.ok(refused.length > 0 && refused.every(({ to, agrees }) => agrees && !to.address.includes(":")));
  await host.run(["mount", "--bind", "/dev/null", "/usr/bin/curl"]);
  const { proofs: none } = await verify(host);
  assert.deepEqual(none.untried.map(({ why }) => why).slice(0, 2), ["no-tool", "no-tool"]);
  assert.ok(none.proofs.every(({ place }) => place.kind === "host"));
  host.close();
});

test(
  "over SSH it proves the same, and its own host is no vantage",
  { skip: skipAll || missingRequirement("ssh", "ufw") || false, timeout: 120_000 },
  async () => {
    const host = await setUp("ufw-for-the-lan");
    await host.run(["ufw", "allow", "22/tcp"]);
    const { auditor, target } = await letIn(host, host.neighbour);
    const before = await lookAt(host);
    const args = ["verify", "--json", "--host", target, "--vantage", "namespace", "--vantage", target];
    const { stdout, stderr } = await auditor.portlock(args);
    assert.equal(stderr, "");
    const { proofs }: Verified = JSON.parse(stdout);
    assert.deepEqual(proofs.untried.filter(({ why }) => why === "same-host").length, 1);
    assert.deepEqual(
      proofs.proofs.filter(({ agrees }) => !agrees),
      [],
    );
    const here = (await verify(host)).proofs.proofs;
    const toText = ({ place, to, verdict, expected }: TriedConnection): string =>
      [place.kind === "namespace" ? place.as : place.kind, to.address, to.port, expected, verdict].join(" ");
    assert.deepEqual(proofs.proofs.map(toText), here.map(toText));
    assert.equal(await lookAt(host), before);
    host.close();
  },
);

test(
  "another host behind SSH is a vantage of its own",
  { skip: skipAll || missingRequirement("ssh", "ufw") || false, timeout: 120_000 },
  async () => {
    const host = await setUp("ufw-for-one-colleague");
    await host.run(["ufw", "allow", "22/tcp"]);
    const { auditor, target } = await letIn(host, host.outsider);
    const { target: vantage, sshd } = await openSshVantage(host, auditor);
    try {
      const { stdout, stderr } = await auditor.portlock(["verify", "--json", "--host", target, "--vantage", vantage]);
      assert.equal(stderr, "");
      const { proofs }: Verified = JSON.parse(stdout);
      const tried = proofs.proofs.filter(({ place }) => place.kind === "ssh");
      // The colleague's IPv4 address is let in; his IPv6 ones are not.
      assert.deepEqual(tried.map(({ to, expected, verdict }) => `${to.address} ${expected} ${verdict}`).toSorted(), [
        "10.77.0.10 open open",
        "2001:db8:77::10 closed closed",
        "fd00:77::10 closed closed",
      ]);
    } finally {
      sshd.kill("SIGTERM");
      host.close();
    }
  },
);

/** Somebody who connected before the rules came, and holds on. */
async function holdOn(host: Host): Promise<ChildProcess> {
  const [program = "", ...operands] = host.neighbour.entry;
  const script = `exec 3<>/dev/tcp/${host.addresses.eth0.ipv4}/11434; echo held; exec sleep 100`;
  const child = spawn(program, [...operands, "bash", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  assert.match(String(await new Promise((resolve) => child.stdout.once("data", resolve))), /held/);
  return child;
}

test("who connected before the rules is told of, and cut", { skip: skipAll, timeout: 120_000 }, async () => {
  const host = await setUp("all-addresses");
  const holder = await holdOn(host);
  assert.deepEqual((await verify(host)).proofs.oldSessions, []);
  const drop = ["!", "-i", "lo", "-p", "tcp", "--dport", "11434"];
  await host.run(["iptables", "-A", "INPUT", ...drop, "-m", "state", "--state", "NEW", "-j", "DROP"]);
  const [old, ...others] = (await verify(host)).proofs.oldSessions;
  assert.deepEqual(others, []);
  assert.ok(old !== undefined && !old.cut && old.remote.startsWith(host.addresses.neighbour.ipv4));
  const { proofs } = await verify(host, "--cut-sessions");
  const left = (await host.run(["ss", "-H", "-tn", "state", "established", "dst", old.remote])).stdout;
  assert.deepEqual(
    proofs.oldSessions.map(({ remote, cut }) => [remote, cut]),
    [[old.remote, left === ""]],
  );
  holder.kill("SIGKILL");
  host.close();
});

test("a rehearsal really restarts the service, and tries again", { skip: skipAll, timeout: 120_000 }, async () => {
  const host = await setUp("loopback-ipv4");
  const findPid = async (): Promise<string> =>
    (await host.run(["systemctl", "show", "--property=MainPID", "--value", "ollama.service"])).stdout;
  const before = await findPid();
  const { proofs } = await verify(host, "--rehearse");
  assert.notEqual(await findPid(), before);
  const done = proofs.survival.filter(({ rehearsed }) => rehearsed);
  assert.deepEqual(
    done.map(({ event, holds, because }) => [event, holds, because]),
    [
      ["daemon-reload", true, "rehearsed"],
      ["service-restart", true, "rehearsed"],
    ],
  );
  assert.ok(proofs.proofs.every(({ agrees, verdict }) => agrees && verdict !== "unknown"));
  host.close();
});

test("the evidence says what was tried and what was not", { skip: skipAll, timeout: 120_000 }, async () => {
  const host = await setUp("loopback-ipv4");
  for (const [language, words] of [
    ["en", ["# Evidence", "What was tried", "What was not tried", "Closed as seen from"]],
    ["zh-CN", ["# 验证记录", "实测结果", "未测试的内容", "看已关闭"]],
  ] as const) {
    const { stdout } = await host.attempt([...PORTLOCK, "verify", "--lang", language, "--report", "-"], { env: ENV });
    for (const word of words) assert.ok(stdout.includes(word), `${word}\n${stdout}`);
    assert.match(stdout, /\| 20\d\d-\d\d-\d\dT[\d:.]+Z \| ollama-1 \| /);
  }
  host.close();
});
