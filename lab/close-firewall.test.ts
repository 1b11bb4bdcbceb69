/**
 * A port that a plan closes is closed: on real hosts, behind every manager of rules, the steps are run as they are
 * listed. Then every route is tried, the prediction is held against a new audit, and after the undo rules and files
 * are byte for byte what they were.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { judge } from "../src/judge/judge.ts";
import type { Route } from "../src/judge/route.ts";
import { foretell, type SurvivalEvent } from "../src/judge/survival.ts";
import type { Judgement } from "../src/report/report.ts";
import type { SurvivalReason } from "../src/verify/proofs.ts";
import { doByHand, planOn, readFacts, undoByHand } from "./by-hand.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { listenOn, type Configuration, type ExtraPlaces } from "./configurations/configuration.ts";
import { startContainer } from "./configurations/start-container.ts";
import { pickCases } from "./extent.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { NEIGHBOUR } from "./topology.ts";
import { doorsOf, placesOf, tryRoute } from "./try-route.ts";
import type { Vantage } from "./vantage.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => lab?.close());

type Site = Pick<Configuration, "id" | "host" | "needs" | "set">;

const OPEN_BEHIND_MANAGERS: readonly Site[] = [
  {
    id: "ufw-lets-everybody-in",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      for (const rule of ["22/tcp", "443/tcp"]) await host.run(["ufw", "allow", rule]);
      await host.run(["ufw", "insert", "2", "allow", "log", "11434/tcp", "comment", "for the office"]);
      await host.run(["ufw", "limit", "from", NEIGHBOUR.ipv4, "to", "any", "port", "11434", "proto", "tcp"]);
      await host.run(["ufw", "--force", "enable"]);
    },
  },
  {
    id: "firewalld-lets-everybody-in",
    host: { systemd: true },
    needs: ["firewall"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.systemd("start", "firewalld.service");
      await host.run(["firewall-cmd", "--zone=public", "--add-port=11434/tcp"]);
      await host.run(["firewall-cmd", "--permanent", "--zone=public", "--add-port=11434/tcp"]);
    },
  },
  {
    id: "no-service-manager",
    async set(host) {
      await host.installOllama({ start: false });
      await host.spawn(["/usr/local/bin/ollama", "serve"], { env: { OLLAMA_HOST: "0.0.0.0" } });
      await host.waitForPort(11_434);
    },
  },
  {
    id: "published-on-another-port",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await startContainer(host, ["-p", "11500:11434"]);
    },
  },
];

/** What is set up, and who is told to close it. */
const CASES: readonly (readonly [id: string, managers: readonly string[]])[] = [
  ["all-addresses", ["nftables"]],
  ["ipv4-only", ["nftables"]],
  ["redirected-port", ["nftables"]],
  ["another-address-let-in", ["nftables"]],
  ["no-service-manager", ["nftables"]],
  ["ufw-lets-everybody-in", ["ufw"]],
  ["ufw-for-the-lan", ["ufw"]],
  ["ufw-for-one-colleague", ["ufw"]],
  ["ufw-limit", ["ufw"]],
  ["firewalld-lets-everybody-in", ["firewalld"]],
  ["docker-published", ["docker-user", "nftables"]],
  ["published-on-another-port", ["docker-user", "nftables"]],
  // IPv4 is dropped in FORWARD already; who comes by IPv6 is carried in by Docker's helper.
  ["docker-rule-in-forward", ["nftables"]],
  ["podman-published", ["nftables"]],
  ["docker-without-rules", ["nftables"]],
];

/** Closed to everybody already: nothing is to be done. */
const CLOSED = ["ufw-active", "nftables-table", "firewalld-unsaved", "legacy-drop", "fresh-install"];

function findSite(id: string): Site {
  const site = [...OPEN_BEHIND_MANAGERS, ...CONFIGURATIONS].find((each) => each.id === id);
  assert.ok(site, id);
  return site;
}

