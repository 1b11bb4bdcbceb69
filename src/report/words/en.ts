import type { DeciderName } from "../../judge/decider-terms.ts";
import type { HostVerdict } from "../report.ts";
import type { Audience, Summary } from "../summary.ts";
import { toPrintable } from "../printable.ts";
import { toTellingNetworks } from "../telling-networks.ts";
import { DECLARATION_REASONS_EN } from "./declaration-reasons.ts";
import { JOURNAL_EN } from "./journal.en.ts";
import { toPathText } from "./lists.ts";
import { PLAN_EN } from "./plan.en.ts";
import { PRODUCT_NAMES } from "./product-names.ts";
import { RULES_EN } from "./rules.en.ts";
import { PROOFS_EN } from "./proof-words.ts";
import { TRACE_EN } from "./trace-words.ts";
import type { Words } from "./words.ts";

/** English. Only ASCII, so that it reads right on any terminal whatever its character set. */
export const EN: Words = {
  language: "en",
  rules: RULES_EN,
  trace: TRACE_EN,
  plan: PLAN_EN,
  proofs: PROOFS_EN,
  journal: JOURNAL_EN,
  severities: { critical: "CRITICAL", high: "HIGH", medium: "MEDIUM", low: "LOW", info: "INFO" },
  verdicts: { exposed: "EXPOSED", guarded: "GUARDED", local: "LOCAL", unknown: "UNKNOWN", none: "NONE" },
  routeVerdicts: { open: "OPEN", guarded: "GUARDED", closed: "closed", unknown: "UNKNOWN" },
  servers: { ...PRODUCT_NAMES, "openai-compatible": "OpenAI-compatible server" },
  summary: toSentence,
  probeFromOutside: (socket) =>
    `To find out, try it from where the claim is about: \`portlock probe ${socket}\` on another machine.`,
  upstreamUnseen:
    "A router or cloud firewall in front of this host cannot be seen from here: to be sure, run `portlock probe` on a " +
    "machine outside.",

  vantages: {
    internet: ({ sources, except }) => `the internet${inBrackets(sources.map(toFamily))}${toExcept(except)}`,
    neighbour: ({ sources, except }) =>
      sources.length === 0
        ? "members of the same private network"
        : `neighbours on ${listShort(toTellingNetworks(sources))}${toExcept(except)}`,
    container: ({ interface: bridge, sources, except }) =>
      `containers on ${bridge === null ? listShort(sources) : show(bridge) + inBrackets(sources)}${toExcept(except)}`,
    host: () => "other users and programs of this host",
    browser: () => "a web page open on this host",
  },
  hops: {
    direct: () => "",
    "published-port": ({ container, to }) => `published by container ${show(container)}, to ${show(to)}`,
    "container-address": ({ container, network }) =>
      `straight to container ${show(container)}, network ${show(network)}`,
    proxy: ({ name, serverNames, paths, methods = [], to }) => {
      const site = serverNames.length === 0 ? [] : [`server name ${listShort(serverNames)}`];
      const by = methods.length === 0 ? [] : [`by ${listShort(methods)}`];
      const parts = [...site, ...(paths.length === 0 ? [] : [toPaths(paths)]), ...by];
      const proxy = name === "portlock" ? "Portlock's gateway" : show(name);
      return `through ${proxy}${parts.length === 0 ? "" : ` (${parts.join(", ")})`} to ${show(to)}`;
    },
    tunnel: ({ name, to }) =>
      name === "sshd"
        ? "handed on by sshd to a machine that logged in (`ssh -R`)"
        : `through the tunnel ${show(name)} to ${show(to)}`,
    forwarded: ({ by, to }) => `forwarded by ${show(by)} to ${show(to)}`,
  },
  entry: (address, through) => (through === null ? show(address) : `${show(address)} by ${show(through)}`),
  barriers: {
    bind: "listen address",
    routing: "routing",
    firewall: "firewall",
    "unit-ip-filter": "the unit's IP filter",
    proxy: "proxy",
    "host-check": "Host check",
    "origin-check": "Origin check",
    authentication: "authentication",
  },
  barrierReasons: {
    "listens-here": "listens on this address",
    "listens-elsewhere": "listens on another address",
    "loopback-only": "listens on loopback only",
    "loopback-routed-in": "route_localnet hands loopback to neighbours",
    "weak-host-model": "the kernel answers for this address on every interface",
    "dual-stack-unmeasured": "whether [::] takes IPv4 too was not measured",
    "destination-may-be-rewritten": "firewall or container rules may send packets past loopback",
    "device-bound": "is bound to another interface",
    "other-namespace": "listens in another network namespace",
    "no-way-back": "there is no way back to the sender",
    "not-forwarded": "this host does not forward packets there",
    forwarded: "this host forwards packets there",
    "tunnel-target-unknown": "where the tunnel leads to is not told on this host",
    "tunnel-audience-unknown":
      "whether the machine at the other end of the tunnel lets others use the port is not known",
    "routing-unread": "the routing tables could not be read",
    "sysctl-unread": "the kernel setting that decides this could not be read",
    "no-rule-set": "no rules are loaded",
    "not-judged-yet": "rules are loaded; what they make of this is not judged",
    "firewall-unread": "the rules could not be read",
    "private-address": "only where a router in front sends packets for this private address here",
    "rules-admit": "the rules let them in",
    "rules-stop": "the rules stop them",
    "rules-send-elsewhere": "the rules send them elsewhere",
    "answer-in-doubt": "the rules let them in, and may stop the answer",
    "bridge-unread": "whether the rules see packets between containers was not read",
    "rules-rate": "the rules limit how many",
    "rules-sender": "it depends on what the sender writes into the packet",
    "rules-unusual": "it depends on what a packet seldom has",
    "rules-moment": "it depends on what the host holds at that moment",
    "rules-not-understood": "a rule is not understood",
    "rules-not-read": "what a rule asks for was not read",
    "rules-too-complex": "the rules branch too often to follow",
    "no-ip-filter": "none is set",
    "ip-filter-unproven": "is loaded, and only a connection from outside can tell whether it blocks",
    "unit-unread": "the unit could not be read",
    "check-refuses": "refuses a foreign name",
    "check-accepts": "accepts a foreign name",
    "check-off-on-this-address": "is off unless the server listens on loopback",
    "check-unmeasured": "was not measured",
    "proxy-sets-host": "the proxy writes a name that the server accepts",
    "tunnel-passes-its-name": "the tunnel passes on its public name, which the server refuses",
    "tunnel-sets-host": "the tunnel writes a name that the server accepts",
    "caller-chooses-host": "whoever calls chooses the name, and the server accepts some",
    "proxy-passes-its-name": "the proxy passes on its own name, which the server refuses",
    "proxy-lets-sources-in": "its list of addresses lets them in",
    "proxy-stops-sources": "they are not on its list of addresses",
    "proxy-refuses-unexplained": "refuses this host by a condition that was not understood",
    "proxy-not-understood": "a part of its configuration is not understood",
    "proxy-changed": "its files are newer than what it runs with",
    "proxy-upstream-unclear": "where it hands on to depends on the request",
    "relay-target-unknown": "which servers it hands on to is not told",
    "proxy-upstream-unresolved": "the name it hands on to could not be resolved",
    "answers-without-credential": "answers without a credential",
    "demands-credential": "demands a credential",
    "has-no-authentication": "this server has none",
    "proxy-demands-nothing": "the proxy demands none, and the server has none",
    "proxy-takes-any-credential": "the proxy wants one to be there and takes any",
    "proxy-asks-service": "the proxy asks another service, whose answer was not measured",
    "tunnel-demands-nothing": "the tunnel demands none, and the server has none",
    "authentication-unmeasured": "was not measured",
  },
  decider: toDeciderText,
  stoppedBy: (decider) => `${decider} stops them`,
  letInBy: (nothing, decider) => `${nothing}: ${decider} lets them in`,
  nothingStops: (upstreamUnseen) => (upstreamUnseen ? "nothing on this host" : "nothing"),
  notKnown: (reasons) => `not known (${reasons.join("; ")})`,

  runBy: (runBy) => {
    if (runBy.kind === "systemd") {
      return `systemd ${runBy.scope === "user" ? "user unit" : "unit"} ${show(runBy.unit)}`;
    }
    if ("container" in runBy) {
      return `${runBy.kind} container ${show(runBy.container)} from ${show(runBy.image)}`;
    }
    if (runBy.kind === "unknown") return "started by something that could not be seen";
    return runBy.startedFrom === "session" ? "started by hand in a session" : "a process of its own";
  },
  process: (pid, user) => `process ${pid}${user === null ? "" : ` of user ${show(user)}`}`,
  processUnseen: "its process could not be seen",
  listensOn: (sockets) =>
    `listens on ${sockets
      .map(({ socket, dualStack }) => (dualStack === true ? `${socket} (IPv6 and IPv4)` : socket))
      .join(", ")}`,
  server: (name, version) => (version === null ? `${name}, version unknown` : `${name} ${show(version)}`),
  setting: (name, effective, listensOn) =>
    `${name} ${effective === null ? "is not set" : `= ${show(effective)}`} in the running process${
      listensOn === null ? "" : `, which means ${show(listensOn)}`
    }`,
  settingUnread: (name) => `${name} of the running process could not be read`,
  declaration: (value, place, reaches, why) =>
    `${show(value)} in ${place}: ${reaches === true ? "in effect" : reaches === false ? `no effect, ${why}` : `effect not known, ${why}`}`,
  declarationReasons: DECLARATION_REASONS_EN,

  facts: {
    identity: "which host this is",
    listeners: "listening sockets",
    unseen: "processes and network namespaces of others",
    processes: "processes",
    networks: "network interfaces and routes",
    units: "systemd units",
    environmentFiles: "environment files",
    containers: "containers",
    firewall: "firewall rules",
    managers: "what managers of firewall rules were told",
    sessions: "open connections",
    proxies: "reverse proxies",
    tunnels: "tunnels",
    answers: "answers of the listeners",
    files: "owners and modes of files",
  },
  whys: {
    absent: "not there",
    denied: "permission denied",
    timeout: "no answer in time",
    unparsed: "not understood",
    "too-large": "too much to read",
    failed: "failed",
  },
  missingFixes: {
    absent: ({ from }) => `Install what provides \`${show(from)}\`, or read the host where it is installed.`,
    denied: ({ fact }, { uid }) =>
      fact === "answers"
        ? "Allow this login streams to the host's own ports (`AllowTcpForwarding local` in its sshd_config), or run " +
          "`portlock record` there and judge the recording here."
        : uid === 0
          ? "It was read as root, and even root was refused: run it outside of the container or sandbox it ran in."
          : "Run as root: `sudo portlock audit`; over SSH, log in as root; for a recording, record as root.",
    timeout: () => "Run it again; if it stays so, the host is overloaded or a mount hangs.",
    unparsed: ({ from }) =>
      from.startsWith("/")
        ? `Please report this with what stands at ${show(from)}, without its secrets: Portlock should understand it.`
        : `Please report this with the output of \`${show(from)}\`: Portlock should understand it.`,
    "too-large": ({ from }) => `Look at \`${show(from)}\` by hand: there is more than Portlock reads.`,
    failed: ({ from }) => `Try \`${show(from.replace(/^GET /, "curl -i "))}\` by hand to see why it fails.`,
  },

  host: (name, os, kernel, recordedAt) =>
    [show(name), os === null ? null : show(os), kernel === null ? null : `kernel ${show(kernel)}`, `read ${recordedAt}`]
      .filter((part) => part !== null)
      .join(", "),
  labelled: (label, text) => `${label}: ${text}`,
  join: (parts) => parts.join(", "),
  more: (count) => `${count} more`,
  headings: {
    who: "Who",
    way: "By which way",
    stops: "What stops them",
    verdict: "Verdict",
    evidence: "Evidence",
    route: "Route",
    findings: "Findings",
    why: "Why",
    fix: "Fix",
    missing: "Could not be read",
    noFindings: "No findings.",
    noRoutes: "No routes were judged.",
  },
  moreAbout: (rule) => `More about a rule: portlock explain ${rule}`,
  sameCommand: (rule) => `(the same command as for ${rule} above)`,
  findingCount: (counts) => counts.map(({ severity, count }) => `${count} ${severity}`).join(", "),

  explain: {
    title: "Rules",
    intro:
      "Every rule of Portlock: what it finds, why that matters, how to mend it and how to check that it is mended.",
    what: "What",
    why: "Why it matters",
    fix: "How to mend it",
    check: "How to check",
    sources: "Sources",
    example: "For example",
    generated: "Printed by scripts/print-rules.ts from the words in src/report/words; do not edit by hand.",
  },
};

