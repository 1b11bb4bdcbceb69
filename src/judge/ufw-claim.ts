import type { Evidence } from "../facts/evidence.ts";
import type { Facts } from "../facts/facts.ts";
import type { UfwRule } from "../facts/ufw.ts";

/** What ufw was told that would close a port, as a command of its own. */
export interface UfwClaim {
  readonly command: string;
  readonly evidence: readonly Evidence[];
}

/**
 * What an administrator who reads `ufw status` believes to close one of the ports: a rule that denies it, or else the
 * default, unless a rule allows the port to everybody. Null where ufw is off, or says nothing of the kind.
 */
export function findUfwClaim({ managers }: Pick<Facts, "managers">, ports: ReadonlySet<number>): UfwClaim | null {
  if (managers?.ufw.ok !== true || managers.ufw.value.enabled !== true) return null;
  const { rules, inputPolicy, evidence } = managers.ufw.value;
  if (!rules.ok) return null;
  const about = rules.value.filter((rule) => rule.direction === "in" && !rule.routed && isAboutPorts(rule, ports));
  const denying = about.find(({ action }) => action === "deny" || action === "reject");
  if (denying !== undefined) return { command: denying.command, evidence: [denying.evidence] };
  const policy = inputPolicy === "DROP" ? "deny" : inputPolicy === "REJECT" ? "reject" : null;
  if (policy === null || about.some(isForEverybody)) return null;
  return { command: `ufw default ${policy} incoming`, evidence: evidence.slice(-1) };
}

/** Whether a rule of ufw's is about one of the ports over TCP, alone or in a range or a list. */
export function isAboutPorts({ protocol, port }: UfwRule, ports: ReadonlySet<number>): boolean {
  if (protocol !== "tcp" && protocol !== "any") return false;
  const ranges = port.split(",").map((range) => range.split(":").map(Number));
  return [...ports].some((one) => ranges.some(([from = Number.NaN, to = from]) => from <= one && one <= to));
}

function isForEverybody({ action, command }: UfwRule): boolean {
  return (action === "allow" || action === "limit") && !/ (?:from|to) (?!any\b)| on /.test(command);
}
