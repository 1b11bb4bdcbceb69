/**
 * The judge against what a real Docker engine and a real ufw lay beside each other on one host, tried by the host's
 * neighbour. The engine is the machine's own (Debian 12 has 20.10), so these rules are its, not a copy of them.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { PrintedRules } from "../../src/facts/firewall-rules.ts";
import { evaluate } from "../../src/firewall/evaluate.ts";
import type { Entry } from "../../src/firewall/partition.ts";
import { readPrintedRules } from "../../src/firewall/read-printed.ts";
import type { RuleSet } from "../../src/firewall/rule-set.ts";
import type { Host } from "../host.ts";
import { type Lab, openLab } from "../lab.ts";
import { missingRequirement } from "../requirements.ts";
import { findFate } from "./trial.ts";

const skip = missingRequirement("docker", "firewall") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const CONTAINER = "172.17.0.2";
const SAVERS = [
  { command: ["iptables-nft-save"], engine: "iptables-nft", dialect: "iptables-save", family: 4 },
  { command: ["ip6tables-nft-save"], engine: "iptables-nft", dialect: "iptables-save", family: 6 },
  { command: ["nft", "-j", "list", "ruleset"], engine: "nftables", dialect: "nft-json", family: null },
] as const;

async function readRules(host: Host): Promise<readonly RuleSet[]> {
  const printed: PrintedRules[] = [];
  for (const { command, ...about } of SAVERS) {
    const { stdout } = await host.run(command);
    printed.push({ ...about, text: { ok: true, value: stdout, from: command.join(" ") } });
  }
  const rules = readPrintedRules(printed);
  assert.ok(rules.ok);
  return rules.value;
}

function toEntry(host: Host, address: string, port: number): Entry {
  return {
    family: 4,
    inInterface: "eth0",
    destination: { address, port },
    sourcePort: null,
    localAddresses: [
      { address: "127.0.0.1", interface: "lo" },
      { address: host.addresses.eth0.ipv4, interface: "eth0" },
      { address: "172.17.0.1", interface: "docker0" },
    ],
    routes: [
      { destination: "10.77.0.0/24", interface: "eth0" },
      { destination: "172.17.0.0/16", interface: "docker0" },
      { destination: "0.0.0.0/0", interface: "eth0" },
    ],
    forwards: true,
    routeLocalnet: false,
  };
}

/** What the judge says of the neighbour and what happens to him, which must be the same. */
async function assertReached(host: Host, address: string, port: number, reached: boolean, why: string): Promise<void> {
  const partition = evaluate(await readRules(host), toEntry(host, address, port));
  assert.equal(findFate(partition, host.addresses.neighbour.ipv4).kind, reached ? "admitted" : "stopped", why);
  const connection = await host.neighbour.connect(address, port, { timeoutMs: 700 });
  assert.equal(connection.kind === "connected", reached, `${why}: ${connection.kind}`);
}

test("Docker publishes beside ufw: by which addresses a neighbour gets in", { skip, timeout: 120_000 }, async () => {
  assert.ok(lab);
  const host = await lab.host({ docker: true });
  const here = host.addresses.eth0.ipv4;
  await host.docker.start();
  const image = await host.docker.importBusybox();
  const serve = ["busybox", "httpd", "-f", "-p", "11434"];
  await host.docker.run(["--name", "open", "--publish", "11434:11434", image, ...serve]);
  await host.docker.run(["--name", "inner", "--publish", "127.0.0.1:8080:11434", image, ...serve]);
  await host.showWay("neighbour", "172.17.0.0/16");
  await host.showWay("neighbour", "127.0.0.1");
  await assertReached(host, here, 11434, true, "published on every address");
  await assertReached(host, CONTAINER, 11434, true, "a container's address, which nothing hides");
  await assertReached(host, "127.0.0.1", 8080, true, "published on loopback, asked for by that address from outside");

  await host.run(["ufw", "deny", "11434/tcp"]);
  await host.run(["ufw", "--force", "enable"]);
  await assertReached(host, here, 11434, true, "ufw denies the port, and Docker's rules come first");
  await assertReached(host, CONTAINER, 11434, true, "ufw denies the port, and the container is not the host");

  await host.run(["iptables", "-I", "DOCKER-USER", "-i", "eth0", "-j", "DROP"]);
  await assertReached(host, here, 11434, false, "a drop in DOCKER-USER");
  await assertReached(host, "127.0.0.1", 8080, false, "a drop in DOCKER-USER holds for every address");
  host.close();
});
