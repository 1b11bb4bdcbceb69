import type { FindingData, RuleId } from "../judge/finding.ts";
import { isSafeToApply } from "../judge/loopback-value.ts";
import { isKeyFile, isModelFolder } from "../judge/plain-names.ts";
import {
  toDropInCommand,
  toForwardFilterCommand,
  toKillCommand,
  toLoopbackCommand,
  toStopCommand,
  toUnitCommand,
} from "./mend-command.ts";
import { toShellWord } from "./printable.ts";
import type { Subject } from "./report.ts";

/** What there is to say about a rule in every language alike. */
export interface RuleNote<Id extends RuleId> {
  /**
   * The one command that mends the finding today, to be copied into a shell; null where none can without
   * knowing what its owner wants. Names from the host are quoted. lab/mend.test.ts runs each of them.
   */
  toCommand(data: FindingData[Id], subject: Subject): string | null;
  readonly sources: readonly string[];
}

const OLLAMA = "https://github.com/ollama/ollama/blob/v0.33.0-rc2";
const OLLAMA_FAQ = "https://docs.ollama.com/faq";
const SYSTEMD_EXEC = "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment";
const SYSTEMD_UNIT = "https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html";
const INSTALLER = `${OLLAMA}/scripts/install.sh`;
const DOCKER_PORTS = "https://docs.docker.com/engine/network/port-publishing/";
const DOCKER_FIREWALL = "https://docs.docker.com/engine/network/packet-filtering-firewalls/";
const IP_SYSCTL = "https://docs.kernel.org/networking/ip-sysctl.html";
const DOCKER_IPTABLES = "https://docs.docker.com/engine/network/firewall-iptables/";
const FIREWALLD_RELOAD = "https://firewalld.org/documentation/man-pages/firewall-cmd.html";
const UFW = "https://manpages.debian.org/bookworm/ufw/ufw.8.en.html";
const NFT = "https://manpages.debian.org/bookworm/nftables/nft.8.en.html";

const NGINX_BASIC = "https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html";
const NGINX_PROXY = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html";
const NGINX_CONTROL = "https://nginx.org/en/docs/control.html";
const CADDY_BASIC = "https://caddyserver.com/docs/caddyfile/directives/basic_auth";

function none(): null {
  return null;
}

