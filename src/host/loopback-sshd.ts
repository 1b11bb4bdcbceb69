/** For tests only: a real sshd on a loopback port, with throw-away keys and configuration of its own. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const SSHD = "/usr/sbin/sshd";

/** Why these tests cannot run on this machine, or false. */
export const SSHD_MISSING: string | false = existsSync(SSHD) ? false : "openssh-server is not installed";

export interface LoopbackSshd {
  /** For `openSshHost`. */
  readonly target: string;
  /** Client configuration: its key, and known_hosts with the server's key. */
  readonly configFile: string;
  readonly knownHosts: string;
  readonly directory: string;
  readonly port: number;
  /** How many logins the server has accepted. */
  countLogins(): number;
  /** Processes of the sessions that are open now. */
  findProcesses(): readonly number[];
  /** Ends the server and every connection it has. */
  kill(): void;
}

export interface SshdSettings {
  /** Run instead of the command that the client asks for. */
  readonly forceCommand?: string;
  /** Further lines of sshd_config. */
  readonly lines?: readonly string[];
}

/** Starts a server that ends with the test, or with `kill`. */
export async function startSshd(
  context: Pick<TestContext, "after">,
  settings: SshdSettings = {},
): Promise<LoopbackSshd> {
  const directory = mkdtempSync(join(tmpdir(), "portlock-sshd-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = (name: string): string => join(directory, name);
  for (const name of ["host-key", "user-key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file(name)]);
  }
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 }); // sshd insists on it
  const port = await findFreePort();
  const configuration = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${file("host-key")}`,
    `AuthorizedKeysFile ${file("user-key.pub")}`,
    "AuthenticationMethods publickey",
    "PermitRootLogin prohibit-password",
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "LogLevel VERBOSE",
    // Else the login shell would run what the person at this machine keeps in .bashrc.
    `SetEnv HOME=${directory}`,
    ...(settings.lines ?? []),
    ...(settings.forceCommand === undefined ? [] : [`ForceCommand ${settings.forceCommand}`]),
  ];
  writeFileSync(file("sshd_config"), `${configuration.join("\n")}\n`);
  writeFileSync(file("known_hosts"), `[127.0.0.1]:${port} ${readFileSync(file("host-key.pub"), "utf8")}`);
  const clientLines = [
    `IdentityFile ${file("user-key")}`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${file("known_hosts")}`,
    "GlobalKnownHostsFile /dev/null",
  ];
  writeFileSync(file("ssh_config"), `${clientLines.join("\n")}\n`);

  const server = spawn(SSHD, ["-D", "-f", file("sshd_config"), "-E", file("log")], { stdio: "ignore" });
  const findProcesses = (): readonly number[] => findDescendants(server.pid ?? 0);
  const kill = (): void => {
    const sessions = findProcesses();
    server.kill("SIGKILL");
    for (const pid of sessions) end(pid);
  };
  context.after(kill);
  await waitForBanner(port);
  return {
    target: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    configFile: file("ssh_config"),
    knownHosts: file("known_hosts"),
    directory,
    port,
    countLogins: () => readFileSync(file("log"), "utf8").split("Accepted publickey").length - 1,
    findProcesses,
    kill,
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

function findDescendants(pid: number): readonly number[] {
  if (pid === 0 || !existsSync(`/proc/${pid}/task`)) return [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...findDescendants(child)]);
}

async function findFreePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return bound.port;
}

/** The test runner's own limit ends a wait in vain. */
async function waitForBanner(port: number): Promise<void> {
  for (;;) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("data", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("data", () => socket.destroy());
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