/** One sentence for each verdict; `server` is null where none was found. */
const SENTENCES: Readonly<Record<HostVerdict, (summary: Summary, server: string | null) => string>> = {
  exposed: ({ audience }, server) =>
    `EXPOSED: anybody ${toAudience(audience)} can use ${server ?? "a model server"} without a credential.`,
  guarded: ({ audience }, server) =>
    `GUARDED: ${server ?? "a model server"} can be reached by anybody ${toAudience(audience)}, and asks for a credential.`,
  local: (_summary, server) => `LOCAL: only this host can reach ${server ?? "the model server"}.`,
  none: () => "NONE: no model server was found on this host.",
  unknown: ({ missing, unknown }, server) => {
    if (server === null) {
      return `UNKNOWN: it could not be told whether a model server runs here; not read: ${toFacts(missing)}.`;
    }
    const reasons = unknown.map(({ kind, why }) => `${EN.barriers[kind]}: ${EN.barrierReasons[why]}`).join("; ");
    return `UNKNOWN: it could not be told who can reach ${server}${reasons === "" ? "" : ` (${reasons})`}.`;
  },
};

function toSentence(summary: Summary): string {
  const sentence = SENTENCES[summary.verdict](summary, summary.server === null ? null : toServer(summary.server));
  if (summary.others === 0) return sentence;
  return `${sentence} The same goes for ${summary.others === 1 ? "one more server" : `${summary.others} more servers`}.`;
}

