import { isList, isObject, toText, type Json, type JsonObject } from "./json.ts";
import { toConnectionKey } from "./nft-connection-keys.ts";
import {
  ALWAYS,
  NEVER,
  toAddressKey,
  toAddressMatch,
  toDoubtfulKey,
  toFamilyKey,
  toFlagsKey,
  toInterfaceKey,
  toMarkKey,
  toPortKey,
  toProtocolKey,
  type Key,
} from "./nft-plain-keys.ts";
import { isCatchAll, toNumber, toWords } from "./nft-values.ts";
import { TCP } from "./protocols.ts";
import type { Match } from "./rule-set.ts";
import { parseTcpFlags } from "./tcp-flags.ts";

const TCP_ONLY: Match = { kind: "protocol", ranges: [TCP], negated: false };

/** Reads an expression that can stand on the left of a comparison. Never null: what is not understood is in doubt. */
export function toKey(expression: Json): Key {
  if (!isObject(expression)) return toDoubtfulKey("not-understood", expression);
  const { payload, meta, ct, fib, concat } = expression;
  if (isObject(payload)) return toPayloadKey(payload, expression);
  if (isObject(meta)) return toMetaKey(toText(meta["key"]), expression);
  if (isObject(ct)) return toConnectionKey(ct, expression);
  if (isObject(fib)) return toRoutingKey(fib, expression);
  if (isList(concat)) return toTupleKey(concat.map(toKey));
  if (isList(expression["&"])) return toMaskedKey(expression["&"], expression);
  if (isObject(expression["exthdr"]) || isObject(expression["ip option"])) {
    return toDoubtfulKey("unusual", expression);
  }
  if (isObject(expression["tcp option"])) return toDoubtfulKey("sender", expression);
  if (isObject(expression["socket"]) || isObject(expression["rt"])) return toDoubtfulKey("moment", expression);
  if ("numgen" in expression || "jhash" in expression || "symhash" in expression)
    return toDoubtfulKey("rate", expression);
  return toDoubtfulKey("not-understood", expression);
}

/** Headers of other protocols than TCP: the rule is about packets of theirs. */
const OTHER_PROTOCOLS: ReadonlySet<string> = new Set([
  "ah",
  "arp",
  "comp",
  "dccp",
  "esp",
  "icmp",
  "icmpv6",
  "igmp",
  "mh",
  "sctp",
  "udp",
  "udplite",
]);

function toPayloadKey(payload: JsonObject, expression: Json): Key {
  const protocol = toText(payload["protocol"]);
  const field = toText(payload["field"]);
  if (OTHER_PROTOCOLS.has(protocol)) return { needs: [NEVER], isOneOf: () => NEVER, compares: () => NEVER };
  if (protocol === "ip" || protocol === "ip6") {
    const family = protocol === "ip" ? 4 : 6;
    const needs: readonly Match[] = [{ kind: "family", family }];
    if (field === "saddr" || field === "daddr") return toAddressKey(family, (set) => toAddressMatch(field, set));
    if (field === "protocol" || field === "nexthdr") return { ...toProtocolKey(), needs };
    return toDoubtfulKey("sender", expression, needs);
  }
  if (protocol === "tcp" || protocol === "th") {
    const needs = protocol === "tcp" ? [TCP_ONLY] : [];
    if (field === "dport") return { ...toPortKey("destination"), needs };
    if (field === "sport") return { ...toPortKey("source"), needs };
    if (field === "flags") return { ...toFlagsKey(0xff), needs };
    return toDoubtfulKey("sender", expression, needs);
  }
  return toDoubtfulKey(protocol === "ether" || protocol === "vlan" ? "sender" : "not-understood", expression);
}

