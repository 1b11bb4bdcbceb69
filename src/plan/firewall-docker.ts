import { toCidrs } from "../firewall/source-set.ts";
import type { Family } from "../judge/addresses.ts";
import { toUnread, type ChangeSite, type ClosedPort, type MadeChange } from "./firewall-change.ts";
import { toSet } from "./firewall-closing.ts";
import { asksDockerUser, DOCKER_USER } from "./firewall-in-charge.ts";
import type { RuleEdit } from "./firewall-prediction.ts";
import { toUnitPath, toUnitWork, type RuleUnit } from "./firewall-unit.ts";

/** A chain of Portlock's own for one family, and the tool that makes it. */
interface OwnChain {
  readonly family: Family;
  readonly tool: "iptables" | "ip6tables";
  readonly chain: `PORTLOCK-${number}`;
  /** In the words and the order of iptables-save. */
  readonly rules: readonly (readonly string[])[];
}

/**
 * Closes a published port in the chain that Docker asks before its own rules, by the port that the sender wrote:
 * behind Docker's own rewriting only the container's is left. Only new connections are dropped. Docker keeps the
 * chain when it starts again, and a reboot does not: a unit makes it anew before Docker starts, so that the port is at
 * no time open. Sources that are allowed go back to the rules that the administrator has there.
 */
export function closeInDockerUser({ port }: ClosedPort, site: ChangeSite): MadeChange {
  const families = ([4, 6] as const).filter((family) => asksDockerUser(site.ruleSets, family));
  const chains = families.map((family) => toOwnChain(family, port, site.allow));
  const edits = chains.flatMap(({ family, chain, rules }): RuleEdit[] => [
    { kind: "make-chain", family, chain, rules: rules.map((rule) => rule.join(" ")) },
    { kind: "put-first", family, chain: DOCKER_USER, rules: [`-j ${chain}`] },
  ]);
  const unit: RuleUnit = {
    name: `portlock-docker-user-${port}.service`,
    text: toUnitText(port, chains),
    wantedBy: ["multi-user.target", "docker.service"],
    files: [],
    folders: [],
  };
  const paths = toUnread([toUnitPath(unit)], site.texts);
  if (paths.length > 0) return { kind: "needs-files", paths };
  return { kind: "change", change: { edits, work: toUnitWork(unit, site), remarks: [] } };
}

function toOwnChain(family: Family, port: number, allow: readonly string[]): OwnChain {
  const asked = ["-p", "tcp", "-m", "conntrack", "--ctstate", "NEW", "--ctorigdstport", `${port}`];
  return {
    family,
    tool: family === 4 ? "iptables" : "ip6tables",
    chain: `PORTLOCK-${port}`,
    rules: [
      ...toCidrs(toSet(family, allow)).map((source) => ["-s", source, "-j", "RETURN"]),
      [...asked, "--ctdir", "ORIGINAL", "-j", "DROP"],
    ],
  };
}

/** Chains that are there already are no failure, and neither is that one is gone when it is to go. */
function toUnitText(port: number, chains: readonly OwnChain[]): readonly string[] {
  const start = chains.flatMap(({ tool, chain, rules }) => [
    toExec("ExecStart=-", [tool, "-w", "-N", DOCKER_USER]),
    toExec("ExecStart=-", [tool, "-w", "-N", chain]),
    toExec("ExecStart=", [tool, "-w", "-F", chain]),
    ...rules.map((rule) => toExec("ExecStart=", [tool, "-w", "-A", chain, ...rule])),
    toExec("ExecStart=", [tool, "-w", "-I", DOCKER_USER, "-j", chain]),
  ]);
  const stop = chains.flatMap(({ tool, chain }) => [
    toExec("ExecStop=-", [tool, "-w", "-D", DOCKER_USER, "-j", chain]),
    toExec("ExecStop=-", [tool, "-w", "-F", chain]),
    toExec("ExecStop=-", [tool, "-w", "-X", chain]),
  ]);
  return [
    "[Unit]",
    `Description=Published port ${port} closed to other machines by Portlock`,
    "Before=docker.service",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    ...start,
    ...stop,
  ];
}

/** Each word is a plain one: no quoting of systemd's can be wrong. */
function toExec(prefix: string, command: readonly string[]): string {
  return `${prefix}/usr/bin/env ${command.join(" ")}`;
}
