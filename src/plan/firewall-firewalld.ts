import type { FirewalldZone } from "../facts/firewalld.ts";
import type { Json } from "../firewall/json.ts";
import { toCidrs } from "../firewall/source-set.ts";
import type { FirewallChange as Command } from "../host/change-command.ts";
import type { ChangeSite, ClosedPort, MadeChange } from "./firewall-change.ts";
import { toSet } from "./firewall-closing.ts";
import type { RuleEdit } from "./firewall-prediction.ts";

/** Lowest priority of a rich rule (firewalld.richlanguage(5)). */
const LOWEST = -32_768;
const ZONE_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const TABLE = "firewalld";

/**
 * Closes a port in the zones that let somebody in to it, by rich rules that come before all others of the zone: in
 * what runs, and in what the files say. The zone's own ports and services stay, so that taking back leaves them in
 * the order in which they were.
 */
export function closeInFirewalld({ port, closings }: ClosedPort, site: ChangeSite): MadeChange {
  const input = closings.filter(({ place }) => place === "input");
  const zones = [...new Set(input.map(({ zone }) => zone))];
  const named = zones.filter((zone) => zone !== null && ZONE_NAME.test(zone));
  if (zones.length === 0 || named.length < zones.length) return { kind: "unsure", why: "no zone is known to decide" };
  const rules = named.flatMap((zone) => toZoneRules(zone ?? "", port, site) ?? []);
  if (new Set(rules.map(({ zone }) => zone)).size < named.length) {
    return { kind: "unsure", why: "a rule of the zone has the lowest priority there is" };
  }
  return {
    kind: "change",
    change: {
      edits: named.flatMap((zone) => toEdits(zone ?? "", port, site)),
      work: {
        folders: [],
        files: [],
        keeps: named.flatMap((zone) => [`/etc/firewalld/zones/${zone}.xml`, `/etc/firewalld/zones/${zone}.xml.old`]),
        commands: rules.flatMap((rule) => toCommands(rule, "add")),
        undo: { before: rules.toReversed().flatMap((rule) => toCommands(rule, "remove")), after: [] },
      },
      remarks: [],
    },
  };
}

interface ZoneRule {
  readonly zone: string;
  readonly text: string;
}

/** Those that let in first, and then the one that drops; null where no place before the zone's own rules is left. */
function toZoneRules(zone: string, port: number, { facts, allow }: ChangeSite): readonly ZoneRule[] | null {
  const firewalld = facts.managers?.firewalld;
  const told = firewalld?.ok === true ? [firewalld.value.runtime, firewalld.value.permanent] : [];
  const same = told.flatMap((zones) => (zones.ok ? zones.value.filter(({ name }) => name === zone) : []));
  const first = Math.min(0, ...same.flatMap(toPriorities));
  if (first - 2 < LOWEST) return null;
  const target = `port port="${port}" protocol="tcp"`;
  const allowed = toSources(allow).map(({ family, cidr }) => {
    return `rule priority="${first - 2}" family="ipv${family}" source address="${cidr}" ${target} accept`;
  });
  return [...allowed, `rule priority="${first - 1}" ${target} drop`].map((text) => ({ zone, text }));
}

function toPriorities({ richRules }: FirewalldZone): readonly number[] {
  return richRules.flatMap((rule) => {
    const [, priority] = /^rule (?:family="[^"]*" )?priority="(-?\d+)"/.exec(rule) ?? [];
    return priority === undefined ? [] : [Number(priority)];
  });
}

function toSources(allow: readonly string[]): readonly { readonly family: 4 | 6; readonly cidr: string }[] {
  return ([4, 6] as const).flatMap((family) => toCidrs(toSet(family, allow)).map((cidr) => ({ family, cidr })));
}

function toCommands({ zone, text }: ZoneRule, what: "add" | "remove"): readonly Command[] {
  return [
    ["firewall-cmd", `--zone=${zone}`, `--${what}-rich-rule=${text}`],
    ["firewall-cmd", "--permanent", `--zone=${zone}`, `--${what}-rich-rule=${text}`],
  ];
}

/** firewalld writes such rules into the first chain of the zone, in its own table or, in old versions, in iptables. */
function toEdits(zone: string, port: number, { ruleSets, allow }: ChangeSite): readonly RuleEdit[] {
  const isInNft = ruleSets.some(
    ({ engine, tables }) => engine === "nftables" && tables.some(({ name }) => name === TABLE),
  );
  const sources = toSources(allow);
  if (isInNft) {
    const rules = sources.map((source) => [...toNftSource(source), toNftPort(port), { accept: null }]);
    const all: readonly (readonly Json[])[] = [...rules, [toNftPort(port), { drop: null }]];
    return [{ kind: "put-first-in-nft", table: TABLE, chain: `filter_IN_${zone}_pre`, rules: all }];
  }
  return ([4, 6] as const).map((family): RuleEdit => {
    const aimed = `-p tcp -m tcp --dport ${port}`;
    const allowed = sources.filter((each) => each.family === family).map(({ cidr }) => `-s ${cidr} ${aimed} -j ACCEPT`);
    return { kind: "put-first", family, chain: `IN_${zone}_pre`, rules: [...allowed, `${aimed} -j DROP`] };
  });
}

function toNftPort(port: number): Json {
  return { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: port } };
}

function toNftSource({ family, cidr }: { readonly family: 4 | 6; readonly cidr: string }): readonly Json[] {
  const [addr, length] = cidr.split("/");
  const right = length === undefined ? addr : { prefix: { addr, len: Number(length) } };
  const protocol = family === 4 ? "ip" : "ip6";
  return [{ match: { op: "==", left: { payload: { protocol, field: "saddr" } }, right } }];
}
