import type { Host } from "./host.ts";
import { REAL_MODELS_INSIDE } from "./workshop.ts";

/** Where Ollama's installer puts things. */
export const OLLAMA_PATH = "/usr/local/bin/ollama";
export const OLLAMA_UNIT_PATH = "/etc/systemd/system/ollama.service";
export const OLLAMA_OVERRIDE_PATH = "/etc/systemd/system/ollama.service.d/override.conf";
const OLLAMA_PORT = 11434;

export interface OllamaOptions {
  /** Lines for the `[Service]` of an override.conf, as `systemctl edit ollama` writes it. Default: no file. */
  readonly override?: readonly string[];
  /** Lines put into the `[Service]` of the main unit, where people should not put them. */
  readonly mainUnit?: readonly string[];
  /** Starts the service and waits for its socket. Default: true. Otherwise it is enabled only. */
  readonly start?: boolean;
  /** Port to wait for. Default: 11434. */
  readonly port?: number;
}

/**
 * Does what Ollama's install.sh does: the executable, the account, and, where the host runs systemd, the
 * unit, enabled and started (research: Ollama, section 1.2).
 */
export async function installOllama(host: Host, executable: string, options: OllamaOptions = {}): Promise<void> {
  await host.run(["touch", OLLAMA_PATH]);
  await host.run(["mount", "--bind", executable, OLLAMA_PATH]);
  const account = ["useradd", "-r", "-s", "/bin/false", "-U", "-m", "-d", "/usr/share/ollama", "ollama"];
  await host.run(account);
  for (const group of ["render", "video"]) {
    const known = await host.attempt(["getent", "group", group]);
    if (known.exitCode === 0) await host.run(["usermod", "-a", "-G", group, "ollama"]);
  }
  await host.run(["usermod", "-a", "-G", "ollama", "root"]);
  await giveModels(host);
  if (!host.hasSystemd) return;
  await host.write(OLLAMA_UNIT_PATH, toUnit(options.mainUnit ?? []));
  if (options.override !== undefined) {
    await host.write(OLLAMA_OVERRIDE_PATH, `[Service]\n${options.override.join("\n")}\n`);
  }
  await host.systemd("daemon-reload");
  await host.systemd("enable", "ollama");
  if (options.start === false) return;
  await host.systemd("restart", "ollama");
  await host.waitForPort(options.port ?? OLLAMA_PORT);
}

/** A real Ollama has no models but those in the home of whoever runs it; the stand-in needs none of this. */
async function giveModels(host: Host): Promise<void> {
  if ((await host.attempt(["test", "-d", REAL_MODELS_INSIDE])).exitCode !== 0) return;
  for (const [user, home] of [
    ["ollama", "/usr/share/ollama"],
    ["root", "/root"],
  ] as const) {
    await host.run(["install", "-d", "-o", user, "-g", user, `${home}/.ollama`]);
    await host.run(["cp", "-r", "--no-preserve=ownership", REAL_MODELS_INSIDE, `${home}/.ollama/`]);
    await host.run(["chown", "-R", `${user}:${user}`, `${home}/.ollama`]);
  }
}

/** The unit as the installer writes it, with the installing shell's PATH expanded. */
export function toUnit(lines: readonly string[]): string {
  return [
    "[Unit]",
    "Description=Ollama Service",
    "After=network-online.target",
    "",
    "[Service]",
    `ExecStart=${OLLAMA_PATH} serve`,
    "User=ollama",
    "Group=ollama",
    "Restart=always",
    "RestartSec=3",
    'Environment="PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    ...lines,
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}
