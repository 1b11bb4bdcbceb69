import { toText, type Json, type JsonObject } from "./json.ts";
import {
  ALWAYS,
  negate,
  NEVER,
  toAddressKey,
  toDoubtfulKey,
  toMarkKey,
  toPortKey,
  toProtocolKey,
  TRACKED,
  type Key,
} from "./nft-plain-keys.ts";
import { isCatchAll, toWords } from "./nft-values.ts";
import type { ConnectionState, Match } from "./rule-set.ts";
import type { SourceSet } from "./source-set.ts";

const STATES: readonly ConnectionState[] = ["new", "established", "related", "invalid", "untracked"];

/** Reads `ct …`: what connection tracking knows of the packet. */
export function toConnectionKey(ct: JsonObject, expression: Json): Key {
  const key = toText(ct["key"]);
  const original = ct["dir"] === "original";
  switch (key) {
    case "state":
      return toStateKey();
    case "status":
      return toStatusKey();
    case "mark":
      return toMarkKey("connection", 0xffff_ffff);
    case "direction":
      return {
        needs: [TRACKED],
        isOneOf: (values) => (values.includes("original") || values.some(isCatchAll) ? ALWAYS : NEVER),
      };
    case "ip saddr":
    case "ip6 saddr":
    case "ip daddr":
    case "ip6 daddr": {
      if (!original) return toDoubtfulKey("not-understood", expression);
      const match = key.endsWith("saddr")
        ? (sources: SourceSet): Match => ({ kind: "source", sources })
        : (addresses: SourceSet): Match => ({ kind: "destination", which: "original", addresses });
      const read = toAddressKey(key.startsWith("ip6") ? 6 : 4, match);
      return { ...read, needs: [...read.needs, TRACKED] };
    }
    case "proto-dst":
    case "proto-src":
      if (!original) return toDoubtfulKey("not-understood", expression);
      return { ...toPortKey(key === "proto-dst" ? "original-destination" : "source"), needs: [TRACKED] };
    case "protocol":
      return { ...toProtocolKey(), needs: [TRACKED] };
    default:
      return toDoubtfulKey("moment", expression);
  }
}

/** `in` tests for any of the states; `==` compares with all of them at once, and a packet has just one. */
function toStateKey(): Key {
  const read = (value: Json): readonly ConnectionState[] | null => {
    const words = toWords(value);
    const states = STATES.filter((state) => words?.includes(state));
    return words === null || states.length < words.length ? null : states;
  };
  const match = (states: readonly ConnectionState[]): Match => ({ kind: "connection-state", states, negated: false });
  return {
    needs: [],
    isOneOf: (values) => {
      const states: ConnectionState[] = [];
      for (const value of values) {
        if (isCatchAll(value)) return ALWAYS;
        const words = read(value);
        if (words === null) return null;
        if (words.length === 1) states.push(...words);
      }
      return match(states);
    },
    compares: (operator, value) => {
      const states = read(value);
      if (states === null || (operator !== "in" && operator !== "!")) return null;
      return negate(match(states), operator === "!");
    },
  };
}

/** Of a new connection no status but that of a changed destination is set, and never that one alone. */
function toStatusKey(): Key {
  return {
    needs: [TRACKED],
    isOneOf: (values) => (values.every((value) => toWords(value) !== null) ? NEVER : null),
    compares: (operator, value) => {
      const statuses = toWords(value);
      if (statuses === null || (operator !== "in" && operator !== "!")) return null;
      return { kind: "connection-status", statuses, negated: operator === "!" };
    },
  };
}
