/**
 * The commands an auditor may run, as types: a command that is not in this list does not compile. Each one
 * only reads. Operands that come from the host itself (a unit name, a container id) stand after `--` or are
 * hexadecimal ids, so that no hostile name can become an option.
 */

/** A network namespace entered by the pid of a process in it; needs root. */
type InNamespace = readonly ["nsenter", `--target=${number}`, "--net", "--"];

type IpCommand =
  | readonly ["ip", "-j", "-d", "address"]
  | readonly ["ip", "-j", "-4", "route", "show", "table", "all"]
  | readonly ["ip", "-j", "-6", "route", "show", "table", "all"];

type SocketCommand = readonly ["ss", "-H", "-tlne" | "-tlnpe"] | readonly ["ss", "-H", "-tn", "state", "established"];

/** Connections that stand open to named ports. */
type SessionCommand = readonly ["ss", "-H", "-tn", "state", "established", ...("sport" | "=" | "or" | `:${number}`)[]];

type UnitCommand =
  | readonly ["systemctl", "show", "--no-pager", `--property=${string}`, "--", ...string[]]
  | readonly ["systemctl", "list-units", "--no-pager", "--plain", "--no-legend", "--full", "--type=service", "--all"]
  | readonly ["systemctl", "list-unit-files", "--no-pager", "--plain", "--no-legend", "--full", "--type=service"]
  | readonly ["systemctl", "--version"]
  | readonly [...AsUser, "systemctl", "--user", "show", "--no-pager", `--property=${string}`, "--", string];

/** The manager of one user's own services answers only that user. The name is one of passwd(5). */
type AsUser = readonly ["runuser", "-u", string, "--", "env", `XDG_RUNTIME_DIR=/run/user/${number}`];

/** How exposed systemd finds a unit by its directives. */
type ExposureCommand = readonly ["systemd-analyze", "security", "--no-pager", "--", string];

type FirewallCommand =
  | readonly ["nft", "-j", "list", "tables"]
  | readonly ["nft", "-j", "list", "ruleset"]
  | readonly ["nft", "-a", "-s", "-t", "list", "ruleset"]
  | readonly ["iptables-save" | "iptables-nft-save" | "iptables-legacy-save"]
  | readonly ["ip6tables-save" | "ip6tables-nft-save" | "ip6tables-legacy-save"]
  | readonly ["ipset", "save"]
  | readonly ["firewall-cmd", "--list-all-zones"];

type Engine = "docker" | "podman";
type EngineCommand =
  | readonly [Engine, ...EngineSocket, "version", "--format", "{{json .}}"]
  | readonly [Engine, ...EngineSocket, "ps", "--quiet", "--no-trunc"]
  | readonly [Engine, ...EngineSocket, "inspect", "--", ...string[]]
  | readonly [Engine, ...EngineSocket, "diff", "--", string]
  | readonly [Engine, ...EngineSocket, "network", "ls", "--quiet", "--no-trunc"]
  | readonly [Engine, ...EngineSocket, "network", "inspect", "--", ...string[]];
type ComposeCommand = readonly [
  ...(readonly ["docker", "compose"] | readonly ["docker-compose"]),
  "version",
  "--short",
];
/** What Tailscale hands on; it changes nothing without `reset`, `--bg` or a target. */
type TunnelCommand = readonly ["tailscale", "serve", "status", "--json"];
type EngineSocket = readonly [] | readonly ["--host", `unix://${string}`];

/**
 * What a proxy says of itself. `nginx -T` is not here: it makes folders, opens logs and binds ports; `caddy` makes a
 * folder in the home whatever it is asked.
 */
type ProxyCommand =
  | readonly ["nginx", "-V"]
  | readonly ["haproxy" | "apache2" | "httpd", "-v"]
  /** With a home in which no folder can be made. */
  | readonly ["env", "HOME=/dev/null", "caddy", "version"];

export type ReadCommand =
  | IpCommand
  | SocketCommand
  | SessionCommand
  | UnitCommand
  | ExposureCommand
  | FirewallCommand
  | EngineCommand
  | ComposeCommand
  | TunnelCommand
  | ProxyCommand
  | readonly [...InNamespace, ...(IpCommand | SocketCommand)]
  | readonly ["getent", "passwd"];
