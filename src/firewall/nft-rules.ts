import { parseAddress } from "./address.ts";
import { isList, isObject, quoteJson, toOnlyMember, toText, type Json, type JsonObject } from "./json.ts";
import { negate, toKey, type Key } from "./nft-keys.ts";
import { toMarkAction } from "./nft-marks.ts";
import { isCatchAll, toAddressSet, toNumber, toRanges, unwrapElement, type Values } from "./nft-values.ts";
import type { Action, DoubtReason, Match, Place, Range, RewriteAction, Rule } from "./rule-set.ts";
import type { SourceSet } from "./source-set.ts";

/** Named sets and maps of a table: the elements as they stand in the JSON. */
export type Elements = ReadonlyMap<string, readonly Json[]>;

/**
 * One rule of nftables as rules of the one form. A rule there may do several things in a row, and a map may do
 * another one for each key: each becomes a rule with all conditions up to it, of the same place.
 */
export function toRules(expressions: readonly Json[], elements: Elements, place: Place): readonly Rule[] {
  const rules: Rule[] = [];
  let matches: readonly Match[] = [];
  for (const expression of expressions) {
    const read = readStatement(expression, elements);
    const before = matches;
    matches = [...before, ...read.matches];
    for (const { given, action } of read.actions) {
      rules.push({ matches: [...matches, ...given], action, place });
    }
    if (read.ends) return rules;
    // What a mark was tested for may have changed with it.
    if (read.actions.some(({ action }) => action.kind === "set-mark")) matches = matches.map(forgetMark);
  }
  return rules.length > 0 ? rules : [{ matches, action: { kind: "continue" }, place }];
}

function forgetMark(match: Match): Match {
  if (match.kind !== "mark") return match;
  return { kind: "undecidable", doubt: { why: "not-understood", text: "a mark that the rule itself changed" } };
}

/** What one statement adds to the conditions of its rule, and what it does. */
interface Statement {
  readonly matches: readonly Match[];
  readonly actions: readonly { readonly given: readonly Match[]; readonly action: Action }[];
  /** Nothing after it is reached, unless a condition failed. */
  readonly ends: boolean;
}

const NOTHING: Statement = { matches: [], actions: [], ends: false };

/** Statements that count, log, or change what no rule looks at here. */
const PASSING: ReadonlySet<string> = new Set([
  "counter",
  "log",
  "continue",
  "flow",
  "dup",
  "ct helper",
  "ct timeout",
  "ct expectation",
  "secmark",
  "last",
  "reset",
  "comment",
]);

function readStatement(expression: Json, elements: Elements): Statement {
  const [name, body] = toOnlyMember(expression) ?? ["", null];
  if (PASSING.has(name)) return NOTHING;
  switch (name) {
    case "match":
      return isObject(body) ? toMatchStatement(body, elements) : toDoubtfulMatch("not-understood", expression);
    case "accept":
    case "drop":
    case "return":
    case "reject":
    case "jump":
    case "goto":
      return toEnd(toVerdict(name, body));
    case "masquerade":
    case "snat":
      return toEnd({ kind: "accept" });
    case "vmap":
      return isObject(body) ? toVerdictMap(body, elements) : toDoubtfulMatch("not-understood", expression);
    case "mangle":
      return isObject(body) ? toMangle(body, elements, expression) : NOTHING;
    case "dnat":
    case "redirect":
      return toRewrite(name, isObject(body) ? body : {}, elements, expression);
    case "notrack":
      return { matches: [], actions: [{ given: [], action: { kind: "notrack" } }], ends: false };
    case "limit":
    case "quota":
    case "ct count":
    case "connlimit":
      return toDoubtfulMatch("rate", expression);
    case "set":
    case "map":
      // Adding to a set always goes on, unless it is tied to a rate.
      return isObject(body) && "stmt" in body ? toDoubtfulMatch("rate", expression) : NOTHING;
    case "queue":
    case "tproxy":
    case "synproxy":
    case "fwd":
      return toDoubtfulEnd("moment", expression);
    case "xt":
      return isObject(body) && body["type"] === "target"
        ? toDoubtfulEnd("not-understood", expression)
        : toDoubtfulMatch("not-understood", expression);
    default:
      return toDoubtfulEnd("not-understood", expression);
  }
}

