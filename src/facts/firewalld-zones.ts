import type { FirewalldZone } from "./firewalld.ts";

type ZoneLists = {
  -readonly [Key in keyof FirewalldZone]: FirewalldZone[Key] extends readonly string[] ? string[] : string;
};

const LISTS = {
  sources: "sources",
  services: "services",
  ports: "ports",
  "forward-ports": "forwardPorts",
  "rich rules": "richRules",
} as const;

function openZone(name: string, from: string): ZoneLists {
  return { name, target: "default", sources: [], services: [], ports: [], forwardPorts: [], richRules: [], from };
}

/** Reads what `firewall-cmd --list-all-zones` prints. */
export function parseZoneListing(text: string, from: string): readonly FirewalldZone[] {
  const zones: ZoneLists[] = [];
  let list: readonly string[] = [];
  for (const line of text.split("\n")) {
    const [, name] = /^(\S+)(?: \(.*\))?$/.exec(line) ?? [];
    if (name !== undefined) zones.push(openZone(name, from));
    const zone = zones.at(-1);
    if (zone === undefined || name !== undefined) continue;
    const [, key, value] = /^ {2}([a-z -]+): ?(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      if (key === "target") zone.target = value;
      list = [];
      if (!isList(key)) continue;
      zone[LISTS[key]].push(...value.split(" ").filter((word) => word !== ""));
      list = [LISTS[key]];
    } else if (line.startsWith("\t")) {
      const item = line.slice(1);
      if (list[0] === "forwardPorts") zone.forwardPorts.push(item);
      if (list[0] === "richRules") zone.richRules.push(withoutLog(item));
    }
  }
  return zones;
}

function isList(key: string): key is keyof typeof LISTS {
  return Object.hasOwn(LISTS, key);
}

/** What a rule logs is anybody's words, and changes nothing of what it lets through. */
function withoutLog(rule: string): string {
  return rule
    .replace(/ log(?: (?:prefix|level)="[^"]*"| limit value="[^"]*")*/, "")
    .replace(/ audit(?: limit value="[^"]*")?/, "");
}

/** One tag of XML: its name, its attributes, and whether it ends an element, or is one without content. */
interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly ends: boolean;
  readonly isEmpty: boolean;
}

const TAG: RegExp = /<(\/?)([a-z][a-z0-9-]*)((?:\s+[a-z-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/gi;
const ATTRIBUTE: RegExp = /([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function readTags(text: string): readonly Tag[] {
  return [...withoutComments(text).matchAll(TAG)].map(([, slash, name = "", attributes = "", empty]): Tag => {
    const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, key = "", double, single]): [string, string] => [
      key.toLowerCase(),
      (double ?? single ?? "").replace(/&(amp|lt|gt|quot|apos);/g, (_all, entity: string) => ENTITIES[entity] ?? ""),
    ]);
    return {
      name: name.toLowerCase(),
      attributes: Object.fromEntries(pairs),
      ends: slash === "/",
      isEmpty: empty === "/",
    };
  });
}

function withoutComments(text: string): string {
  const [first = "", ...rest] = text.split("<!--");
  return first + rest.map((part) => part.slice(part.indexOf("-->") + 3 || part.length)).join("");
}

/**
 * Reads a zone file of firewalld (firewalld.zone(5)). Rich rules come out in the words of `firewall-cmd`. Null: it
 * has no zone.
 */
export function parseZoneFile(text: string, name: string, from: string): FirewalldZone | null {
  const tags = readTags(text);
  const zone = openZone(name, from);
  let rule: string[] | null = null;
  const root = tags.find((tag) => tag.name === "zone");
  if (root === undefined) return null;
  zone.target = root.attributes["target"] ?? "default";
  let logs = false;
  for (const { name: element, attributes, ends, isEmpty } of tags) {
    // How often it logs is no limit of what it lets through.
    if (element === "log" || element === "audit") logs = !ends && !isEmpty;
    else if (logs) continue;
    else if (element === "rule") {
      if (ends && rule !== null) zone.richRules.push(rule.join(" "));
      rule = ends ? null : toWords("rule", attributes, ["priority", "family"]);
    } else if (ends) continue;
    else if (rule !== null) rule.push(...toRuleWords(element, attributes));
    else addElement(zone, element, attributes);
  }
  return zone;
}

function addElement(zone: ZoneLists, element: string, attributes: Readonly<Record<string, string>>): void {
  const { name = "", address, ipset, mac, port = "", protocol = "" } = attributes;
  if (element === "service") zone.services.push(name);
  if (element === "port") zone.ports.push(`${port}/${protocol}`);
  if (element === "source") zone.sources.push(address ?? (ipset === undefined ? (mac ?? "") : `ipset:${ipset}`));
  if (element !== "forward-port") return;
  const { "to-port": toPort = "", "to-addr": toAddress = "" } = attributes;
  zone.forwardPorts.push(`port=${port}:proto=${protocol}:toport=${toPort}:toaddr=${toAddress}`);
}

/** Elements of a rich rule with the order in which firewall-cmd prints their attributes. */
const RULE_ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  source: ["address", "mac", "ipset"],
  destination: ["address", "ipset"],
  service: ["name"],
  port: ["port", "protocol"],
  protocol: ["value"],
  "source-port": ["port", "protocol"],
  "icmp-block": ["name"],
  "icmp-type": ["name"],
  masquerade: [],
  "forward-port": ["port", "protocol", "to-port", "to-addr"],
  accept: [],
  reject: ["type"],
  drop: [],
  mark: ["set"],
  limit: ["value"],
};

function toRuleWords(element: string, attributes: Readonly<Record<string, string>>): readonly string[] {
  const order = Object.hasOwn(RULE_ELEMENTS, element) ? RULE_ELEMENTS[element] : undefined;
  if (order === undefined) return [];
  const [first = "", ...rest] = toWords(element, attributes, order);
  const isInverted = /^(?:yes|true)$/i.test(attributes["invert"] ?? "");
  return isInverted ? [first, "NOT", ...rest] : [first, ...rest];
}

function toWords(element: string, attributes: Readonly<Record<string, string>>, order: readonly string[]): string[] {
  return [element, ...order.flatMap((key) => (attributes[key] === undefined ? [] : [`${key}="${attributes[key]}"`]))];
}
