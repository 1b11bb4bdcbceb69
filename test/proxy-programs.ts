import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseProxyVersion, type ProxyKind, type ProxyVersion } from "../src/proxy/site.ts";

const VERSION_COMMANDS: Readonly<Record<ProxyKind, readonly [string, ...string[]]>> = {
  nginx: ["nginx", "-v"],
  caddy: ["caddy", "version"],
  haproxy: ["haproxy", "-v"],
};

function run(
  [program, ...words]: readonly [string, ...string[]],
  home: string,
): {
  readonly code: number | null;
  readonly said: string;
} {
  const environment = { ...process.env, HOME: home, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", env: environment, timeout: 20_000 });
  return { code: status, said: `${stdout ?? ""}${stderr ?? ""}` };
}

/** Null where it is not installed. */
export function readInstalledVersion(kind: ProxyKind): ProxyVersion | null {
  const { code, said } = run(VERSION_COMMANDS[kind], "/");
  return code === 0 ? parseProxyVersion(said) : null;
}

/** What the proxy itself says against a configuration; null: nothing. */
export function checkSyntax(kind: ProxyKind, text: string, folder: string): string | null {
  const { main, site } = writeFiles(kind, text, folder);
  const { code, said } = run(CHECKS[kind](main, site), folder);
  return code === 0 ? null : said;
}

function writeFiles(kind: ProxyKind, text: string, folder: string): { readonly main: string; readonly site: string } {
  const site = join(folder, `site.${kind}`);
  writeFileSync(site, text.replaceAll("/var/log/nginx", folder));
  const main = join(folder, `main.${kind}`);
  writeFileSync(main, MAIN[kind](site, folder));
  return { main, site };
}

const MAIN: Readonly<Record<ProxyKind, (site: string, folder: string) => string>> = {
  nginx: (site, folder) =>
    `user root;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\n` +
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((each) => `${each}_temp_path ${folder}/${each};\n`)
      .join("") +
    `include ${site};\n}\n`,
  caddy: (site) => `{\n\tadmin off\n}\nimport ${site}\n`,
  haproxy: () => "global\n    maxconn 100\n",
};

const CHECKS: Readonly<Record<ProxyKind, (main: string, site: string) => readonly [string, ...string[]]>> = {
  nginx: (main) => ["nginx", "-t", "-q", "-c", main],
  caddy: (main) => ["caddy", "validate", "--adapter", "caddyfile", "--config", main],
  haproxy: (main, site) => ["haproxy", "-c", "-q", "-f", main, "-f", site],
};

/** A pair for `localhost`, as HAProxy wants it: the key beside the certificate. */
export function makeCertificate(folder: string): { readonly certificate: string; readonly key: string } {
  const certificate = join(folder, "site.pem");
  const key = `${certificate}.key`;
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const { code, said } = run(
    [
      ...(["openssl", "req", "-x509", ...curve] as const),
      ...(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate] as const),
    ],
    folder,
  );
  assert.equal(code, 0, said);
  chmodSync(key, 0o600);
  return { certificate, key };
}

/** A proxy that runs with a site alone, in the foreground of this test. */
export interface RunningProxy {
  readonly pid: number;
  end(): Promise<void>;
}

const STARTS: Readonly<Record<ProxyKind, (main: string, site: string) => readonly [string, ...string[]]>> = {
  nginx: (main) => ["nginx", "-c", main, "-g", "daemon off;"],
  caddy: (main) => ["caddy", "run", "--adapter", "caddyfile", "--config", main],
  haproxy: (main, site) => ["haproxy", "-db", "-q", "-f", main, "-f", site],
};

/** Writes the files of a site, and says how the proxy is started with it alone, in the foreground. */
export function toProxyCommand(
  kind: ProxyKind,
  text: string,
  folder: string,
): { readonly command: readonly [string, ...string[]]; readonly environment: Readonly<Record<string, string>> } {
  const { main, site } = writeFiles(kind, text, folder);
  return {
    command: STARTS[kind](main, site),
    environment: { HOME: folder, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  };
}

/** Starts a proxy with this site, and waits until it listens on that port of 127.0.0.1. */
export async function startProxy(kind: ProxyKind, text: string, folder: string, port: number): Promise<RunningProxy> {
  const { command, environment } = toProxyCommand(kind, text, folder);
  const [program, ...words] = command;
  const child = spawn(program, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const exited = once(child, "exit");
  for (let tries = 0; !(await isListening(port)); tries += 1) {
    assert.ok(tries < 100 && child.exitCode === null, `${kind} does not listen: ${said}`);
    await sleep(100);
  }
  const { pid } = child;
  assert.ok(pid !== undefined);
  return {
    pid,
    end: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
