import { openAddresses } from "../addresses.ts";
import { type Case, type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES, PORTS } from "../world.ts";
import { drawPort, drawPortRange, drawWays } from "./ways.ts";

const ZONES = ["public", "internal", "work", "drop", "trusted", "block"] as const;
const BEGIN = '<?xml version="1.0" encoding="utf-8"?>';

/** Zones, sources, services, ports and rich rules, written as firewalld keeps them and loaded by a real firewalld. */
export function drawFirewalld(random: Random): Case {
  const features = new Set<string>();
  const sources = drawSources(random);
  const withEth1 = random.pick(["internal", "work", null]);
  const ipset = random.chance(0.3);
  const zones = ZONES.flatMap((name) => {
    const interfaces = [name === "public" ? "eth0" : "", name === withEth1 ? "eth1" : ""].filter((link) => link !== "");
    const own = sources.filter((source) => source.zone === name).map(({ address }) => address);
    if (interfaces.length + own.length === 0) return [];
    return drawZone(random, features, { name, interfaces, sources: own, ipset });
  });
  return {
    dialect: "firewalld",
    features: [...features],
    inputs: [{ tool: "sh -e", lines: [...(ipset ? drawIpset(random) : []), ...zones, ...START.map(toNeededLine)] }],
    ways: [...drawWays(random, 4, 3), ...drawWays(random, 6, 2)],
    routeLocalnet: false,
  };
}

/** Starts firewalld, or has it read its files again; its own message bus is in this world's /run. */
const START: readonly string[] = [
  "mkdir -p /run/dbus",
  "[ -S /run/dbus/system_bus_socket ] || dbus-daemon --system --fork --nopidfile",
  "if firewall-cmd --state >/dev/null 2>&1; then",
  "  nft add table inet firewalld",
  "  firewall-cmd --reload >/dev/null",
  "else",
  "  setsid firewalld --nofork --nopid </dev/null >/dev/null 2>&1 &",
  "  for attempt in $(seq 50); do firewall-cmd --state >/dev/null 2>&1 && break; sleep 0.1; done",
  "fi",
  "nft list table inet firewalld >/dev/null",
];

interface Zone {
  readonly name: (typeof ZONES)[number];
  readonly interfaces: readonly string[];
  readonly sources: readonly string[];
  readonly ipset: boolean;
}

/** Each source belongs to one zone. */
function drawSources(random: Random): readonly { readonly address: string; readonly zone: string }[] {
  const addresses = [openAddresses(random, 4), openAddresses(random, 6)] as const;
  const drawn = Array.from({ length: random.below(5) }, () => random.pick(addresses).prefix());
  return [...new Set(drawn)]
    .filter((address) => !address.endsWith("/0"))
    .map((address) => ({ address, zone: random.pick(["internal", "work", "drop", "trusted", "block"]) }));
}

function drawZone(random: Random, features: Set<string>, zone: Zone): readonly Line[] {
  const { name } = zone;
  const rules = Array.from({ length: random.below(5) }, () => toRuleLine(drawRichRule(random, features, zone.ipset)));
  const target = { drop: ' target="DROP"', block: ' target="%%REJECT%%"', trusted: ' target="ACCEPT"' };
  const drawn = random.pick(["", "", "", ' target="DROP"', ' target="ACCEPT"']);
  features.add(name === "public" ? "zone by interface" : "zone by source");
  return [
    toNeededLine(`cat >/etc/firewalld/zones/${name}.xml <<'XML'`),
    toNeededLine(BEGIN),
    toNeededLine(`<zone${Object.entries(target).find(([zoneName]) => zoneName === name)?.[1] ?? drawn}>`),
    ...zone.interfaces.map((link) => toNeededLine(`<interface name="${link}"/>`)),
    ...zone.sources.map((address) => toRuleLine(`<source address="${address}"/>`)),
    toRuleLine('<service name="ssh"/>'),
    ...(random.chance(0.5) ? [toRuleLine(`<port port="${drawPort(random)}" protocol="tcp"/>`)] : []),
    ...(random.chance(0.2) ? [toRuleLine(`<port port="${drawPortRange(random).join("-")}" protocol="tcp"/>`)] : []),
    ...(random.chance(0.2) ? [drawForwardPort(random, features)] : []),
    ...rules,
    toNeededLine("</zone>"),
    toNeededLine("XML"),
  ];
}

function drawForwardPort(random: Random, features: Set<string>): Line {
  features.add("forward port");
  const inside = random.chance(0.5) ? ` to-addr="${CONTAINER_ADDRESS[4]}"` : "";
  return toRuleLine(
    `<forward-port port="${drawPort(random)}" protocol="tcp" to-port="${random.pick(PORTS)}"${inside}/>`,
  );
}

function drawRichRule(random: Random, features: Set<string>, ipset: boolean): string {
  features.add("rich rule");
  const family = random.chance(0.65) ? 4 : 6;
  const prefix = openAddresses(random, family).prefix().replace(/\/0$/, "/1");
  const priority = random.chance(0.3) ? ` priority="${random.pick([-10, -1, 1, 100])}"` : "";
  const invert = random.chance(0.2) ? ' invert="True"' : "";
  const named = ipset && family === 4 && random.chance(0.4);
  if (named) features.add("ipset of firewalld");
  const source = named ? `<source ipset="people"${invert}/>` : `<source address="${prefix}"${invert}/>`;
  const destination = random.chance(0.2) ? `<destination address="${HOST_ADDRESSES.eth0[family]}"/>` : "";
  const what = random.pick([
    `<port port="${drawPort(random)}" protocol="tcp"/>`,
    `<port port="${drawPort(random)}" protocol="tcp"/>`,
    '<service name="http"/>',
    '<protocol value="tcp"/>',
    "",
  ]);
  const log = random.chance(0.15) ? '<log prefix="seen " level="info"/>' : "";
  const verdict = random.pick(["<accept/>", "<accept/>", "<drop/>", "<reject/>", '<reject type="tcp-reset"/>']);
  const end = verdict.includes("tcp-reset") && !what.includes("tcp") ? "<reject/>" : verdict;
  return `<rule family="ipv${family}"${priority}>${source}${destination}${what}${log}${end}</rule>`;
}

function drawIpset(random: Random): readonly Line[] {
  const addresses = openAddresses(random, 4);
  const entries = new Set(Array.from({ length: 1 + random.below(4) }, () => addresses.address()));
  return [
    toNeededLine("mkdir -p /etc/firewalld/ipsets"),
    toNeededLine("cat >/etc/firewalld/ipsets/people.xml <<'XML'"),
    toNeededLine(BEGIN),
    toNeededLine('<ipset type="hash:ip">'),
    ...[...entries].map((entry) => toRuleLine(`<entry>${entry}</entry>`)),
    toNeededLine("</ipset>"),
    toNeededLine("XML"),
  ];
}