function toServer({ kind, version, ports }: NonNullable<Summary["server"]>): string {
  const name = `${EN.servers[kind]} ${version === null ? "(version unknown)" : show(version)}`;
  return `${name} on port ${ports.length === 0 ? "unknown" : join(ports.slice(0, 4).map(String))}`;
}

function toAudience({ internet, neighbours, containers }: Audience): string {
  const places: string[] = [];
  if (internet === "yes") places.push("on the internet");
  if (internet === "as-far-as-seen") places.push("on the internet (as far as this host goes)");
  if (neighbours.length > 0) places.push(`on ${toNetworks(toTellingNetworks(neighbours))}`);
  if (containers) places.push("in a container of this host");
  return places.length === 0 ? "who reaches this host" : either(places);
}

function toNetworks(networks: readonly string[]): string {
  const [first = "", ...others] = networks.map(show);
  return others.length < 2 ? join([first, ...others]) : `${first} and ${others.length} more networks`;
}

function toFacts(names: readonly string[]): string {
  return names.length === 0 ? "see below" : join(names.map((name) => EN.facts[name] ?? show(name)));
}

function toFamily(source: string): string {
  return source === "0.0.0.0/0" ? "IPv4" : source === "::/0" ? "IPv6" : show(source);
}

function toDeciderText(name: DeciderName): string {
  switch (name.kind) {
    case "ufw-rule":
      return `\`${show(name.command)}\``;
    case "ufw-default":
      return `ufw's default (${name.policy} ${name.direction})`;
    case "ufw-built-in":
      return `a rule of ufw's own (chain ${show(name.chain)})`;
    case "firewalld-zone":
      return `firewalld's zone ${show(name.zone)}${name.element === null ? "" : ` (${show(name.element.text)})`}`;
    case "firewalld-policy":
      return `firewalld's policy ${show(name.policy)}`;
    case "firewalld-built-in":
      return `a rule of firewalld's own (chain ${show(name.chain)})`;
    case "docker-port":
      return `Docker's rule for port ${name.port}`;
    case "docker-chain":
      return `a rule in Docker's chain ${show(name.chain)}`;
    case "rule":
      return `a rule in chain ${show(name.chain)} (table ${show(name.table)})`;
    case "policy":
      return `the policy ${name.policy ?? "(not read)"} of chain ${show(name.chain)} (table ${show(name.table)})`;
  }
}

function toExcept(networks: readonly string[]): string {
  return networks.length === 0 ? "" : `, except ${listShort(networks)}`;
}

function inBrackets(parts: readonly string[]): string {
  return parts.length === 0 ? "" : ` (${parts.slice(0, 3).map(show).join(", ")})`;
}

/** The paths that a proxy hands on: a list of what is let through is told by its first. */
function toPaths(paths: readonly string[]): string {
  const [first = "", ...rest] = paths.map((path) => show(toPathText(path)));
  return rest.length > 2 ? `${first} and ${rest.length} more paths` : join([first, ...rest]);
}

function listShort(values: readonly string[]): string {
  const shown = values.slice(0, 3).map(show);
  const rest = values.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : join(shown);
}

function either(places: readonly string[]): string {
  const [last = "", ...others] = places.toReversed();
  if (others.length < 2) return [...others, last].join(" or ");
  return `${others.toReversed().join(", ")}, or ${last}`;
}

function join(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

function show(value: string): string {
  return toPrintable(value, 60);
}