function toDoubtfulMatch(why: DoubtReason, expression: Json): Statement {
  const doubt = { why, text: quoteJson(expression) };
  return { matches: [{ kind: "undecidable", doubt }], actions: [], ends: false };
}

/** May end the packet's way in this chain or let the rule go on. */
function toDoubtfulEnd(why: DoubtReason, expression: Json): Statement {
  const doubt = { why, text: quoteJson(expression) };
  return { matches: [], actions: [{ given: [], action: { kind: "undecidable", doubt } }], ends: false };
}

function toEnd(action: Action): Statement {
  return { matches: [], actions: [{ given: [], action }], ends: true };
}

function toVerdict(name: string, body: Json): Action {
  switch (name) {
    case "accept":
    case "drop":
    case "return":
    case "reject":
    case "continue":
      return { kind: name };
    case "jump":
    case "goto":
      return { kind: name, chain: isObject(body) ? toText(body["target"]) : "" };
    default:
      return { kind: "undecidable", doubt: { why: "not-understood", text: quoteJson({ [name]: body }) } };
  }
}

function toMatchStatement(body: JsonObject, elements: Elements): Statement {
  const { op, left, right } = body;
  const key = toKey(left);
  const condition = toCondition(key, toText(op), right, elements);
  if (condition === null) return toDoubtfulMatch("not-understood", { match: body });
  return { ...NOTHING, matches: [...key.needs, condition] };
}

function toCondition(key: Key, operator: string, right: Json, elements: Elements): Match | null {
  const members = toMembers(right, elements);
  if (members !== null) {
    const match = key.isOneOf(members.map(unwrapElement));
    return match === null || (operator !== "==" && operator !== "!=" && operator !== "in")
      ? null
      : negate(match, operator === "!=");
  }
  // A name that is no set of the table was not read.
  if (typeof right === "string" && right.startsWith("@")) return null;
  if (operator === "==" || operator === "!=") {
    const match = key.isOneOf([right]);
    return match === null ? null : negate(match, operator === "!=");
  }
  return key.compares?.(operator, right) ?? null;
}

/** The elements of a set, named or written in place; null where the right side is a plain value. */
function toMembers(right: Json, elements: Elements): readonly Json[] | null {
  if (typeof right === "string" && right.startsWith("@")) return elements.get(right.slice(1)) ?? null;
  return isObject(right) && isList(right["set"]) ? right["set"] : null;
}

/** Pairs of key and value, grouped by value: `{22: accept, 23: accept, 24: drop}` is two groups. */
interface Group {
  readonly keys: readonly Json[];
  readonly value: Json;
}

function toGroups(data: Json, elements: Elements): readonly Group[] | null {
  const pairs = toMembers(data, elements);
  if (pairs === null) return null;
  const groups = new Map<string, { keys: Json[]; value: Json }>();
  for (const pair of pairs) {
    if (!isList(pair) || pair.length !== 2) return null;
    const key = unwrapElement(pair[0]);
    const value = unwrapElement(pair[1]);
    // What is left over by all other keys stands behind them.
    const name = `${isCatchAll(key) ? "~" : ""}${JSON.stringify(value)}`;
    const group = groups.get(name) ?? { keys: [], value };
    groups.set(name, group);
    group.keys.push(key);
  }
  return [...groups.values()].toSorted(
    (one, other) => Number(one.keys.some(isCatchAll)) - Number(other.keys.some(isCatchAll)),
  );
}

/** For each group the condition that the key is one of its own; null where a key is not understood. */
function toGivens(key: Key, groups: readonly Group[]): readonly { given: readonly Match[]; value: Json }[] | null {
  const named = groups.flatMap(({ keys }) => keys.filter((each) => !isCatchAll(each)));
  const givens: { given: readonly Match[]; value: Json }[] = [];
  for (const { keys, value } of groups) {
    const match = keys.some(isCatchAll) ? toLeftOver(key, named) : key.isOneOf(keys);
    if (match === null) return null;
    givens.push({ given: [...key.needs, match], value });
  }
  return givens;
}

function toLeftOver(key: Key, named: Values): Match | null {
  const match = key.isOneOf(named);
  return match === null ? null : negate(match);
}

