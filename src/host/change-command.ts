/**
 * The commands a change may run, as types: one that is not in this list does not compile. Operands that come from
 * the host or its owner (a unit name, a path, a container) stand after `--`, or are checked where they are made, so
 * that no hostile name can become an option. Nothing here is ever put through a shell.
 */

import type { AskCommand } from "./ask-script.ts";
import type { VisitCommand } from "./visit-script.ts";
import type { UploadCommand } from "./upload-script.ts";

type UnitName = string;
type Path = string;

type FileCommand =
  | readonly ["mkdir", "-m", string, "--", Path]
  /** Bytes, mode, owner, times, extended attributes and access lists, of a link the link itself. */
  | readonly ["cp", "-a", "--", Path, Path]
  | readonly ["mv", "-f", "--", Path, Path]
  | readonly ["rm", "-f", "--", Path]
  | readonly ["rmdir", "--", Path]
  | readonly ["chmod", string, "--", Path]
  | readonly ["chgrp", "--", string, Path]
  /** A link to the first path at the second one, in the place of a link that is there. */
  | readonly ["ln", "-s", "-f", "-n", "--", Path, Path]
  /** Flushes these files and folders to the disk. */
  | readonly ["sync", "--", ...Path[]];

type SystemctlVerb =
  | readonly ["daemon-reload"]
  | readonly ["restart" | "reload" | "start" | "stop" | "enable" | "disable" | "reset-failed", "--", UnitName];

/** The manager of one user's own services, asked as that user. */
type UserSystemctl = readonly [
  "runuser",
  "-u",
  string,
  "--",
  "env",
  `XDG_RUNTIME_DIR=/run/user/${number}`,
  "systemctl",
  "--user",
  ...SystemctlVerb,
];

type UnitChange = readonly ["systemctl", ...SystemctlVerb] | UserSystemctl;

/** The script of a change, and a process outside this session that watches over it: see apply/undo-script.ts. */
type ScriptCommand =
  | readonly [
      "systemd-run",
      "--collect",
      "--quiet",
      `--unit=portlock-revert-${string}`,
      // Where it is stopped, it is told; what it runs is not.
      "--property=KillMode=mixed",
      "--",
      "/bin/sh",
      Path,
      "watch",
    ]
  | readonly ["setsid", "-f", "/bin/sh", Path, "watch"]
  | readonly ["/bin/sh", Path, "undo"]
  | readonly ["/bin/sh", Path, "keep" | "set-modes", string];

type UfwAction = "allow" | "deny" | "reject" | "limit";
type UfwLog = readonly [] | readonly ["log" | "log-all"];
/** A rule about one port of TCP, for one address family, which the network says. */
type UfwRule = readonly [UfwAction, ...UfwLog, "proto", "tcp", "from", string, "to", "any", "port", `${number}`];
type UfwChange =
  | readonly ["ufw", "prepend" | "delete", ...UfwRule]
  /** Loads a file of ufw's into its own chains, as ufw does after each change. */
  | readonly ["iptables-restore" | "ip6tables-restore", "-w", "-n", `/etc/ufw/user${"" | "6"}.rules`];

/** Without `--permanent` it changes what runs, with it what the files say. */
type FirewalldChange = readonly [
  "firewall-cmd",
  ...(readonly [] | readonly ["--permanent"]),
  `--zone=${string}`,
  `--${"add" | "remove"}-rich-rule=${string}`,
];

export type FirewallChange =
  | UfwChange
  | FirewalldChange
  | readonly ["nft", "-f", Path]
  | readonly ["nft", "add" | "delete", "table", "inet", `portlock_${number}`];

/** Words that call an engine: Docker at its own socket, wherever a context of the user points. */
export type EngineWords = readonly ["docker", "--host", "unix:///run/docker.sock"] | readonly ["podman"];

/** Scripts of plan/container/scripts.ts by their first lines; what they are told of a container, they are told as operands. */
type ContainerScript =
  | readonly [
      "/bin/sh",
      "-c",
      `# Writes the settings of a container to files that only root reads.\n${string}`,
      "portlock",
      id: string,
      environment: Path,
      labels: Path,
      without: string,
      ...EngineWords,
    ]
  | readonly [
      "/bin/sh",
      "-c",
      `# Puts a container back in the place of the one that was made instead of it.\n${string}`,
      "portlock",
      id: string,
      name: string,
      aside: string,
      policy: string,
      environment: Path,
      labels: Path,
      ...EngineWords,
    ];

/** A container is made anew beside the old one, which is put aside; options all have the form `--name=value`. */
type EngineChange =
  | readonly [...EngineWords, "rename", "--", string, string]
  | readonly [...EngineWords, "create", `--name=${string}`, ...string[]]
  | readonly [...EngineWords, "network", "connect", ...`--${"alias" | "ip" | "ip6"}=${string}`[], "--", string, string]
  | readonly [...EngineWords, "update", "--restart=no", "--", string]
  | readonly [...EngineWords, "stop" | "start", "--", string]
  | ContainerScript;

/** Begins with a letter or a digit: the older Compose knows no `--`. */
type ServiceName = string;

/** Makes a service of a compose file anew; the options before `up` name the project and its files. */
type ComposeChange = readonly [
  ...(
    | readonly ["docker", "--host", "unix:///run/docker.sock", "compose"]
    | readonly ["docker-compose", "--host", "unix:///run/docker.sock"]
  ),
  `--project-name=${string}`,
  `--project-directory=${string}`,
  ...`--${"env-file" | "file"}=${string}`[],
  "up",
  "--detach",
  "--no-deps",
  "--no-build",
  ServiceName,
];

/**
 * A server that somebody started by hand, started anew as a service of its own that is gone after a reboot: it has no
 * terminal to be tied to. Until the port is free it is tried again.
 */
type StartCommand = readonly [
  "systemd-run",
  "--collect",
  "--quiet",
  `--unit=portlock-server-${number}`,
  `--uid=${number}`,
  "--property=Restart=on-failure",
  "--property=RestartSec=3",
  ...`--setenv=${string}=${string}`[],
  "--",
  Path,
  "serve",
];

type ProcessChange = readonly ["kill", "-s", "TERM" | "KILL", "--", `${number}`] | StartCommand;

/** What a proxy itself says about its files, before it is told to load them; Caddy as the user that it runs as. */
export type ProxyCheck =
  | readonly ["nginx", "-t", "-q"]
  | readonly ["runuser", "-u", "caddy", "--", "caddy", "validate", "--adapter", "caddyfile", "--config", Path]
  | readonly ["haproxy", "-c", "-q", "-f", Path]
  | readonly ["haproxy", "-c", "-q", "-f", Path, "-f", Path];

/** A certificate that nobody vouches for, and its key. */
type CertificateChange = readonly [
  "openssl",
  "req",
  "-x509",
  "-newkey",
  "ec",
  "-pkeyopt",
  "ec_paramgen_curve:prime256v1",
  "-nodes",
  "-days",
  "825",
  "-subj",
  `/CN=${string}`,
  "-addext",
  `subjectAltName=${string}`,
  "-keyout",
  Path,
  "-out",
  Path,
];

/** Ends connections that are there already, each named by both its ends. */
type SessionChange = readonly ["ss", "-K", "-H", "-tn", "src", string, "dst", string];

export type ChangeCommand =
  | FileCommand
  | UnitChange
  | ScriptCommand
  | FirewallChange
  | EngineChange
  | ComposeChange
  | ProcessChange
  | SessionChange
  | ProxyCheck
  | CertificateChange
  | VisitCommand
  | AskCommand
  | UploadCommand;
