import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";

/** Where Debian keeps the programs of PostgreSQL 15; elsewhere they are on the path. */
const DEBIAN = "/usr/lib/postgresql/15/bin";

/** A real PostgreSQL of a test's own, on a socket in a temporary folder. */
export interface Postgres {
  /** A database that nobody has used yet, as `--data` names it. */
  create(): Promise<string>;
  /** Asks one of them something, past the store. */
  ask(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Ends it as a power cut would; `start` brings it back at the same place, with what was committed. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** It keeps its connections and answers nobody, until `thaw`. */
  freeze(): void;
  thaw(): void;
  end(): Promise<void>;
}

/** Why tests with PostgreSQL cannot run here; null where they can. */
export function missingPostgres(): string | null {
  const { error } = spawnSync(toProgram("postgres"), ["--version"], { stdio: "ignore" });
  return error === undefined ? null : "PostgreSQL is missing: apt-get install postgresql";
}

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-postgres-"));
  const user = toUser();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const made = spawnSync(
    toProgram("initdb"),
    ["--pgdata", data, "--username", "portlock", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"],
    { ...user, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  let server: ChildProcess | null = null;
  let databases = 0;
  const toUrl = (name: string): string => `postgres:///${name}?host=${encodeURIComponent(folder)}&user=portlock`;
  const start = async (): Promise<void> => {
    const settings = ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=60"];
    server = spawn(toProgram("postgres"), settings, { ...user, stdio: "ignore" });
    for (let attempt = 0; !(await answers(toUrl("postgres"))); attempt += 1) {
      if (attempt > 300 || server.exitCode !== null) throw new Error("PostgreSQL did not start");
      await sleep(30);
    }
  };
  const kill = async (): Promise<void> => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    // Its children see it gone and end too, without writing anything more.
    server.kill("SIGQUIT");
    await ended;
  };
  await start();
  return {
    create: async () => {
      databases += 1;
      await ask(toUrl("postgres"), `create database test_${databases}`);
      return toUrl(`test_${databases}`);
    },
    ask,
    kill,
    start,
    freeze: () => signalAll(server, "SIGSTOP"),
    thaw: () => signalAll(server, "SIGCONT"),
    end: async () => {
      signalAll(server, "SIGCONT");
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await ask(url, "select 1");
    return true;
  } catch {
    return false;
  }
}

/** The server and the processes that serve its connections. */
function signalAll(server: ChildProcess | null, signal: NodeJS.Signals): void {
  if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim();
  for (const pid of [server.pid, ...children.split(" ").filter(Boolean).map(Number)]) process.kill(pid, signal);
}

/** PostgreSQL refuses to run as root. */
function toUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const [, , uid, gid] = /^(postgres):[^:]*:(\d+):(\d+)/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}

function toProgram(name: string): string {
  const debian = join(DEBIAN, name);
  return existsSync(debian) ? debian : name;
}
