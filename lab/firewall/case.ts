import type { AddressFamily } from "../../src/firewall/address.ts";
import type { Door } from "./world.ts";

/** One rule set, written down in the dialect of its tools, and the ways by which the stranger tries it. */
export interface Case {
  readonly dialect: string;
  /** Parts of the dialect that occur in it, for the count of what stays undecidable. */
  readonly features: readonly string[];
  readonly inputs: readonly Input[];
  readonly ways: readonly Way[];
  /** The host takes packets for 127.0.0.0/8 from its cables. */
  readonly routeLocalnet: boolean;
}

/** What one tool is given, in the order in which the tools are run. */
export interface Input {
  readonly tool: Tool;
  readonly lines: readonly Line[];
}

/** `…-restore` read a whole family's tables at once; `script` is a line a command, run by a shell. */
export type Tool =
  | "ipset restore"
  | "iptables-restore"
  | "ip6tables-restore"
  | "iptables-legacy-restore"
  | "ip6tables-legacy-restore"
  | "nft -f -"
  | "sh -e";

/**
 * One line: a rule's head, its matches one by one, and what it does. `needed` lines (tables, commits) and the
 * head and end of a rule stay when a case is shrunk; other lines and matches may go.
 */
export interface Line {
  readonly words: readonly string[];
  readonly needed: boolean;
}

/** A connection the stranger makes, but for its source. */
export interface Way {
  readonly door: Door;
  readonly family: AddressFamily;
  readonly destination: string;
  readonly port: number;
}

export function toNeededLine(text: string): Line {
  return { words: [text], needed: true };
}

export function toRuleLine(...words: readonly string[]): Line {
  return { words: words.filter((word) => word !== ""), needed: false };
}

/** What the tool reads from its standard input. */
export function toText({ lines }: Input): string {
  return lines.map(({ words }) => `${words.join(" ")}\n`).join("");
}

/** A case as an administrator would type it, to be shown when it fails. */
export function describeCase({ inputs, routeLocalnet }: Case): string {
  const heads = routeLocalnet ? ["sysctl -w net.ipv4.conf.all.route_localnet=1\n"] : [];
  return [...heads, ...inputs.map((input) => `${input.tool} <<END\n${toText(input)}END\n`)].join("");
}

export function describeWay({ door, destination, port, family }: Way): string {
  return `${door} → ${family === 6 ? `[${destination}]` : destination}:${port}`;
}
