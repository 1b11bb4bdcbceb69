/**
 * Measures streams through the configurations that `portlock proxy` writes, beside those that people copy, in the same
 * run and in front of the same upstream: each proxy on a processor of its own where there are two.
 *
 *   sh scripts/node.sh bench/proxy.ts            everything, some minutes
 *   sh scripts/node.sh bench/proxy.ts --small    short runs
 *   sh scripts/node.sh bench/proxy.ts --json     for programs
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { makeCredential } from "../src/commands/make-credential.ts";
import { makeConfiguration } from "../src/proxy/configuration.ts";
import { PROXY_KINDS, type ProxyKind } from "../src/proxy/site.ts";
import { RECIPES } from "../test/proxy-attacks/recipes.ts";
import { readInstalledVersion, toProxyCommand } from "../test/proxy-programs.ts";
import { measureFirstTokens, measureLeaving, measureStreams } from "./streams/measure-server.ts";
import {
  findPort,
  percentile,
  startDriver,
  startServer,
  startUpstream,
  type Driver,
  type Server,
} from "./streams/processes.ts";

const SMALL = process.argv.includes("--small");
const AS_JSON = process.argv.includes("--json");
const ROUNDS = SMALL ? 1 : 3;
/** A stream waits no longer than this for its first token behind a proxy than without one. */
const BAR_MS = 5;

interface Target {
  readonly name: string;
  readonly isOurs: boolean;
  readonly port: number;
  readonly authorization: string | null;
  readonly server: Server | null;
}

/** What one proxy came to. Milliseconds. */
interface Row {
  readonly name: string;
  readonly isOurs: boolean;
  /** Median, how much later than direct the first token came. */
  readonly firstTokenLater: number;
  /** From a chunk's being written to its being there, at 200 streams. */
  readonly chunkP50: number;
  readonly chunkP99: number;
  readonly lost: number;
  /** Chunks that came together with another one. */
  readonly merged: number;
  readonly failed: number;
  /** From a client's leaving to the upstream's hearing of it; null: not within three seconds. */
  readonly leftBeforeFirst: number | null;
  readonly leftMidStream: number | null;
}

async function startOurs(proxy: ProxyKind, folder: string, upstream: number): Promise<Target> {
  const version = readInstalledVersion(proxy);
  if (version === null) throw new Error(`${proxy} is not installed`);
  const people = join(folder, "people");
  const { authorization, line } = await makeCredential(proxy, "bearer", "bench");
  writeFileSync(people, `${line}\n`);
  const port = await findPort();
  const made = makeConfiguration(
    proxy,
    {
      id: "bench",
      listen: { address: "127.0.0.1", port },
      name: null,
      upstream: { kind: "tcp", address: "127.0.0.1", port: upstream },
      auth: { kind: "bearer", file: people },
      scopes: ["inference", "read"],
      tls: { kind: "none" },
      origins: [],
      requestsPerMinute: null,
    },
    version,
  );
  if (made.kind === "refused") throw new Error(made.refusal.code);
  return await startTarget({
    name: `Portlock, ${proxy}`,
    isOurs: true,
    proxy,
    text: made.text,
    folder,
    port,
    authorization,
  });
}

/** The recipe that is copied most for a proxy: one key or password in front of everything. */
async function startCopied(proxy: ProxyKind, folder: string, upstream: number): Promise<Target> {
  const recipe = RECIPES.find((each) => each.proxy === proxy && each.auth !== "x-api-key");
  if (recipe === undefined) throw new Error(`no recipe for ${proxy}`);
  const auth = recipe.auth === "basic" ? "basic" : "bearer";
  const { authorization, line, secret } = await makeCredential(proxy, auth, "bench");
  const people = join(folder, "people");
  writeFileSync(people, `${line}\n`);
  const port = await findPort();
  const person = { header: "Authorization", value: authorization, secret, stored: line };
  const text = recipe.write({ port, upstream: { kind: "tcp", address: "127.0.0.1", port: upstream }, people, person });
  return await startTarget({
    name: `copied, ${recipe.name.en}`,
    isOurs: false,
    proxy,
    text,
    folder,
    port,
    authorization,
  });
}

interface Starting extends Omit<Target, "server"> {
  readonly proxy: ProxyKind;
  readonly text: string;
  readonly folder: string;
}

