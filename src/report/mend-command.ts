import { toLoopbackValue } from "../judge/loopback-value.ts";
import { isPlainName, isPlainUnitName, isPlainValue, isUnitName } from "../judge/plain-names.ts";
import type { RunBy, Server, Setting } from "../judge/server.ts";
import type { Subject } from "./report.ts";
import { toShellWord } from "./printable.ts";

type Systemd = Extract<RunBy, { readonly kind: "systemd" }>;

/** The command that puts a service on loopback; null where its runner has no such one command. */
export function toLoopbackCommand(subject: Subject): string | null {
  const { server } = subject;
  if (server === null || server.kind !== "ollama") return null;
  return toDropInCommand(subject, "OLLAMA_HOST", toLoopbackValue(server));
}

/** The command that ends a server that was started by hand; null for every other one. */
export function toKillCommand(server: Server | null): string | null {
  if (server?.runBy.kind !== "process" || server.process === null) return null;
  return `sudo kill ${server.process.pid}`;
}

/** The command that stops a server's container; null where it runs in none that is known. */
export function toStopCommand({ server, reader }: Subject): string | null {
  if (server === null || !("container" in server.runBy)) return null;
  const { kind, container } = server.runBy;
  // Podman shows everybody his own containers only.
  const sudo = kind === "podman" && reader.uid !== null && reader.uid !== 0 ? "" : "sudo ";
  return `${sudo}${kind} stop -- ${toShellWord(container)}`;
}

/**
 * The command that gives a setting of a systemd service a value that wins: a drop-in that sorts last, or the
 * environment file where one holds the setting, for systemd lets it win over every `Environment=`.
 */
export function toDropInCommand(subject: Subject, name: string, value: string): string | null {
  const { server } = subject;
  if (server?.runBy.kind !== "systemd" || !isPlainName(name) || !isPlainValue(value)) return null;
  const { runBy } = server;
  const setting = server.settings.find((each) => each.name === name);
  const edit = toFileEdit(setting, name, value, runBy);
  if (runBy.scope === "user") {
    return toUserCommand(subject, runBy, [edit ?? toUserDropIn(runBy, name, value), ...toApply(runBy)]);
  }
  if (!isUnitName(runBy.unit)) return null;
  if (edit !== null) return joinCommands([`sudo ${edit}`, toRestart(runBy)]);
  const folder = `/etc/systemd/system/${runBy.unit}.d`;
  const text = `'[Service]\\nEnvironment="${name}=${value}"\\n'`;
  const write = `printf ${text} | sudo tee ${toShellWord(`${folder}/${toDropInName(name)}`)} > /dev/null`;
  return joinCommands([`sudo mkdir -p ${toShellWord(folder)}`, write, ...toApply(runBy)]);
}

/** The command that makes systemd apply what its files already say. */
export function toUnitCommand(subject: Subject, missing: "daemon-reload-missing" | "restart-missing"): string | null {
  const { server } = subject;
  if (server?.runBy.kind !== "systemd") return null;
  const { runBy } = server;
  // What a user's manager has loaded cannot be read: it may need the reload too.
  if (runBy.scope === "user") return toUserCommand(subject, runBy, toApply(runBy));
  if (!isUnitName(runBy.unit)) return null;
  return missing === "restart-missing" ? toRestart(runBy) : joinCommands(toApply(runBy));
}

/** What `-p` must say so that a published port is this host's alone; the port others used stays the same. */
export function toLoopbackPublication(published: string, containerPort: number): string {
  return `127.0.0.1:${/:(\d+)(?:,|$)/.exec(published)?.[1] ?? containerPort}:${containerPort}`;
}

/** The command that drops, on this host, what is forwarded to a bridge from elsewhere; null for a name nft cannot take. */
export function toForwardFilterCommand(bridge: string | null): string | null {
  if (bridge === null || !/^[A-Za-z0-9_.-]{1,15}$/.test(bridge)) return null;
  const rules = [
    "add table inet portlock",
    "add chain inet portlock forward { type filter hook forward priority 0; }",
    `add rule inet portlock forward iifname != "${bridge}" oifname "${bridge}" ct state new drop`,
  ];
  return `sudo nft '${rules.join("; ")}'`;
}

/** Drop-ins apply by file name: nothing sorts after this one by accident. One a setting, or they would undo each other. */
function toDropInName(setting: string): string {
  return `zz-portlock-${setting.toLowerCase().replaceAll("_", "-")}.conf`;
}

/** Changes the line of an environment file where one holds the setting; null where a drop-in wins. */
function toFileEdit(setting: Setting | undefined, name: string, value: string, { scope }: Systemd): string | null {
  const winner = setting?.declared.find((declaration) => declaration.reaches === true);
  if (winner === undefined || winner.line === null || /\.(service|conf)$/.test(winner.file)) return null;
  if (!winner.file.startsWith("/")) return null;
  // A user's manager takes it from the login, and its units win over that.
  if (scope === "user" && winner.file === "/etc/environment") return null;
  const script = toShellWord(`s|^[[:space:]]*${name}=.*|${name}=${value}|`);
  return `sed -i --follow-symlinks ${script} -- ${toShellWord(winner.file)}`;
}

/** Writes a drop-in of the user who runs it. In double quotes, for all of it may stand in single ones. */
function toUserDropIn({ unit }: Systemd, name: string, value: string): string {
  const folder = `"$HOME/.config/systemd/user/${unit}.d"`;
  const file = `"$HOME/.config/systemd/user/${unit}.d/${toDropInName(name)}"`;
  return `mkdir -p ${folder} && printf "%s\\n" "[Service]" "Environment=${name}=${value}" > ${file}`;
}

/** Commands of a user's own, for that user or, through sudo, for an administrator. */
function toUserCommand(
  { server, reader }: Subject,
  { unit, uid }: Extract<Systemd, { readonly scope: "user" }>,
  commands: readonly string[],
): string | null {
  if (!isPlainUnitName(unit)) return null;
  const command = joinCommands(commands);
  if (reader.uid === uid) return command;
  const user = toShellWord(server?.process?.user ?? `#${uid}`);
  return `sudo -Hu ${user} XDG_RUNTIME_DIR=/run/user/${uid} sh -c ${toShellWord(command)}`;
}

function toApply(runBy: Systemd): string[] {
  return [`${toSystemctl(runBy)} daemon-reload`, toRestart(runBy)];
}

function toRestart(runBy: Systemd): string {
  return `${toSystemctl(runBy)} restart -- ${toShellWord(runBy.unit)}`;
}

function toSystemctl({ scope }: Systemd): string {
  return scope === "user" ? "systemctl --user" : "sudo systemctl";
}

function joinCommands(commands: readonly string[]): string {
  return commands.join(" && ");
}