/** A note for every rule; a rule without one does not compile. */
export const RULE_NOTES: { readonly [Id in RuleId]: RuleNote<Id> } = {
  "open-bind": {
    toCommand: (_data, subject) =>
      toLoopbackCommand(subject) ?? toKillCommand(subject.server) ?? toStopCommand(subject),
    sources: [`${OLLAMA}/envconfig/config.go`, OLLAMA_FAQ, "https://nvd.nist.gov/vuln/detail/CVE-2025-63389"],
  },
  "published-port-open": {
    toCommand: (_data, subject) => toStopCommand(subject),
    sources: [DOCKER_PORTS, DOCKER_FIREWALL, "https://docs.ollama.com/docker"],
  },
  "container-address-open": {
    toCommand: (data) => toForwardFilterCommand(data.bridge),
    sources: [DOCKER_PORTS, DOCKER_FIREWALL, "https://docs.docker.com/engine/network/drivers/bridge/"],
  },
  "open-to-containers": {
    toCommand: none,
    sources: ["https://docs.docker.com/engine/network/drivers/bridge/"],
  },
  "forwarded-port-open": {
    toCommand: none,
    sources: [
      "https://wiki.nftables.org/wiki-nftables/index.php/Performing_Network_Address_Translation_(NAT)",
      IP_SYSCTL,
    ],
  },
  "reached-from-other-interface": {
    toCommand: (_data, subject) => toLoopbackCommand(subject),
    sources: ["https://www.rfc-editor.org/rfc/rfc1122#section-3.3.4.2", IP_SYSCTL],
  },
  "loopback-routed-in": {
    toCommand: (data) =>
      data.interfaces.every((name) => INTERFACE_NAME.test(name))
        ? ["sudo sysctl -w", ...["all", ...data.interfaces].map((name) => toRouteLocalnetOff(name))].join(" ")
        : null,
    sources: [IP_SYSCTL, "https://nvd.nist.gov/vuln/detail/CVE-2020-8558"],
  },
  "browser-page-can-call": {
    toCommand: (data, subject) => {
      if (data.by === "no-host-check") return null;
      return data.by === "host-check-off" ? toLoopbackCommand(subject) : toDropInCommand(subject, "OLLAMA_ORIGINS", "");
    },
    sources: [`${OLLAMA}/server/routes.go`, "https://nvd.nist.gov/vuln/detail/CVE-2024-28224"],
  },
  "any-origin-allowed": {
    toCommand: (_data, subject) => toDropInCommand(subject, "OLLAMA_ORIGINS", ""),
    sources: [`${OLLAMA}/envconfig/config.go`, OLLAMA_FAQ],
  },
  "proxy-without-auth": { toCommand: none, sources: [NGINX_BASIC, CADDY_BASIC, `${OLLAMA}/docs/faq.mdx`] },
  "tunnel-without-auth": {
    toCommand: none,
    sources: [
      "https://developers.cloudflare.com/cloudflare-one/access-controls/policies/",
      "https://ngrok.com/docs/traffic-policy/actions/basic-auth/",
    ],
  },
  "open-beside-proxy": { toCommand: none, sources: [OLLAMA_FAQ] },
  "proxy-answers-otherwise": { toCommand: none, sources: [NGINX_CONTROL] },
  "proxy-auth-without-tls": { toCommand: none, sources: ["https://www.rfc-editor.org/rfc/rfc7617#section-4"] },
  "host-check-switched-off-by-proxy": {
    toCommand: none,
    sources: [`${OLLAMA}/server/routes.go`, "https://nvd.nist.gov/vuln/detail/CVE-2024-28224"],
  },
  "proxy-refused-by-host-check": { toCommand: none, sources: [`${OLLAMA}/server/routes.go`, `${OLLAMA}/docs/faq.mdx`] },
  "every-user-manages-models": { toCommand: none, sources: [`${OLLAMA}/server/routes.go`] },
  "proxy-allows-any-origin": {
    toCommand: none,
    sources: ["https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS"],
  },
  "credential-forwarded-upstream": { toCommand: none, sources: [NGINX_PROXY] },
  "proxy-breaks-streaming": { toCommand: none, sources: [NGINX_PROXY, "https://github.com/ollama/ollama/issues/465"] },
  "slow-password-hash": {
    toCommand: none,
    sources: [
      "https://httpd.apache.org/docs/2.4/programs/htpasswd.html",
      "https://github.com/haproxy/haproxy/issues/2956",
    ],
  },
  "proxy-reload-missing": { toCommand: none, sources: [NGINX_CONTROL] },
  "setting-without-effect": {
    toCommand: (data, subject) =>
      isSafeToApply(data.setting, data.value) ? toDropInCommand(subject, data.setting, data.value) : null,
    sources: [SYSTEMD_EXEC, OLLAMA_FAQ],
  },
  "comment-applied-as-setting": {
    toCommand: (data, subject) => (data.setting === "OLLAMA_HOST" ? toLoopbackCommand(subject) : null),
    sources: ["https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html", SYSTEMD_EXEC],
  },
  "setting-in-overwritten-unit": {
    toCommand: (data, subject) => {
      const setting = subject.server?.settings.find((each) => each.name === data.setting);
      const value = setting?.effective ?? null;
      if (value === null || !isSafeToApply(data.setting, value)) return null;
      return toDropInCommand(subject, data.setting, value);
    },
    sources: [INSTALLER, SYSTEMD_UNIT, "https://github.com/ollama/ollama/issues/13178"],
  },
  "daemon-reload-missing": {
    toCommand: (_data, subject) =>
      waitsSafely(subject.server) ? toUnitCommand(subject, "daemon-reload-missing") : null,
    sources: ["https://www.freedesktop.org/software/systemd/man/latest/systemctl.html#daemon-reload"],
  },
  "restart-missing": {
    toCommand: (data, subject) =>
      data.loaded === null || isSafeToApply(data.setting, data.loaded)
        ? toUnitCommand(subject, "restart-missing")
        : null,
    sources: [SYSTEMD_EXEC],
  },
  "second-server": {
    toCommand: (_data, subject) => toKillCommand(subject.server),
    sources: ["https://github.com/ollama/ollama/issues/3041", "https://github.com/ollama/ollama/issues/14305"],
  },
  "misleading-listen-address": {
    toCommand: (_data, subject) => toLoopbackCommand(subject),
    sources: [`${OLLAMA}/envconfig/config.go`],
  },
  // How software comes to a host is its owner's choice; nobody should pipe a script from the network into a shell.
  "known-vulnerability": {
    toCommand: none,
    sources: [
      "https://docs.ollama.com/linux",
      "https://github.com/ollama/ollama/security/advisories",
      "https://nvd.nist.gov/",
    ],
  },
  "version-unknown": { toCommand: none, sources: [`${OLLAMA}/version/version.go`] },
  "runs-as-root": { toCommand: none, sources: [INSTALLER, "https://docs.ollama.com/linux"] },
  "key-file-readable": {
    toCommand: (data) => (isKeyFile(data.path) ? `sudo chmod 600 -- ${toShellWord(data.path)}` : null),
    sources: [`${OLLAMA}/auth/auth.go`],
  },
  "model-folder-writable": {
    toCommand: (data) => (isModelFolder(data.path) ? `sudo chmod -R go-w -- ${toShellWord(data.path)}` : null),
    sources: [OLLAMA_FAQ],
  },
  "request-logging-on": {
    toCommand: (data, subject) => toDropInCommand(subject, data.setting, "0"),
    sources: [`${OLLAMA}/envconfig/config.go`],
  },
  // To remove them is the last step after a break-in, not the first.
  "planted-models": {
    toCommand: none,
    sources: ["https://github.com/ollama/ollama/issues/16236"],
  },
  "cloud-on-exposed-server": {
    toCommand: (_data, subject) => toDropInCommand(subject, "OLLAMA_NO_CLOUD", "1"),
    sources: [`${OLLAMA}/server/cloud_proxy.go`, "https://docs.ollama.com/cloud"],
  },
  // To switch a firewall on may lock out whoever does it over the network: only they know what must stay open.
  "ufw-inactive": { toCommand: none, sources: [UFW] },
  // Which of the two states was meant is their owner's to say, and so is which of two managers is to stay.
  "firewalld-unsaved": {
    toCommand: none,
    sources: ["https://firewalld.org/documentation/configuration/runtime-versus-permanent.html"],
  },
  "rule-managers-fight": { toCommand: none, sources: [NFT, UFW, DOCKER_FIREWALL] },
  "rule-lost-on-reload": { toCommand: none, sources: [DOCKER_IPTABLES, FIREWALLD_RELOAD] },
  // Which of two rules was meant is for their owner to say, and what a policy of drop would cut off.
  "rule-never-reached": {
    toCommand: none,
    sources: [UFW, "https://manpages.debian.org/bookworm/iptables/iptables.8.en.html"],
  },
  "rule-for-one-family": { toCommand: none, sources: [NFT, UFW] },
  "default-policy-accept": { toCommand: none, sources: [NFT, UFW] },
  "session-outlives-rule": {
    toCommand: (_data, subject) => (waitsSafely(subject.server) ? toUnitCommand(subject, "restart-missing") : null),
    sources: [
      "https://wiki.nftables.org/wiki-nftables/index.php/Matching_connection_tracking_stateful_metainformation",
      "https://manpages.debian.org/bookworm/iproute2/ss.8.en.html",
    ],
  },
  "ip-filter-unproven": {
    toCommand: none,
    sources: ["https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html"],
  },
};

/** False where a value that waits for the reload, or for the restart, would open the server. */
function waitsSafely(server: Subject["server"]): boolean {
  return (server?.settings ?? []).every(({ name, declared }) =>
    declared.every(({ value, why }) => !WAITING.has(why) || isSafeToApply(name, value)),
  );
}

const WAITING: ReadonlySet<string> = new Set(["daemon-reload-missing", "restart-missing"]);

/** A recording may claim any name, and one with slashes would name another setting of the kernel. */
const INTERFACE_NAME = /^(?!\.\.?$)[^\s/=]{1,15}$/;

/** With slashes, because an interface's name may hold the dot that sysctl(8) otherwise splits at. */
function toRouteLocalnetOff(name: string): string {
  return toShellWord(`net/ipv4/conf/${name}/route_localnet=0`);
}