async function startTarget({ proxy, text, folder, ...target }: Starting): Promise<Target> {
  const { command, environment } = toProxyCommand(proxy, text, folder);
  return { ...target, server: await startServer(target.name, target.port, command, environment) };
}

function toMedian(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function toFinite(milliseconds: number): number | null {
  return Number.isFinite(milliseconds) ? milliseconds : null;
}

async function measure(
  driver: Driver,
  upstream: Awaited<ReturnType<typeof startUpstream>>,
  targets: readonly Target[],
): Promise<readonly Row[]> {
  const [direct = Number.NaN, ...firsts] = await measureFirstTokens(driver, targets, SMALL ? 20 : 100);
  const load = { streams: 200, chunks: SMALL ? 20 : 100, paceMs: 50, overMs: 1000 };
  const rounds: (readonly Awaited<ReturnType<typeof measureStreams>>[])[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const seen: Awaited<ReturnType<typeof measureStreams>>[] = [];
    for (const target of targets) seen.push(await measureStreams(driver, target, load));
    rounds.push(seen);
  }
  const rows: Row[] = [];
  for (const [index, target] of targets.entries()) {
    const seen = rounds.flatMap((round) => round.slice(index, index + 1));
    const { name, isOurs, server } = target;
    const leaving = async (when: "before-first" | "mid-stream"): Promise<number | null> =>
      server === null ? null : toFinite(await measureLeaving(driver, upstream, target, when));
    rows.push({
      name,
      isOurs,
      firstTokenLater: server === null ? 0 : (firsts[index - 1] ?? Number.NaN) - direct,
      chunkP50: toMedian(seen.map(({ delayP50 }) => delayP50)),
      chunkP99: toMedian(seen.map(({ delayP99 }) => delayP99)),
      lost: seen.reduce((sum, { lost }) => sum + lost, 0),
      merged: seen.reduce((sum, { merged }) => sum + merged, 0),
      failed: seen.reduce((sum, { failed }) => sum + failed, 0),
      leftBeforeFirst: await leaving("before-first"),
      leftMidStream: await leaving("mid-stream"),
    });
  }
  return rows;
}

/** Whether what the README says of a configuration of ours is so. */
function isHeld({ firstTokenLater, lost, merged, failed }: Row): boolean {
  return firstTokenLater <= BAR_MS && lost === 0 && merged === 0 && failed === 0;
}

function print(rows: readonly Row[]): void {
  const tell = (milliseconds: number | null): string =>
    milliseconds === null ? "never" : `${milliseconds.toFixed(1)} ms`;
  console.log(
    `load of the machine: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}`,
  );
  for (const row of rows) {
    const { name, isOurs, firstTokenLater, chunkP50, chunkP99, lost, merged, failed } = row;
    console.log(`${name}${isOurs ? (isHeld(row) ? ": held" : ": MISSED") : ""}`);
    console.log(`  first token ${firstTokenLater.toFixed(2)} ms later than direct`);
    console.log(`  200 streams: a chunk after p50 ${chunkP50.toFixed(2)} ms, p99 ${chunkP99.toFixed(2)} ms`);
    console.log(`  200 streams: ${lost} chunks lost, ${merged} merged, ${failed} streams failed`);
    if (name !== "direct") {
      console.log(
        `  a client that leaves is heard of after ${tell(row.leftBeforeFirst)} (before the first token), ${tell(row.leftMidStream)} (within)`,
      );
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), "portlock-bench-"));
const upstream = await startUpstream();
const driver = startDriver();
const targets: Target[] = [{ name: "direct", isOurs: false, port: upstream.port, authorization: null, server: null }];
try {
  for (const proxy of PROXY_KINDS) {
    for (const start of [startOurs, startCopied]) {
      const own = join(folder, `${proxy}-${start.name}`);
      mkdirSync(own);
      targets.push(await start(proxy, own, upstream.port));
    }
  }
  const rows = await measure(driver, upstream, targets);
  if (AS_JSON) console.log(JSON.stringify(rows));
  else print(rows);
  if (rows.some((row) => row.isOurs && !isHeld(row))) process.exitCode = 1;
} finally {
  driver.end();
  for (const { server } of targets) await server?.end();
  upstream.end();
  rmSync(folder, { recursive: true, force: true });
}
