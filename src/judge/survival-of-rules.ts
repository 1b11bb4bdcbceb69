import type { Facts } from "../facts/facts.ts";
import type { Finding } from "./finding.ts";
import type { Barrier, Route } from "./route.ts";
import { foretellOwnRule } from "./survival-of-own-rules.ts";
import type { Foretold, SurvivalEvent } from "./survival.ts";

const AGREE: Foretold = { holds: true, because: "declared-and-effective-agree" };
const NOT_KNOWN: Foretold = { holds: null, because: "facts-missing" };
const NOT_SAVED: Foretold = { holds: false, because: "rule-not-saved" };

/** Whether the rules that keep people out of a server will be there again: by who wrote each and where it is kept. */
export function foretellRules(
  facts: Facts,
  findings: readonly Finding[],
  routes: readonly Route[],
  event: SurvivalEvent,
): Foretold {
  if (event === "docker-restart")
    return isLost(findings, "docker") ? { holds: false, because: "engine-writes-it-again" } : AGREE;
  if (event !== "reboot" && event !== "firewall-reload") return AGREE;
  if (isLost(findings, "firewalld") || findings.some(({ rule }) => rule === "firewalld-unsaved")) return NOT_SAVED;
  const barriers = routes.flatMap((route) =>
    route.barriers.filter(({ kind, stops }) => kind === "firewall" && stops === true),
  );
  const fates = barriers.map((barrier) =>
    // Which of them loads last when the host starts was not read.
    isTakenAway(findings, barrier)
      ? ({ holds: event === "reboot" ? null : false, because: "managers-fight" } as const)
      : toFate(facts, barrier, event),
  );
  return (
    fates.find(({ holds }) => holds === false) ??
    fates.find(({ holds }) => holds === null) ??
    // Who brings it back says more than that somebody does.
    fates.find(({ because }) => because !== AGREE.because) ??
    AGREE
  );
}

function isLost(findings: readonly Finding[], manager: "docker" | "firewalld"): boolean {
  return findings.some((finding) => finding.rule === "rule-lost-on-reload" && finding.data.manager === manager);
}

function isTakenAway(findings: readonly Finding[], { by }: Barrier): boolean {
  const managers = findings.flatMap((finding) => (finding.rule === "rule-managers-fight" ? finding.data.of : []));
  return managers.some((manager) => manager === by?.manager);
}

function toFate(facts: Facts, barrier: Barrier, event: "reboot" | "firewall-reload"): Foretold {
  const { managers } = facts;
  const { by } = barrier;
  if (managers === undefined || by === undefined) return NOT_KNOWN;
  const own = foretellOwnRule(facts, managers, barrier, event);
  if (own !== null) return own;
  switch (by.manager) {
    case "ufw": {
      if (!managers.ufw.ok || managers.ufw.value.enabled === null) return NOT_KNOWN;
      if (!managers.ufw.value.enabled) return NOT_SAVED;
      // A rule in ufw's chains that none of its files has was put there by hand.
      return by.name.kind === "ufw-rule" && by.written === null ? NOT_SAVED : AGREE;
    }
    case "firewalld":
      return managers.firewalld.ok && managers.firewalld.value.permanent.ok ? AGREE : NOT_KNOWN;
    case "docker":
      return event === "reboot" ? { holds: true, because: "engine-writes-it-again" } : NOT_KNOWN;
    case "nftables":
    case "iptables": {
      if (!managers.loaders.ok) return NOT_KNOWN;
      // What such a unit loads was not read: it may hold this rule.
      if (managers.loaders.value.some(({ startedBy }) => startedBy !== null)) return NOT_KNOWN;
      // A script of somebody's own may load it, which nobody read.
      return event === "reboot" ? { holds: null, because: "rule-not-saved" } : AGREE;
    }
  }
}
