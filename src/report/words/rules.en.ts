import type { RuleId } from "../../judge/finding.ts";
import { reachOf } from "../../judge/reach.ts";
import { toLoopbackValue } from "../../judge/loopback-value.ts";
import { toLoopbackPublication } from "../mend-command.ts";
import { toPrintable } from "../printable.ts";
import type { RuleWords, Subject } from "../report.ts";
import { toRunner } from "../runner.ts";
import { DECLARATION_REASONS_EN } from "./declaration-reasons.ts";
import { MISLEADING_REASONS_EN } from "./misleading-reasons.ts";
import { chooseFlaws, isSeen } from "./flaws.ts";
import { FIREWALL_RULES_EN } from "./firewall-rules.en.ts";
import { PROXY_RULES_EN } from "./proxy-rules.en.ts";
import { listInEnglish as list, show } from "./lists.ts";

/** The rules in English, ASCII only. */
export const RULES_EN: { readonly [Id in RuleId]: RuleWords<Id> } = {
  "open-bind": {
    what: "A model server listens on an address that others than this host reach, and answers without a credential.",
    title: ({ setting, value, entries }) =>
      `Others can use the server without a credential at ${list(entries)}: ` +
      (value === null ? `${show(setting)} is not set to loopback` : `${show(setting)}=${show(value)}`),
    why:
      "Whoever reaches the port can run models on your hardware, read and delete models, make the server fetch files " +
      "from anywhere, and use every flaw of its version. Ollama has no authentication of its own.",
    fix: (_data, subject) => toLoopbackFix(subject),
    check:
      "`ss -H -tlnp` shows 127.0.0.1:11434 and neither *:11434 nor 0.0.0.0:11434; `portlock probe http://HOST:11434` " +
      "run on another machine finds the port closed.",
  },
  "published-port-open": {
    what: "A container publishes a model server's port on an address that others than this host reach.",
    title: ({ engine, container, published, containerPort }) =>
      `${show(engine)} publishes port ${containerPort} of container ${show(container)} to others on ${show(published)}`,
    details: ({ passesBy }) =>
      passesBy === null
        ? []
        : [`${show(passesBy)} is in force and does not close it: Docker passes these packets by ufw's rules.`],
    why:
      "`-p 11434:11434` publishes on every address of the host. Docker passes such packets on before the INPUT rules " +
      "of ufw and firewalld see them, so `ufw deny` does not close the port.",
    fix: ({ published, containerPort }) =>
      `Create the container again with \`-p ${toLoopbackPublication(published, containerPort)}\` (in a compose file: ` +
      `"${toLoopbackPublication(published, containerPort)}" under \`ports\`). Until then, stop it.`,
    check:
      "`docker port NAME` (or `podman port NAME`) names 127.0.0.1 only, and a connection from another machine fails.",
  },
  "container-address-open": {
    what: "A container's own address is reached by others, although no port needs to be published for that.",
    title: ({ container, addresses }) =>
      `Other machines can use the server in container ${show(container)} at its own address ${list(addresses)}: this host forwards their packets`,
    why:
      "Whoever sends packets for the container's address to this host gets in, whatever address its port is published on. " +
      "Rules of the engine usually stop that; there are none here, or they let it pass.",
    fix: () =>
      "Drop what is forwarded to the container's network; the command does so until the next restart of the host, and also " +
      "stops ports that rules of the engine publish to others. To keep it, put its rules into /etc/nftables.conf. Docker " +
      'drops such packets itself from version 28 on, unless it was told to write no rules ("iptables": false in ' +
      "/etc/docker/daemon.json).",
    check:
      "From another machine, `ip route add CONTAINER-ADDRESS via HOST` and a connection to the container's address fail.",
  },
  "open-to-containers": {
    what: "Every container of the same network reaches the server in a container without a credential.",
    title: ({ container, network, addresses }) =>
      `Every container of network ${show(network)} can use the server in container ${show(container)} at ${list(addresses)}`,
    why:
      "Containers of one network reach each other at every port, published or not. Whoever breaks into one of them, or " +
      "is asked to run there, has the model server too.",
    fix: ({ network }) =>
      `Put the container on a network of its own, with those alone who need it, instead of ${show(network)}: ` +
      "`docker network create`, `docker network connect`, `docker network disconnect`.",
    check: "In a container that does not need the server, a connection to the container's address fails.",
  },
  "forwarded-port-open": {
    what: "A rule of the packet filter sends another port of the host on to the server.",
    title: ({ entries, to }) => `Others can use the server by ${list(entries)}: a rule sends that on to ${show(to)}`,
    details: ({ by }) => [show(by)],
    why: "Where the server itself listens does not matter for packets that a rule (DNAT, redirect) sends to it.",
    fix: () =>
      "Remove the rule where it was written (it comes back at the next start otherwise), or let in by it those alone " +
      "who need the server.",
    check: "From another machine, a connection to that port fails.",
  },
  "reached-from-other-interface": {
    what: "A server is bound to one address of the host, and that address is answered on the other interfaces too.",
    title: ({ address, interfaces }) =>
      `The server is bound to ${show(address)}, and can be reached at that address by ${list(interfaces)} too`,
    why:
      "Linux answers for every address of the host on every interface (the weak host model). Binding to the address of " +
      "the inner network does not keep out a neighbour of the outer one who sends packets to that address.",
    fix: () =>
      "Bind to 127.0.0.1 and let others in by a proxy, or drop packets for this address on the other interfaces.",
    check:
      "From a machine behind the other interface, `ip route add ADDRESS via HOST` and a connection to ADDRESS fail.",
  },
  "loopback-routed-in": {
    what: "The kernel hands packets for 127.0.0.0/8 that come from outside to the servers on loopback (route_localnet).",
    title: ({ interfaces, entry }) =>
      `Neighbours on ${list(interfaces)} can reach ${show(entry)}, although it is loopback: route_localnet is on`,
    why: "With route_localnet on, a neighbour who routes 127.0.0.0/8 to this host reaches servers that are meant for it alone.",
    fix: () =>
      "Turn route_localnet off. Look first at what turned it on: some container networks (kube-proxy, NodePort on " +
      "loopback) need it. To keep it off, set it in /etc/sysctl.d too.",
    check: "`sysctl -a --pattern route_localnet` shows 0 everywhere.",
  },
  "browser-page-can-call": {
    what: "A web page that somebody opens on this host can call the server.",
    title: ({ by }) =>
      by === "host-check-off"
        ? "A web page opened on this host can call the server by DNS rebinding: its Host check is off"
        : by === "no-host-check"
          ? "A web page opened on this host can call the server by DNS rebinding: it does not check the Host header"
          : "Any web page opened on this host can call the server: it accepts every Origin",
    why:
      "A page from the internet runs in the browser of somebody who may reach the server. Ollama checks the Host header " +
      "only when it listens on loopback, and OLLAMA_ORIGINS=* turns off the Origin check.",
    fix: ({ by }, subject) => {
      if (by === "any-origin")
        return "Take the `*` out of OLLAMA_ORIGINS; name the pages that need it, separated by commas.";
      if (by === "no-host-check") return "Upgrade: Ollama checks it from 0.1.29 on.";
      return toRunner(subject) === "container"
        ? "In a container the server has to listen on every address, which turns its Host check off. Put a proxy in " +
            "front of it that takes the names you use and refuses every other Host."
        : "Bind the server to 127.0.0.1: that turns the Host check on.";
    },
    check:
      "`curl -i -H 'Host: rebind.example' http://127.0.0.1:11434/api/version` and the same with " +
      "`-H 'Origin: https://page.example'` answer 403.",
  },
  "any-origin-allowed": {
    what: "OLLAMA_ORIGINS admits every web page.",
    title: ({ value }) => `OLLAMA_ORIGINS=${show(value)} admits every web page`,
    why: "A page from anywhere, open in a browser that reaches the server, can then use models and read the answers.",
    fix: () => "Empty OLLAMA_ORIGINS, or name only the pages that need it: OLLAMA_ORIGINS=https://chat.example.com",
    check: "`curl -i -H 'Origin: https://page.example' http://127.0.0.1:11434/api/version` answers 403.",
  },
  "setting-without-effect": {
    what: "A setting is written down where it never reaches the server.",
    title: ({ setting, value, file, line, reason }) =>
      `${show(setting)}=${show(value)} in ${place(file, line)} has no effect: ${DECLARATION_REASONS_EN[reason]}`,
    why: "Whoever wrote it believes it is in force. The server goes by another value, as its process and its socket show.",
    fix: ({ setting, file, line }) =>
      `Write ${show(setting)} where the server reads it, and remove it from ${place(file, line)}. A systemd service reads its ` +
      "unit, the unit's drop-ins and the files that EnvironmentFile= names, nothing else.",
    check: "`systemctl show -p Environment UNIT` and /proc/PID/environ both hold the value.",
  },
  "comment-applied-as-setting": {
    what: "Words behind a value, meant as a comment, were applied as a setting.",
    title: ({ setting, value, file, line }) =>
      `The words behind # in ${place(file, line)} are no comment: ${show(setting)}=${show(value)} was applied`,
    why: "systemd has no comments at the end of a line. Each word there that reads NAME=value is a setting, and the last one wins.",
    fix: ({ file, line }) =>
      `Move the comment in ${place(file, line)} to a line of its own that begins with #, then reload and restart. ` +
      "A drop-in with the right value wins until then.",
    check: "`systemctl show -p Environment UNIT` shows the value that was meant.",
  },
  "setting-in-overwritten-unit": {
    what: "A setting stands in the unit file that the installer writes anew at every upgrade.",
    title: ({ setting, file, unit }) =>
      `${show(setting)} stands in ${show(file)}, which the next upgrade of ${show(unit)} overwrites`,
    why: "Ollama's installer replaces the whole unit file. The setting, and what it closes, is then gone. Drop-ins stay.",
    fix: ({ unit }) => `Put the setting into a drop-in of ${show(unit)}.`,
    check: "`systemctl cat UNIT` shows the setting below a path that ends in .d/, and still does after an upgrade.",
  },
  "daemon-reload-missing": {
    what: "Files of a unit changed after systemd read them.",
    title: ({ unit }) => `systemd has not read the changed files of ${show(unit)}: daemon-reload is missing`,
    why: "What the files say is not what the next start will use, and not what runs now.",
    fix: () =>
      "Reload, then restart. Read `systemctl cat UNIT` first: what the files say comes into force, whatever it is.",
    check: "`systemctl show -p NeedDaemonReload UNIT` says no.",
  },
  "restart-missing": {
    what: "A service runs with an older value of a setting than its unit has by now.",
    title: ({ unit, setting, running, loaded }) =>
      `${show(unit)} still runs ${running === null ? `without ${show(setting)}` : `with ${show(setting)}=${show(running)}`}, ` +
      `while its unit ${loaded === null ? "sets it no more" : `says ${show(loaded)} by now`}`,
    why: "The value changes at some later restart or reboot, when nobody looks: it may close the server, or open it.",
    fix: ({ loaded }) =>
      `Restart the service to bring ${loaded === null ? "its default" : show(loaded)} into force; if that would open ` +
      "the server, correct it first.",
    check: "/proc/PID/environ of the service holds the value of its unit.",
  },
  "second-server": {
    what: "Another server of the same kind was started by hand beside the service.",
    title: ({ servers }) => `More than one server of the same kind runs: ${list(servers)}`,
    why:
      "A server started by hand does not read the service's settings: it has another address, another home and other " +
      "models. Hardening the service leaves it as it is.",
    fix: () => "Stop the one that was started by hand, and ask who started it: the service does not need it.",
    check: "`pgrep -ax ollama` shows one `ollama serve`.",
  },
  "misleading-listen-address": {
    what: "The value of the listen address does not mean what it seems to mean.",
    title: ({ value, reason, listensOn }) =>
      `OLLAMA_HOST=${show(value)} does not mean what it seems to (${MISLEADING_REASONS_EN[reason]}): ` +
      (listensOn === null
        ? "where it listens, if at all, the value does not tell"
        : `it listens on ${show(listensOn)}`),
    why: "For example `:8080` listens on every address, and a port that is no number falls back to 11434 without stopping the server.",
    fix: () => "Write the address and the port in full.",
    check: "`ss -H -tlnp` shows the address that was meant.",
  },
  "known-vulnerability": {
    what: "The version of the server has a published flaw.",
    title: ({ version, advisories: [worst, ...others] }) =>
      worst === undefined
        ? `Version ${show(version)} has published flaws`
        : others.length === 0
          ? `Version ${show(version)} has a published flaw, ${show(worst.id)}`
          : `Version ${show(version)} has ${others.length + 1} published flaws, the worst of them ${show(worst.id)}`,
    details: ({ advisories }, server) => {
      const { places, left } = chooseFlaws(advisories);
      const toPlace = (place: keyof typeof PLACES): string =>
        `${PLACES[place]}${isSeen(place, server) ? "" : " (not ruled out)"}`;
      return [
        ...places.flatMap(({ usableFrom, groups }) => [
          usableFrom.length === 0
            ? "Nobody without a credential was seen who could use these:"
            : `Can be used from ${usableFrom.map(toPlace).join(", ")}:`,
          ...groups.map(({ ids, flaw, source }) => {
            const mended = flaw.fixed === null ? "not fixed in any version" : `fixed in ${show(flaw.fixed)}`;
            const doubt = flaw.certain ? "" : "; the records leave open whether this version has it";
            return `- ${list(ids)}: ${toPrintable(flaw.summary.en, 160)} (${mended}${doubt})${source === null ? "" : ` ${show(source)}`}`;
          }),
        ]),
        ...(left.length === 0
          ? []
          : [`And ${left.length} more: ${left.map(show).join(", ")}. \`portlock audit --json\` tells of each.`]),
      ];
    },
    why: "The flaws are public. Whoever reaches the server from a place named above can use them.",
    fix: ({ updateTo, advisories }, subject) => {
      const isOpen = subject.server === null || ["outside", "browser"].includes(reachOf(subject.server));
      if (updateTo === null) return `No version mends it: ${isOpen ? "close the routes" : TRUST_EN}.`;
      const how =
        toRunner(subject) === "container"
          ? "pull a newer image and create the container again."
          : "download https://ollama.com/install.sh, read it, then run it; OLLAMA_VERSION names a version other than the " +
            "newest. It overwrites the unit file, not the drop-ins.";
      const rest = advisories.every(({ fixed }) => fixed !== null)
        ? ""
        : isOpen
          ? " What no version mends needs the routes closed."
          : ` Where no version mends it, ${TRUST_EN}.`;
      return `Upgrade to ${show(updateTo)} or newer: ${how}${rest}`;
    },
    check: "`curl -s http://127.0.0.1:11434/api/version` names a version that has the fix.",
  },
  "version-unknown": {
    what: "The server does not say its version, so it cannot be told which published flaws it has.",
    title: ({ advisories }) => `The version is unknown, so none of ${advisories} known flaws can be ruled out`,
    why: "Unknown is not safe. Builds from source and by distributions often say 0.0.0.",
    fix: () =>
      "Find out the version from the package manager or from who built it, and compare it with the advisories.",
    check: "`curl -s http://127.0.0.1:11434/api/version` names a version other than 0.0.0.",
  },
  "runs-as-root": {
    what: "A model server runs as root.",
    title: ({ pid }) => `The server (process ${pid}) runs as root`,
    why:
      "A flaw in the server, of which several let a caller write files, then gives away all that root can reach: the " +
      "whole host, or the whole container.",
    fix: (_data, subject) =>
      toRunner(subject) === "container"
        ? "Create the container again with `--user`, after giving that user the volume with the models; or run the engine " +
          "without root (rootless mode)."
        : "Run it as a user of its own: `User=` and `Group=` in a drop-in of the unit, with the models in a folder of that " +
          "user (OLLAMA_MODELS). Ollama's installer sets up the user ollama for that.",
    check: "`ps -o user= -p PID` names another user than root.",
  },
  "key-file-readable": {
    what: "The server's private key can be read or changed by others.",
    title: ({ path, mode }) => `The private key ${show(path)} has mode ${show(mode)}`,
    why: "The key signs the server in at ollama.com: whoever has it can act as the owner's account.",
    fix: () => "Let only its owner read it. If others may have read it already, sign out, delete it and sign in again.",
    check: "`stat -c %a FILE` says 600.",
  },
  "model-folder-writable": {
    what: "Others than the server's user can change the models.",
    title: ({ path, mode }) => `The model folder ${show(path)} has mode ${show(mode)}, so others can change the models`,
    why: "Model files are parsed by native code with a history of memory flaws; whoever can change one can attack the server.",
    fix: () => "Take the right to write from group and others.",
    check: "`stat -c %a FOLDER` ends in two digits without 2 (755, 750 or 700).",
  },
  "request-logging-on": {
    what: "The server writes prompts and answers to disk.",
    title: ({ setting }) => `${show(setting)} is on: prompts and request bodies are written to disk`,
    why: "Prompts hold what people paste: contracts, keys, names. In a log they outlive the request, and backups take them along.",
    fix: ({ setting }) => `Turn ${show(setting)} off, and delete what was written.`,
    check: "/proc/PID/environ no longer holds the setting.",
  },
  "planted-models": {
    what: "Models are there that a known attack leaves behind.",
    title: ({ models }) => `Models that a known attack leaves behind: ${list(models)}`,
    why: "Names that begin with leak_model_ were pulled into open servers by somebody who reads out their memory. Treat it as a break-in.",
    fix: () =>
      "Keep the logs as evidence, close the routes, change every secret that went through prompts or environment; only " +
      "then remove the models with `ollama rm`.",
    check: "`ollama list` no longer shows them.",
  },
  "cloud-on-exposed-server": {
    what: "An exposed server offers cloud models that its owner pays for.",
    title: ({ models }) =>
      `Strangers can spend the owner's plan at ollama.com${models.length === 0 ? "" : `: ${list(models)}`}`,
    why: "Requests for a cloud model are signed with the server's key, whoever sent them.",
    fix: () => "Close the routes. OLLAMA_NO_CLOUD=1 turns cloud models off at once (Ollama 0.16.2 and newer).",
    check: "`curl -s http://127.0.0.1:11434/api/status` says that the cloud is disabled.",
  },
  ...FIREWALL_RULES_EN,
  ...PROXY_RULES_EN,
  "ip-filter-unproven": {
    what: "A unit has an IP filter, and nothing has shown that it blocks.",
    title: ({ unit, unifiedCgroups }) =>
      `The IP filter of ${show(unit)} is loaded, and nothing has shown that it blocks` +
      (unifiedCgroups === false ? "; this host's control groups are not unified, so it does not" : ""),
    why: "IPAddressDeny= needs unified control groups and the bpf system call. Without them systemd loads it, prints it and blocks nothing.",
    fix: () => "Try a connection from another machine. Do not count on the filter alone: bind to 127.0.0.1.",
    check: "`curl -m 3 http://HOST:11434/` on another machine fails.",
  },
};

function toLoopbackFix(subject: Subject): string {
  const runner = toRunner(subject);
  const value = toLoopbackValue(subject.server);
  const letIn = "let others in by a proxy that asks for a credential";
  if (subject.server?.kind !== "ollama") return `Bind the server to 127.0.0.1 where it is started, and ${letIn}.`;
  if (runner === "container") {
    return `Create the container again with \`-e OLLAMA_HOST=${value}\` (in a compose file: under \`environment\`), and ${letIn}. Until then, stop it.`;
  }
  if (runner === "process") return `Stop it, start it again with \`OLLAMA_HOST=${value} ollama serve\`, and ${letIn}.`;
  const restarts = runner === "service" ? " The service restarts, which breaks off running requests." : "";
  return `Bind the server to 127.0.0.1, and ${letIn}.${restarts}`;
}

/** Where no route is left to be closed. */
const TRUST_EN = "pull models only from registries you trust, and let only people you trust log in to this host";

const PLACES = {
  internet: "the internet",
  neighbour: "the same network",
  container: "a container",
  host: "this host",
  browser: "a web page open on this host",
  registry: "a hostile registry",
} as const;

function place(file: string, line: number | null): string {
  return line === null ? show(file) : `${show(file)}:${line}`;
}
