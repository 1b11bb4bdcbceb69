/**
 * Opens a shell in a throw-away host, or runs a command there; the host is gone when it ends.
 *
 * usage: sh scripts/node.sh lab/shell.ts [systemd] [docker] [podman] [second-lan] [no-ip-filter] [ollama] [-- COMMAND…]
 */
import { spawn } from "node:child_process";
import { PORTLOCK_ENVIRONMENT } from "./audit.ts";
import { ROOT_ENVIRONMENT } from "./command.ts";
import type { Host } from "./host.ts";
import { openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const WORDS = ["systemd", "docker", "podman", "second-lan", "no-ip-filter", "ollama"];

const separator = process.argv.indexOf("--");
const words = process.argv.slice(2, separator < 0 ? undefined : separator);
const command = separator < 0 ? [] : process.argv.slice(separator + 1);
process.exitCode = await open(words, command);

/** Returns the exit code: the command's own, or 64 where the words or the machine do not allow it. */
async function open(words: readonly string[], command: readonly string[]): Promise<number> {
  const unknown = words.find((word) => !WORDS.includes(word));
  const reason = unknown === undefined ? missingRequirement() : `${unknown} is none of: ${WORDS.join(" ")}`;
  if (reason !== null) {
    process.stderr.write(`lab: ${reason}\n`);
    return 64;
  }
  const lab = openLab();
  const host = await lab.host({
    systemd: words.includes("systemd"),
    docker: words.includes("docker"),
    podman: words.includes("podman"),
    secondLan: words.includes("second-lan"),
    ipFilter: !words.includes("no-ip-filter"),
  });
  if (words.includes("ollama")) await host.installOllama();
  if (command.length === 0) process.stderr.write(describe(host));
  const exitCode = await enter(host, command.length === 0 ? toShell() : command);
  lab.close();
  return exitCode;
}

function describe(made: Host): string {
  return [
    "A throw-away host; `exit` ends it. Portlock: sh /opt/portlock/bin/portlock audit",
    `From another terminal: nsenter --target=${made.leader} --all bash`,
    "Around it:             ip netns | grep ^pl-   then   ip netns exec NAME curl …",
    "",
  ].join("\n");
}

/** A terminal of the host's own, so that Ctrl-C and job control are its, and a plain shell for a pipe. */
function toShell(): readonly string[] {
  return process.stdin.isTTY ? ["script", "--quiet", "--command", "bash --login", "/dev/null"] : ["bash"];
}

function enter(made: Host, argv: readonly string[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const env = { ...ROOT_ENVIRONMENT, ...PORTLOCK_ENVIRONMENT, TERM: process.env["TERM"] ?? "dumb" };
  const child = spawn("nsenter", [`--target=${made.leader}`, "--all", "--", ...argv], { env, stdio: "inherit" });
  child.on("error", () => resolve(1));
  child.on("close", (code) => resolve(code ?? 1));
  return promise;
}
