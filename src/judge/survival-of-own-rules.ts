import type { Facts } from "../facts/facts.ts";
import type { FirewallManagers } from "../facts/firewall-managers.ts";
import type { OwnRules } from "../facts/own-rules.ts";
import type { RuleLoader } from "../facts/rule-loaders.ts";
import { areInEffect } from "../firewall/own-rules.ts";
import { readPrintedRules } from "../firewall/read-printed.ts";
import type { Barrier } from "./route.ts";
import type { Foretold } from "./survival.ts";

const AGREE: Foretold = { holds: true, because: "declared-and-effective-agree" };
const OWN_SERVICE: Foretold = { holds: true, because: "own-service-loads-it" };
const NOT_KNOWN: Foretold = { holds: null, because: "facts-missing" };

/**
 * Whether a rule in a table or chain of Portlock's own (`plan/firewall-nftables.ts`, `plan/firewall-docker.ts`) will be
 * there again. Null: it is no such rule, or no service of Portlock's is there that could load it.
 */
export function foretellOwnRule(
  facts: Facts,
  managers: FirewallManagers,
  { by }: Barrier,
  event: "reboot" | "firewall-reload",
): Foretold | null {
  const unit = by?.name.kind === "rule" ? toUnitName(by.name.table, by.name.chain) : null;
  if (unit === null || managers.ownRules === undefined) return null;
  if (!managers.ownRules.ok) return NOT_KNOWN;
  const own = managers.ownRules.value.find((each) => each.unit === unit);
  if (own === undefined) return null;
  if (!managers.loaders.ok) return NOT_KNOWN;
  const takers = managers.loaders.value.filter((loader) => takesAway(loader, own));
  return event === "reboot" ? toBoot(facts, own, takers) : toReload(own, takers);
}

function toUnitName(table: string, chain: string): string | null {
  const [, closed] = /^inet portlock_(\d+)$/.exec(table) ?? [];
  if (closed !== undefined) return `portlock-firewall-${closed}.service`;
  const [, published] = /^PORTLOCK-(\d+)$/.exec(chain) ?? [];
  return published === undefined ? null : `portlock-docker-user-${published}.service`;
}

/** iptables-restore takes away tables of iptables only. */
function takesAway({ replaces }: RuleLoader, { unit }: OwnRules): boolean {
  const isIptables = unit.startsWith("portlock-docker-user-");
  return replaces.some(({ what }) => what === "everything" || (isIptables && what === "filter"));
}

function toBoot(facts: Facts, own: OwnRules, takers: readonly RuleLoader[]): Foretold {
  if (own.startedBy === null) return { holds: false, because: "rule-not-saved" };
  if (!own.rules.ok || !facts.firewall.ok) return NOT_KNOWN;
  const ruleSets = readPrintedRules(facts.firewall.value.printed ?? []);
  if (!ruleSets.ok) return NOT_KNOWN;
  if (!areInEffect(own.rules.value, ruleSets.value)) return { holds: null, because: "own-file-differs" };
  // Which of two that are not ordered loads last is decided anew at every start.
  const unordered = takers.filter(({ unit, startedBy }) => startedBy !== null && !own.startsAfter.includes(unit));
  return unordered.length > 0 ? { holds: null, because: "managers-fight" } : OWN_SERVICE;
}

function toReload({ loadedAgain, rules }: OwnRules, takers: readonly RuleLoader[]): Foretold {
  if (takers.length === 0) return AGREE;
  if (loadedAgain !== null) return rules.ok ? OWN_SERVICE : NOT_KNOWN;
  const isStarted = takers.some(({ startedBy }) => startedBy !== null);
  return { holds: isStarted ? false : null, because: "managers-fight" };
}