function toMetaKey(key: string, expression: Json): Key {
  switch (key) {
    case "iif":
    case "iifname":
      return toInterfaceKey("in");
    case "oif":
    case "oifname":
      return toInterfaceKey("out");
    case "l4proto":
      return toProtocolKey();
    case "nfproto":
    case "protocol":
      return toFamilyKey();
    case "mark":
      return toMarkKey("packet", 0xffff_ffff);
    case "pkttype":
      // The kernel takes no connection from a packet that was not sent to its own hardware address.
      return {
        needs: [],
        isOneOf: (values) => (values.includes("host") || values.includes("unicast") ? ALWAYS : NEVER),
      };
    case "length":
    case "priority":
      return toDoubtfulKey("sender", expression);
    case "iifgroup":
    case "oifgroup":
    case "iiftype":
    case "oiftype":
    case "iifkind":
    case "oifkind":
    case "sdif":
    case "sdifname":
    case "ibrname":
    case "obrname":
      return toDoubtfulKey("not-read", expression);
    case "random":
      return toDoubtfulKey("rate", expression);
    default:
      return toDoubtfulKey("moment", expression);
  }
}

function toRoutingKey(fib: JsonObject, expression: Json): Key {
  const flags = isList(fib["flags"]) ? fib["flags"] : [fib["flags"]];
  const source = flags.includes("saddr");
  const onInterface = flags.includes("iif");
  if (flags.includes("oif") || source === flags.includes("daddr")) return toDoubtfulKey("not-understood", expression);
  if (fib["result"] === "type") {
    const which = source ? "source" : "destination";
    return {
      needs: [],
      isOneOf: (values) => {
        const types = values.map(toText);
        return { kind: "address-type", which, types, onInterface, negated: false };
      },
    };
  }
  const loose = !onInterface;
  if (!source || (fib["result"] !== "oif" && fib["result"] !== "oifname")) return toDoubtfulKey("not-read", expression);
  return {
    needs: [],
    isOneOf: (values) => {
      const [value, ...others] = values;
      if (others.length > 0) return null;
      if (value === true) return { kind: "reverse-path", loose, negated: false };
      const missing = value === false || value === 0 || value === "0" || value === "";
      return missing ? { kind: "reverse-path", loose, negated: true } : null;
    },
  };
}

/** `KEY & MASK`. */
function toMaskedKey(parts: readonly Json[], expression: Json): Key {
  const [inner, mask] = parts;
  const number = toNumber(mask);
  if (isObject(inner)) {
    const { payload, meta, ct } = inner;
    if (isObject(meta) && meta["key"] === "mark" && number !== null) return toMarkKey("packet", number);
    if (isObject(ct) && ct["key"] === "mark" && number !== null) return toMarkKey("connection", number);
    if (isObject(payload)) {
      const { protocol, field } = payload;
      if ((protocol === "ip" || protocol === "ip6") && (field === "saddr" || field === "daddr")) {
        return toAddressKey(protocol === "ip" ? 4 : 6, (set) => toAddressMatch(field, set), mask);
      }
      const flags = number ?? parseTcpFlags((toWords(mask) ?? ["?"]).join(","));
      if (protocol === "tcp" && field === "flags" && flags !== null) return { ...toFlagsKey(flags), needs: [TCP_ONLY] };
    }
  }
  return toDoubtfulKey("not-understood", expression);
}

/** Several keys, compared with tuples of as many values. */
function toTupleKey(keys: readonly Key[]): Key {
  return {
    needs: keys.flatMap((key) => key.needs),
    isOneOf: (values) => {
      const rows: Match[][] = [];
      for (const value of values) {
        if (isCatchAll(value)) return ALWAYS;
        const parts = isObject(value) && isList(value["concat"]) ? value["concat"] : null;
        if (parts === null || parts.length !== keys.length) return null;
        const row: Match[] = [];
        for (const [index, key] of keys.entries()) {
          const match = key.isOneOf([parts[index]]);
          if (match === null) return null;
          row.push(match);
        }
        rows.push(row);
      }
      return { kind: "either", rows, negated: false };
    },
  };
}
