import { TEXT_LIMIT } from "./rule-set.ts";

/** What the text of a rule set says that its JSON does not. */
export interface NftTexts {
  /** The rules in the user's own language, by `toRuleName`. */
  readonly rules: ReadonlyMap<string, string>;
  /** The interfaces of ingress chains, by `toChainName`. */
  readonly devices: ReadonlyMap<string, readonly string[]>;
}

export const NO_TEXTS: NftTexts = { rules: new Map(), devices: new Map() };

export function toChainName(family: string, table: string, chain: string): string {
  return JSON.stringify([family, table, chain]);
}

export function toRuleName(family: string, table: string, chain: string, handle: number): string {
  return JSON.stringify([family, table, chain, handle]);
}

/** Reads `nft -a list ruleset`. Of a rule whose text spans several lines the last one is kept. */
export function parseNftTexts(text: string): NftTexts {
  const rules = new Map<string, string>();
  const devices = new Map<string, readonly string[]>();
  let table: readonly [family: string, name: string] = ["", ""];
  let chain: string | null = null;
  for (const line of text.split("\n")) {
    const opened = /^table (\S+) (\S+) \{/.exec(line);
    const inside = /^\tchain (\S+) \{/.exec(line);
    const rule = /^\t\t(.*) # handle (\d+)$/.exec(line);
    const hook = /^\t\ttype \S+ hook ingress devices? (?:= )?(.*) priority /.exec(line);
    if (opened !== null) {
      table = [opened[1] ?? "", opened[2] ?? ""];
      chain = null;
    } else if (inside !== null) {
      chain = inside[1] ?? "";
    } else if (line === "\t}") {
      chain = null;
    } else if (chain !== null && hook !== null) {
      devices.set(toChainName(...table, chain), toNames(hook[1] ?? ""));
    } else if (chain !== null && rule !== null) {
      rules.set(toRuleName(...table, chain, Number(rule[2])), (rule[1] ?? "").slice(0, TEXT_LIMIT));
    }
  }
  return { rules, devices };
}

/** `"eth0"` or `{ eth0, eth1 }`. */
function toNames(text: string): readonly string[] {
  return text.split(/[{}\s,"]+/).filter((name) => name !== "");
}
