import type { Facts } from "../facts/facts.ts";
import type { PrintedRules } from "../facts/firewall-rules.ts";
import type { FirewallPresence } from "../facts/firewall.ts";
import { isList, isObject, type Json, type JsonObject } from "../firewall/json.ts";
import type { Family } from "../judge/addresses.ts";

/** What a step changes in the rules as their tools print them. */
export type RuleEdit =
  /** Rules of iptables that come first in a chain of the table filter, in this order. */
  | {
      readonly kind: "put-first";
      readonly family: Family;
      readonly chain: string;
      readonly rules: readonly string[];
    }
  /** A chain of iptables that holds these rules and no others, in the table filter. */
  | {
      readonly kind: "make-chain";
      readonly family: Family;
      readonly chain: string;
      readonly rules: readonly string[];
    }
  /** A table of nftables that takes the place of one of the same name: the objects of its JSON. */
  | { readonly kind: "make-table"; readonly table: string; readonly objects: readonly JsonObject[] }
  /** Rules of nftables that come first in a chain: their expressions. */
  | {
      readonly kind: "put-first-in-nft";
      readonly table: string;
      readonly chain: string;
      readonly rules: readonly (readonly Json[])[];
    };

/**
 * The facts as they would be read after these edits, so that the same judge can say what they come to before anything
 * is done. Null: the rules are not there in the form that an edit needs.
 */
export function predictFirewall(facts: Facts, edits: readonly RuleEdit[]): Facts | null {
  if (!facts.firewall.ok) return null;
  let firewall: FirewallPresence | null = facts.firewall.value;
  for (const edit of edits) {
    if (firewall === null) return null;
    firewall = edit.kind === "make-table" ? makeTable(firewall, edit) : editPrinted(firewall, edit);
  }
  return firewall === null ? null : { ...facts, firewall: { ...facts.firewall, value: firewall } };
}

type TableEdit = Extract<RuleEdit, { readonly kind: "make-table" }>;

function makeTable(firewall: FirewallPresence, { table, objects }: TableEdit): FirewallPresence {
  const from = "nft -j list ruleset";
  const printed = firewall.printed ?? [];
  const others = printed.map((each) =>
    each.dialect === "nft-json" ? mapObjects(each, (all) => all.filter((one) => tableOf(one) !== table)) : each,
  );
  const text = JSON.stringify({ nftables: objects });
  const own: PrintedRules = {
    engine: "nftables",
    dialect: "nft-json",
    family: null,
    text: { ok: true, value: text, from },
  };
  const evidence = { from: "nft -j list tables", text: `table inet ${table}` };
  return {
    ...firewall,
    ruleSets: [...firewall.ruleSets, { engine: "nftables", family: "inet", table, evidence }],
    printed: [...others, own],
  };
}

/** Name of the table of family inet that an object of the JSON is about, or is itself. */
function tableOf(object: Json): string | null {
  if (!isObject(object)) return null;
  const [inner] = Object.values(object);
  if (!isObject(inner) || inner["family"] !== "inet") return null;
  const name = "table" in object ? inner["name"] : inner["table"];
  return typeof name === "string" ? name : null;
}

function mapObjects(printed: PrintedRules, change: (objects: readonly Json[]) => readonly Json[]): PrintedRules {
  if (!printed.text.ok) return printed;
  const document = parse(printed.text.value);
  if (!isObject(document) || !isList(document["nftables"])) return printed;
  const value = JSON.stringify({ ...document, nftables: change(document["nftables"]) });
  return { ...printed, text: { ...printed.text, value } };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Null where none of the printed rules has the chain. */
function editPrinted(firewall: FirewallPresence, edit: Exclude<RuleEdit, TableEdit>): FirewallPresence | null {
  let found = false;
  const printed = (firewall.printed ?? []).map((each) => {
    const edited = edit.kind === "put-first-in-nft" ? putFirstInNft(each, edit) : editSaved(each, edit);
    found ||= edited !== null;
    return edited ?? each;
  });
  return found ? { ...firewall, printed } : null;
}

function putFirstInNft(
  printed: PrintedRules,
  { table, chain, rules }: Extract<RuleEdit, { readonly kind: "put-first-in-nft" }>,
): PrintedRules | null {
  if (printed.dialect !== "nft-json") return null;
  const isOfChain = (object: Json, kind: "chain" | "rule"): boolean => {
    const inner = isObject(object) ? object[kind] : null;
    if (!isObject(inner) || tableOf(object) !== table) return false;
    return inner[kind === "chain" ? "name" : "chain"] === chain;
  };
  let found = false;
  const edited = mapObjects(printed, (objects) => {
    found = objects.some((each) => isOfChain(each, "chain"));
    const first = objects.findIndex((each) => isOfChain(each, "rule"));
    const place = first < 0 ? objects.length : first;
    const put = rules.map((expr) => ({ rule: { family: "inet", table, chain, expr } }));
    return [...objects.slice(0, place), ...put, ...objects.slice(place)];
  });
  return found ? edited : null;
}

type SavedEdit = Exclude<RuleEdit, TableEdit | { readonly kind: "put-first-in-nft" }>;

/** Edits what iptables-save printed; null where it is of another family, or has not what the edit is about. */
function editSaved(printed: PrintedRules, edit: SavedEdit): PrintedRules | null {
  if (printed.dialect !== "iptables-save" || printed.family !== edit.family || !printed.text.ok) return null;
  const lines = printed.text.value.split("\n");
  const start = lines.findIndex((line) => line.startsWith("*filter"));
  const end = lines.findIndex((line, index) => index > start && line.startsWith("COMMIT"));
  if (start < 0 || end < 0) return null;
  const edited = editTable(lines.slice(start + 1, end), edit);
  if (edited === null) return null;
  const value = [...lines.slice(0, start + 1), ...edited, ...lines.slice(end)].join("\n");
  return { ...printed, text: { ...printed.text, value } };
}

/** Lines of one table: its chains, then its rules. */
function editTable(lines: readonly string[], edit: SavedEdit): readonly string[] | null {
  const { chain } = edit;
  const rules = edit.rules.map((rule) => `-A ${chain} ${rule}`);
  if (edit.kind === "make-chain") {
    const others = lines.filter((line) => !line.startsWith(`:${chain} `) && !line.startsWith(`-A ${chain} `));
    return [`:${chain} - [0:0]`, ...others, ...rules];
  }
  if (!lines.some((line) => line.startsWith(`:${chain} `))) return null;
  const others = lines.filter((line) => !rules.includes(line));
  const first = others.findIndex((line) => line.startsWith(`-A ${chain} `));
  const place = first < 0 ? others.length : first;
  return [...others.slice(0, place), ...rules, ...others.slice(place)];
}
