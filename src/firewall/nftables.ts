import { isList, isObject, quoteJson, toText, type Json, type JsonObject } from "./json.ts";
import { toRules, type Elements } from "./nft-rules.ts";
import { toChainName, toRuleName, type NftTexts } from "./nft-texts.ts";
import {
  TEXT_LIMIT,
  type Base,
  type Chain,
  type Hook,
  type Rule,
  type RuleSet,
  type Table,
  type TableFamily,
} from "./rule-set.ts";

/** Where a text of `nft -j list ruleset` comes from, and what else is known of it. */
export interface Listed {
  /** The command that printed it. */
  readonly from: string;
  /** Tables that are read from iptables-save, as `ip filter`; read here too, their rules would count twice. */
  readonly skip: ReadonlySet<string>;
  /** What `nft -a list ruleset` says of the same rules; `NO_TEXTS` where that was not read. */
  readonly texts: NftTexts;
}

const HOOKS: readonly Hook[] = ["ingress", "prerouting", "input", "forward", "output", "postrouting"];
const TYPES: readonly Base["type"][] = ["filter", "nat", "route"];
const FAMILIES: readonly TableFamily[] = ["ip", "ip6", "inet", "netdev"];

/**
 * Reads the JSON of `nft -j list ruleset` (libnftables-json(5)). Null: it is none. An expression that is not
 * understood leaves its rule in place as one that may match and may not.
 */
export function parseNftRuleset(text: string, listed: Listed): RuleSet | null {
  const document = toJson(text);
  if (!isObject(document) || !isList(document["nftables"])) return null;
  const tables = new Map<string, OpenTable>();
  const objects = document["nftables"].filter(isObject);
  for (const object of objects) openTable(tables, object);
  for (const object of objects) openChain(tables, object, listed.texts);
  for (const object of objects) openElements(tables, object);
  for (const object of objects) addRule(tables, object, listed);
  const kept = [...tables.values()].filter(({ family, name }) => !listed.skip.has(`${family} ${name}`));
  return { engine: "nftables", tables: kept.map(toTable) };
}

interface OpenTable {
  readonly family: string;
  readonly name: string;
  /** Its chains are not hooked in anywhere. */
  readonly dormant: boolean;
  readonly chains: Map<string, { readonly base: Base | null; readonly rules: Rule[] }>;
  readonly elements: Map<string, readonly Json[]>;
}

function openTable(tables: Map<string, OpenTable>, { table }: JsonObject): void {
  if (!isObject(table)) return;
  const family = toText(table["family"]);
  const name = toText(table["name"]);
  const flags = isList(table["flags"]) ? table["flags"] : [table["flags"]];
  const dormant = flags.includes("dormant");
  tables.set(`${family} ${name}`, { family, name, dormant, chains: new Map(), elements: new Map() });
}

function findTable(tables: ReadonlyMap<string, OpenTable>, object: JsonObject): OpenTable | undefined {
  return tables.get(`${toText(object["family"])} ${toText(object["table"])}`);
}

function openChain(tables: ReadonlyMap<string, OpenTable>, { chain }: JsonObject, texts: NftTexts): void {
  if (!isObject(chain)) return;
  const table = findTable(tables, chain);
  const name = toText(chain["name"]);
  const devices = texts.devices.get(toChainName(table?.family ?? "", table?.name ?? "", name));
  table?.chains.set(name, { base: table.dormant ? null : toBase(chain, devices ?? null), rules: [] });
}

function toBase(chain: JsonObject, printed: readonly string[] | null): Base | null {
  const hook = HOOKS.find((each) => each === chain["hook"]);
  const type = TYPES.find((each) => each === chain["type"]);
  const priority = chain["prio"];
  if (hook === undefined || type === undefined || typeof priority !== "number") return null;
  const policy = chain["policy"] ?? "accept";
  // Version 1.0.6 prints the interfaces of an ingress chain in its text only.
  const listed = isList(chain["dev"]) ? chain["dev"] : chain["dev"] === undefined ? printed : [chain["dev"]];
  const devices = listed?.flatMap((device) => (typeof device === "string" ? [device] : [])) ?? null;
  return {
    type,
    hook,
    priority,
    policy: policy === "accept" || policy === "drop" ? policy : null,
    devices: hook === "ingress" ? devices : [],
  };
}

function openElements(tables: ReadonlyMap<string, OpenTable>, object: JsonObject): void {
  const set = object["set"] ?? object["map"];
  if (!isObject(set)) return;
  const elements = set["elem"] ?? [];
  if (isList(elements)) findTable(tables, set)?.elements.set(toText(set["name"]), elements);
}

function addRule(tables: ReadonlyMap<string, OpenTable>, { rule }: JsonObject, listed: Listed): void {
  if (!isObject(rule) || !isList(rule["expr"])) return;
  const table = findTable(tables, rule);
  if (table === undefined || listed.skip.has(`${table.family} ${table.name}`)) return;
  const name = toText(rule["chain"]);
  const handle = typeof rule["handle"] === "number" ? rule["handle"] : 0;
  const known = listed.texts.rules.get(toRuleName(table.family, table.name, name, handle));
  const text = (known ?? quoteJson(rule["expr"])).slice(0, TEXT_LIMIT);
  const elements: Elements = table.elements;
  const rules = toRules(rule["expr"], elements, { from: listed.from, line: null, handle, text });
  table.chains.get(name)?.rules.push(...rules);
}

function toTable({ family, name, chains }: OpenTable): Table {
  return {
    family: FAMILIES.find((each) => each === family) ?? "other",
    name,
    chains: [...chains].map(([chain, { base, rules }]): Chain => ({ name: chain, base, rules })),
  };
}

function toJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