/** Rules as every engine prints them, and the files of their managers, without what only counts or tells the time. */
async function readState(host: Host): Promise<readonly string[]> {
  const rules: string[] = [];
  for (const command of [["iptables-save"], ["ip6tables-save"], ["nft", "-s", "list", "ruleset"]]) {
    const { stdout } = await host.attempt(command);
    rules.push(stdout.replaceAll(/^#.*$/gm, "").replaceAll(/\[\d+:\d+\]/g, "[0:0]"));
  }
  const script = `for d in /etc/ufw /etc/firewalld /etc/portlock /etc/systemd/system /lib/systemd/system; do
    [ -d $d ] && find $d -printf '%p %y %m %u %g %l %T@\\n' | grep -v ' d ' && find $d -type f -exec sha256sum {} +
  done | sort`;
  const { stdout } = await host.attempt(["sh", "-c", script]);
  return [...rules, stdout].flatMap((text) => text.split("\n"));
}

/** Another service of the host, whose callers are to notice nothing. */
async function startOtherService(host: Host): Promise<void> {
  await host.spawn(["python3", "-m", "http.server", "22", "--bind", "::", "--directory", "/var/empty"]);
  await host.waitForPort(22);
}

async function reachOthers(host: Host): Promise<readonly string[]> {
  return Promise.all(
    toCalls(host).map(async ({ place, address }) => {
      const { kind } = await place.connect(address, 22, { timeoutMs: 400 });
      return `${place.name} ${address} ${kind}`;
    }),
  );
}

/** From everybody outside to every address of the host. */
function toCalls(host: Host): readonly { readonly place: Vantage; readonly address: string }[] {
  return [host.outsider, host.neighbour].flatMap((place) =>
    doorsOf(host, false).map(({ address }) => ({ place, address })),
  );
}

function toFates({ servers }: Pick<Judgement, "servers">): readonly string[] {
  const told = (route: Route): string => {
    const { vantage, interface: name, sources, except } = route.from;
    const { address, port } = route.entry;
    return [vantage, name, sources, "except", except, address, port, route.verdict].join(" ");
  };
  return servers.flatMap(({ id, routes }) => routes.map((route) => `${id} ${told(route)}`));
}

async function assertAsForetold(host: Host, foretold: Judgement, extra: ExtraPlaces): Promise<void> {
  const { report } = await host.audit();
  assert.deepEqual(toFates(report), toFates(foretold));
  const known = report.servers.flatMap(({ routes }) => routes).filter(({ verdict }) => verdict !== "unknown");
  const tries = known.flatMap((route) =>
    placesOf(route, host, extra).map(async (place) => {
      const way = `${place.name} to ${route.entry.address} port ${route.entry.port}`;
      assert.equal(await tryRoute(route, place, host), route.verdict, way);
    }),
  );
  await Promise.all(tries);
}

/** From every place, at every address and port by which a server was reached before. */
async function assertNobodyIn(host: Host, ports: readonly number[], allowed: readonly string[]): Promise<void> {
  const calls = toCalls(host).flatMap((call) => ports.map((port) => ({ ...call, port })));
  const tries = calls.map(async ({ place, address, port }) => {
    const answer = await place.get(address, port, { timeoutMs: 400 });
    if (place === host.neighbour && !address.includes(":") && allowed.includes(NEIGHBOUR.ipv4)) return;
    assert.notEqual(answer.kind, "answered", `${place.name} to ${address} port ${port}`);
  });
  await Promise.all(tries);
}

async function tryChange(
  host: Host,
  allow: readonly string[],
  managers: readonly string[],
  extra: ExtraPlaces,
): Promise<void> {
  const before = await readState(host);
  const facts = await readFacts(host);
  const others = await reachOthers(host);
  const mayCall = (await host.neighbour.get(host.addresses.eth0.ipv4, 11_434, { timeoutMs: 400 })).kind;
  const { planned, foretold } = await planOn(host, facts, { allow });
  assert.ok(planned.kind === "steps", JSON.stringify(planned));
  const { steps } = planned;
  if (allow.length === 0) assert.deepEqual(steps.map(({ target }) => target).toSorted(), managers.toSorted());
  const kept = await doByHand(host, steps);
  await assertAsForetold(host, foretold, extra);
  await assertNobodyIn(host, toOutsidePorts(judge(facts)), allow);
  if (allow.length > 0) {
    const now = await host.neighbour.get(host.addresses.eth0.ipv4, 11_434, { timeoutMs: 400 });
    assert.equal(now.kind, mayCall, "whoever is allowed gets what he got before");
  }
  assert.deepEqual(await reachOthers(host), others);
  await undoByHand(host, steps, kept);
  assert.deepEqual(await readState(host), before);
  assert.deepEqual(toFates((await host.audit()).report), toFates(judge(facts)));
}

/** Ports by which somebody outside was let in, but for those of a container's own address. */
function toOutsidePorts({ servers }: Judgement): readonly number[] {
  const routes = servers.flatMap((server) => server.routes);
  const outside = routes.filter(({ from, hops }) => from.interface !== null && hops[0]?.kind !== "container-address");
  return [...new Set(outside.map(({ entry }) => entry.port))];
}

async function onSite(id: string, use: (host: Host, extra: ExtraPlaces) => Promise<void>): Promise<void> {
  const site = findSite(id);
  assert.ok(lab);
  const host = await lab.host(site.host ?? {});
  try {
    const extra = (await site.set(host)) ?? {};
    await startOtherService(host);
    // As after a reboot: when it is first switched on, ufw does not load all that it has written to its own file.
    if (site.needs?.includes("ufw") === true) await host.run(["ufw", "reload"]);
    await use(host, extra);
  } finally {
    host.close();
  }
}

function skipOf(id: string): string | false {
  return missingRequirement(...(findSite(id).needs ?? [])) ?? false;
}

for (const [id, managers] of pickCases(CASES, 3)) {
  test(
    `${id}: closed by ${managers.join(" and ")}, and taken back`,
    { skip: skipOf(id), timeout: 180_000 },
    async () => {
      await onSite(id, async (host, extra) => {
        await tryChange(host, [], managers, extra);
        await tryChange(host, [NEIGHBOUR.ipv4], managers, extra);
      });
    },
  );
}

for (const id of pickCases(CLOSED, 3)) {
  test(`${id}: nothing to do`, { skip: skipOf(id), timeout: 120_000 }, async () => {
    await onSite(id, async (host) => {
      const { planned } = await planOn(host, await readFacts(host), {});
      assert.deepEqual(planned.kind === "steps" ? planned.steps : planned, []);
    });
  });
}

test(
  "ufw-all-but-one: nobody is allowed whom an earlier rule keeps out",
  { skip: skipOf("ufw-all-but-one") },
  async () => {
    await onSite("ufw-all-but-one", async (host, extra) => {
      await tryChange(host, [], ["ufw"], extra);
      const { planned } = await planOn(host, await readFacts(host), { allow: ["10.77.0.0/24"] });
      assert.ok(planned.kind === "refused" && planned.refusal.code === "prediction-unsure", JSON.stringify(planned));
    });
  },
);

/** What happens to every host, and may take rules away: a port that was closed stays closed, as was foretold. */
interface Happening {
  readonly what: string;
  readonly script: string;
  readonly event: SurvivalEvent;
  readonly because: SurvivalReason;
}

const HAPPENINGS: Readonly<Record<string, readonly Happening[]>> = {
  "all-addresses": [
    {
      what: "a start of the host",
      script: "systemctl stop 'portlock-*'; nft flush ruleset; systemctl start sysinit.target",
      event: "reboot",
      because: "own-service-loads-it",
    },
    {
      what: "a start of nftables.service",
      script: "systemctl start nftables.service",
      event: "firewall-reload",
      because: "own-service-loads-it",
    },
    {
      what: "a restart of nftables.service",
      script: "systemctl restart nftables.service",
      event: "firewall-reload",
      because: "own-service-loads-it",
    },
    {
      what: "a reload of nftables.service",
      script: "systemctl reload nftables.service",
      event: "firewall-reload",
      because: "own-service-loads-it",
    },
    {
      what: "nftables.service enabled, and a start of the host",
      script: `systemctl stop nftables.service 'portlock-*'; nft flush ruleset
               systemctl enable nftables.service; systemctl start sysinit.target nftables.service`,
      event: "reboot",
      because: "own-service-loads-it",
    },
  ],
  "ufw-lets-everybody-in": [
    {
      what: "ufw reload",
      script: "ufw reload",
      event: "firewall-reload",
      because: "declared-and-effective-agree",
    },
  ],
  "firewalld-lets-everybody-in": [
    {
      what: "firewall-cmd --reload",
      script: "firewall-cmd --reload",
      event: "firewall-reload",
      because: "declared-and-effective-agree",
    },
    {
      what: "a restart of firewalld",
      // It is started for systemd before its rules are all there, which it says itself.
      script: "systemctl restart firewalld.service; timeout 30 sh -c 'until firewall-cmd --state; do sleep 0.1; done'",
      event: "firewall-reload",
      because: "declared-and-effective-agree",
    },
  ],
  "docker-published": [
    {
      what: "a restart of Docker",
      script: "systemctl restart docker.service && docker start ollama",
      event: "docker-restart",
      because: "declared-and-effective-agree",
    },
    {
      what: "a start of the host",
      script: `systemctl stop docker.socket docker.service 'portlock-*'; nft flush ruleset
               systemctl start sysinit.target docker.service && docker start ollama`,
      event: "reboot",
      because: "own-service-loads-it",
    },
  ],
};

for (const [id, happenings] of Object.entries(HAPPENINGS)) {
  const whats = happenings.map(({ what }) => what).join(", then ");
  test(`${id}: still closed after ${whats}`, { skip: skipOf(id), timeout: 180_000 }, async () => {
    await onSite(id, async (host) => {
      const facts = await readFacts(host);
      const { planned } = await planOn(host, facts, {});
      assert.ok(planned.kind === "steps" && planned.steps.length > 0);
      await doByHand(host, planned.steps);
      const ports = toOutsidePorts(judge(facts));
      for (const { what, script, event, because } of happenings) {
        const closed = await readFacts(host);
        const foretold = foretell(closed, judge(closed)).filter((each) => each.event === event);
        assert.deepEqual(
          foretold.map(({ holds, because: why }) => [what, holds, why]),
          [[what, true, because]],
        );
        await host.run(["sh", "-c", script]);
        await host.waitForPort(11_434);
        await assertNobodyIn(host, ports, []);
        assert.equal((await host.local.connect("127.0.0.1", 11_434)).kind, "connected", what);
      }
    });
  });
}
