import type { Facts } from "../facts/facts.ts";
import type { FirewallManagers } from "../facts/firewall-managers.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import type { Reading } from "../host/host.ts";
import type { Family } from "../judge/addresses.ts";
import type { Closing } from "./firewall-closing.ts";

/** Who writes the rules in which a port is closed. `nftables`: nobody else, so a table of Portlock's own. */
export type InCharge = "ufw" | "firewalld" | "nftables" | "docker-user";

/** Who is in charge of what comes to sockets of the host itself; null where that could not be read. */
function findInputManager({ managers }: Pick<Facts, "managers">): Exclude<InCharge, "docker-user"> | null {
  if (managers === undefined) return null;
  const { ufw, firewalld } = managers;
  if (isUnread(ufw) || isUnread(firewalld)) return null;
  if (ufw.ok && ufw.value.enabled === null) return null;
  if (ufw.ok && ufw.value.enabled === true) return "ufw";
  if (firewalld.ok && firewalld.value.running === null) return null;
  return firewalld.ok && firewalld.value.running === true ? "firewalld" : "nftables";
}

function isUnread(reading: FirewallManagers["ufw"] | FirewallManagers["firewalld"]): boolean {
  return !reading.ok && reading.why !== "absent";
}

/** The chain that Docker leaves to the administrator and asks before its own. */
export const DOCKER_USER = "DOCKER-USER";

/** Whether packets that the host sends on are first asked in DOCKER-USER. */
export function asksDockerUser(ruleSets: readonly RuleSet[], family: Family): boolean {
  const tables = ruleSets.flatMap(({ engine, tables: own }) => (engine === "nftables" ? [] : own));
  return tables
    .filter((table) => table.name === "filter" && table.family === (family === 4 ? "ip" : "ip6"))
    .some(({ chains }) =>
      chains.some(
        ({ base, rules }) =>
          base?.hook === "forward" &&
          rules.some(({ action }) => action.kind === "jump" && action.chain === DOCKER_USER),
      ),
    );
}

/**
 * Who is in charge where a way is to be closed; null where it could not be read. Where no service manager could fill
 * DOCKER-USER before Docker starts, a table of Portlock's own does as well.
 */
export function findInCharge(facts: Facts, ruleSets: Reading<readonly RuleSet[]>, closing: Closing): InCharge | null {
  if (closing.place === "input") return findInputManager(facts);
  if (!ruleSets.ok) return null;
  return facts.units.ok && asksDockerUser(ruleSets.value, closing.family) ? "docker-user" : "nftables";
}