function toVerdictMap(body: JsonObject, elements: Elements): Statement {
  const groups = toGroups(body["data"], elements);
  const givens = groups === null ? null : toGivens(toKey(body["key"]), groups);
  if (givens === null) return toDoubtfulEnd("not-understood", { vmap: { key: body["key"], data: "…" } });
  const actions = givens.map(({ given, value }) => {
    const [name, inner] = toOnlyMember(value) ?? ["", null];
    return { given, action: toVerdict(name, inner) };
  });
  return { matches: [], actions, ends: true };
}

function toMangle(body: JsonObject, elements: Elements, expression: Json): Statement {
  const { key, value } = body;
  const target = isObject(key) ? (key["meta"] ?? key["ct"]) : null;
  // Other fields than the marks: later rules do not look at them, or what they see of them is in doubt anyway.
  if (!isObject(target) || target["key"] !== "mark") return toOtherMangle(key, expression);
  const which = isObject(key) && "meta" in key ? "packet" : "connection";
  const map = isObject(value) && isObject(value["map"]) ? value["map"] : null;
  if (map === null) {
    const action = toMarkAction(which, value);
    if (action === null) return toDoubtfulEnd("not-understood", expression);
    return { matches: [], actions: [{ given: [], action }], ends: false };
  }
  const mapKey = toKey(map["key"]);
  const groups = toGroups(map["data"], elements);
  const givens = groups === null ? null : toGivens(mapKey, groups);
  if (groups === null || givens === null) return toDoubtfulEnd("not-understood", expression);
  const actions = givens.map(({ given, value: mark }) => {
    const action = toMarkAction(which, mark) ?? toDoubtfulAction(expression);
    return { given, action };
  });
  // A key that the map does not know ends the rule.
  const known = mapKey.isOneOf(groups.flatMap(({ keys }) => keys));
  return { matches: known === null ? [] : [...mapKey.needs, known], actions, ends: false };
}

/** The destination of a packet can be written to directly, without connection tracking. */
function toOtherMangle(key: Json, expression: Json): Statement {
  const payload = isObject(key) ? key["payload"] : null;
  return isObject(payload) && /^(saddr|daddr|sport|dport)$/.test(toText(payload["field"]))
    ? toDoubtfulEnd("not-understood", expression)
    : NOTHING;
}

function toDoubtfulAction(expression: Json): Action {
  return { kind: "undecidable", doubt: { why: "not-understood", text: quoteJson(expression) } };
}

function toRewrite(kind: "dnat" | "redirect", body: JsonObject, elements: Elements, expression: Json): Statement {
  const { addr, port } = body;
  const source = findMap(addr) ?? findMap(port);
  if (source === null) return toEnd(toRewriteAction(kind, addr, port) ?? toDoubtfulAction(expression));
  const groups = toGroups(source["data"], elements);
  const givens = groups === null ? null : toGivens(toKey(source["key"]), groups);
  if (givens === null) return { ...toDoubtfulEnd("not-understood", expression), ends: true };
  const actions = givens.map(({ given, value }) => {
    const [address, mappedPort] = isObject(value) && isList(value["concat"]) ? value["concat"] : [value, port];
    const action =
      findMap(addr) === null ? toRewriteAction(kind, addr, value) : toRewriteAction(kind, address, mappedPort);
    return { given, action: action ?? toDoubtfulAction(expression) };
  });
  return { matches: [], actions, ends: true };
}

function findMap(value: Json): JsonObject | null {
  return isObject(value) && isObject(value["map"]) ? value["map"] : null;
}

function toRewriteAction(kind: "dnat" | "redirect", addr: Json, port: Json): RewriteAction | null {
  const ports = port === undefined ? [] : toRanges([port], toNumber);
  const addresses = addr === undefined ? null : toTarget(addr);
  if (ports === null || addresses === undefined) return null;
  const [range]: readonly Range[] = ports;
  return { kind, address: addresses, port: range ?? null };
}

/** Undefined: no address. */
function toTarget(addr: Json): SourceSet | undefined {
  const text = findFirstText(addr);
  const family = parseAddress(text)?.family;
  return family === undefined ? undefined : (toAddressSet([addr], family) ?? undefined);
}

function findFirstText(addr: Json): string {
  if (typeof addr === "string" || !isObject(addr)) return toText(addr);
  if (isObject(addr["prefix"])) return toText(addr["prefix"]["addr"]);
  return isList(addr["range"]) ? toText(addr["range"][0]) : "";
}
