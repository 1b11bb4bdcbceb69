import type { Server, Setting } from "../judge/server.ts";
import { toShellWord } from "./printable.ts";

/** Values that mean the same to a shell, to printf and to systemd, so that no layer of quoting can be wrong. */
const PLAIN_VALUE = /^[A-Za-z0-9_./:@,+*[\]-]*$/;
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** systemd.unit(5); a recording may claim a unit by any name. */
const UNIT_NAME = /^[A-Za-z0-9:_.\\@-]+$/;
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)(:\d{1,5})?$/i;

/** The command that makes a server listen on loopback alone; null where its runner has no such one command. */
export function toLoopbackCommand(server: Server | null): string | null {
  if (server === null || server.kind !== "ollama") return null;
  const value = `127.0.0.1:${server.listeners[0]?.port ?? 11434}`;
  if (server.runBy.kind === "process" && server.process !== null) {
    return `sudo kill ${server.process.pid}; OLLAMA_HOST=${value} ollama serve`;
  }
  return toDropInCommand(server, "OLLAMA_HOST", value);
}

/**
 * The command that gives a setting of a systemd service a value that wins: a drop-in that sorts last, or the
 * environment file where one holds the setting, for systemd lets it win over every `Environment=`.
 */
export function toDropInCommand(server: Server | null, name: string, value: string): string | null {
  if (server === null || server.runBy.kind !== "systemd") return null;
  if (!PLAIN_NAME.test(name) || !PLAIN_VALUE.test(value)) return null;
  const { unit, scope } = server.runBy;
  if (!UNIT_NAME.test(unit)) return null;
  const file = toWinningEnvironmentFile(server.settings.find((setting) => setting.name === name));
  if (file !== null && scope === "system") {
    const pattern = toShellWord(`s|^[[:space:]]*${name}=.*|${name}=${value}|`);
    return `sudo sed -i --follow-symlinks ${pattern} ${toShellWord(file)} && ${toRestart(unit, scope)}`;
  }
  const text = `'[Service]\\nEnvironment="${name}=${value}"\\n'`;
  const dropIn = toDropInName(name);
  if (scope === "user") {
    const folder = `"$HOME"/${toShellWord(`.config/systemd/user/${unit}.d`)}`;
    return `mkdir -p ${folder} && printf ${text} > ${folder}/${dropIn} && ${toReload(scope)} && ${toRestart(unit, scope)}`;
  }
  const folder = toShellWord(`/etc/systemd/system/${unit}.d`);
  const write = `printf ${text} | sudo tee ${toShellWord(`/etc/systemd/system/${unit}.d/${dropIn}`)} > /dev/null`;
  return `sudo mkdir -p ${folder} && ${write} && ${toReload(scope)} && ${toRestart(unit, scope)}`;
}

/** The command that makes systemd apply what its files already say. */
export function toUnitCommand(
  server: Server | null,
  missing: "daemon-reload-missing" | "restart-missing",
): string | null {
  if (server === null || server.runBy.kind !== "systemd") return null;
  const { unit, scope } = server.runBy;
  if (!UNIT_NAME.test(unit)) return null;
  const restart = toRestart(unit, scope);
  return missing === "restart-missing" ? restart : `${toReload(scope)} && ${restart}`;
}

/** What `-p` must say so that a published port is this host's alone; the port others used stays the same. */
export function toLoopbackPublication(published: string, containerPort: number): string {
  return `127.0.0.1:${/:(\d+)(?:,|$)/.exec(published)?.[1] ?? containerPort}:${containerPort}`;
}

/** False for a value that would open the server to others: no command of ours applies one. */
export function isSafeToApply(name: string, value: string): boolean {
  if (!PLAIN_VALUE.test(value)) return false;
  if (name === "OLLAMA_HOST") return value !== "" && LOOPBACK.test(value);
  return name !== "OLLAMA_ORIGINS" || !value.includes("*");
}

/** Drop-ins apply by file name: nothing sorts after this one by accident. One a setting, or they would undo each other. */
function toDropInName(setting: string): string {
  return `zz-portlock-${setting.toLowerCase().replaceAll("_", "-")}.conf`;
}

function toWinningEnvironmentFile(setting: Setting | undefined): string | null {
  const winner = setting?.declared.find((declaration) => declaration.reaches === true);
  if (winner === undefined || winner.line === null || /\.(service|conf)$/.test(winner.file)) return null;
  return winner.file;
}

function toReload(scope: "system" | "user"): string {
  return scope === "user" ? "systemctl --user daemon-reload" : "sudo systemctl daemon-reload";
}

function toRestart(unit: string, scope: "system" | "user"): string {
  return `${scope === "user" ? "systemctl --user" : "sudo systemctl"} restart -- ${toShellWord(unit)}`;
}
