import type { FindingData, RuleId } from "../judge/finding.ts";
import type { Server } from "../judge/server.ts";
import { toDropInCommand, toLoopbackCommand, toUnitCommand, isSafeToApply } from "./mend-command.ts";
import { toShellWord } from "./printable.ts";

/** What there is to say about a rule in every language alike. */
export interface RuleNote<Id extends RuleId> {
  /**
   * The one command that mends the finding today, to be copied into a shell; null where none can without
   * knowing what its owner wants. Names from the host are quoted.
   */
  toCommand(data: FindingData[Id], server: Server | null): string | null;
  readonly sources: readonly string[];
}

const OLLAMA = "https://github.com/ollama/ollama/blob/v0.33.0-rc2";
const OLLAMA_FAQ = "https://docs.ollama.com/faq";
const SYSTEMD_EXEC = "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment";
const SYSTEMD_UNIT = "https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html";
const INSTALLER = `${OLLAMA}/scripts/install.sh`;
const IP_SYSCTL = "https://docs.kernel.org/networking/ip-sysctl.html";

function none(): null {
  return null;
}

/** A note for every rule; a rule without one does not compile. */
export const RULE_NOTES: { readonly [Id in RuleId]: RuleNote<Id> } = {
  "open-bind": {
    toCommand: (_data, server) => toLoopbackCommand(server),
    sources: [`${OLLAMA}/envconfig/config.go`, OLLAMA_FAQ, "https://nvd.nist.gov/vuln/detail/CVE-2025-63389"],
  },
  "published-port-open": {
    toCommand: (data) =>
      data.engine === "docker" || data.engine === "podman"
        ? `sudo ${data.engine} stop -- ${toShellWord(data.container)}`
        : null,
    sources: [
      "https://docs.docker.com/engine/network/port-publishing/",
      "https://docs.docker.com/engine/network/packet-filtering-firewalls/",
      "https://docs.ollama.com/docker",
    ],
  },
  "reached-from-other-interface": {
    toCommand: (_data, server) => toLoopbackCommand(server),
    sources: ["https://www.rfc-editor.org/rfc/rfc1122#section-3.3.4.2", IP_SYSCTL],
  },
  "loopback-routed-in": {
    toCommand: (data) =>
      ["sudo sysctl -w", ...["all", ...data.interfaces].map((name) => toRouteLocalnetOff(name))].join(" "),
    sources: [IP_SYSCTL, "https://nvd.nist.gov/vuln/detail/CVE-2020-8558"],
  },
  "browser-page-can-call": {
    toCommand: (data, server) =>
      data.by === "host-check-off" ? toLoopbackCommand(server) : toDropInCommand(server, "OLLAMA_ORIGINS", ""),
    sources: [`${OLLAMA}/server/routes.go`, "https://nvd.nist.gov/vuln/detail/CVE-2024-28224"],
  },
  "any-origin-allowed": {
    toCommand: (_data, server) => toDropInCommand(server, "OLLAMA_ORIGINS", ""),
    sources: [`${OLLAMA}/envconfig/config.go`, OLLAMA_FAQ],
  },
  "setting-without-effect": {
    toCommand: (data, server) => {
      if (data.reason === "restart-missing" || data.reason === "daemon-reload-missing") {
        return isSafeToApply(data.setting, data.value) ? toUnitCommand(server, data.reason) : null;
      }
      return isSafeToApply(data.setting, data.value) ? toDropInCommand(server, data.setting, data.value) : null;
    },
    sources: [SYSTEMD_EXEC, OLLAMA_FAQ],
  },
  "comment-applied-as-setting": {
    toCommand: (data, server) => (data.setting === "OLLAMA_HOST" ? toLoopbackCommand(server) : null),
    sources: ["https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html", SYSTEMD_EXEC],
  },
  "setting-in-overwritten-unit": {
    toCommand: (data, server) => {
      const setting = server?.settings.find((each) => each.name === data.setting);
      const value = setting?.effective ?? null;
      if (value === null || !isSafeToApply(data.setting, value)) return null;
      return toDropInCommand(server, data.setting, value);
    },
    sources: [INSTALLER, SYSTEMD_UNIT, "https://github.com/ollama/ollama/issues/13178"],
  },
  "daemon-reload-missing": {
    toCommand: (_data, server) => toUnitCommand(server, "daemon-reload-missing"),
    sources: ["https://www.freedesktop.org/software/systemd/man/latest/systemctl.html#daemon-reload"],
  },
  "restart-missing": {
    toCommand: (data, server) =>
      data.loaded === null || isSafeToApply(data.setting, data.loaded)
        ? toUnitCommand(server, "restart-missing")
        : null,
    sources: [SYSTEMD_EXEC],
  },
  "second-server": {
    toCommand: (_data, server) =>
      server?.runBy.kind === "process" && server.process !== null ? `sudo kill ${server.process.pid}` : null,
    sources: ["https://github.com/ollama/ollama/issues/3041", "https://github.com/ollama/ollama/issues/14305"],
  },
  "misleading-listen-address": {
    toCommand: (_data, server) => toLoopbackCommand(server),
    sources: [`${OLLAMA}/envconfig/config.go`],
  },
  "known-vulnerability": {
    toCommand: (data, server) =>
      data.updateTo !== null && server?.kind === "ollama" && server.runBy.kind === "systemd"
        ? "curl -fsSL https://ollama.com/install.sh | sh"
        : null,
    sources: ["https://github.com/ollama/ollama/security/advisories", "https://nvd.nist.gov/"],
  },
  "version-unknown": { toCommand: none, sources: [`${OLLAMA}/version/version.go`] },
  "runs-as-root": { toCommand: none, sources: [INSTALLER, "https://docs.ollama.com/linux"] },
  "key-file-readable": {
    toCommand: (data) => `sudo chmod 600 -- ${toShellWord(data.path)}`,
    sources: [`${OLLAMA}/auth/auth.go`],
  },
  "model-folder-writable": {
    toCommand: (data) => `sudo chmod -R go-w -- ${toShellWord(data.path)}`,
    sources: [OLLAMA_FAQ],
  },
  "request-logging-on": {
    toCommand: (data, server) => toDropInCommand(server, data.setting, "0"),
    sources: [`${OLLAMA}/envconfig/config.go`],
  },
  "planted-models": {
    toCommand: (data) => ["ollama rm --", ...data.models.map((name) => toShellWord(name))].join(" "),
    sources: ["https://github.com/ollama/ollama/issues/16236"],
  },
  "cloud-on-exposed-server": {
    toCommand: (_data, server) => toDropInCommand(server, "OLLAMA_NO_CLOUD", "1"),
    sources: [`${OLLAMA}/server/cloud_proxy.go`, "https://docs.ollama.com/cloud"],
  },
  "ip-filter-unproven": {
    toCommand: none,
    sources: ["https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html"],
  },
};

/** With slashes, because an interface's name may hold the dot that sysctl(8) otherwise splits at. */
function toRouteLocalnetOff(name: string): string {
  return toShellWord(`net/ipv4/conf/${name}/route_localnet=0`);
}
