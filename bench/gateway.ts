/**
 * Measures what the gateway claims about speed, beside nginx, HAProxy and Caddy in the same run: all of them in front of
 * the same upstream, on a processor of their own where there are two. As root or not; needs the programs and wrk.
 *
 *   sh scripts/node.sh bench/gateway.ts              everything, some minutes
 *   sh scripts/node.sh bench/gateway.ts --small      short runs and 500 streams
 *   sh scripts/node.sh bench/gateway.ts --portkey    @portkey-ai/gateway too, installed into a temporary folder
 *   sh scripts/node.sh bench/gateway.ts --profile DIR    a profile of the gateway's processor time
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  measureFirstTokens,
  measureLeaving,
  measureSmall,
  measureStreams,
  type SmallRequest,
  type Streaming,
  type Throughput,
} from "./streams/measure-server.ts";
import { startBare, startCaddy, startHaproxy, startNginx, toBasic, toBearer } from "./streams/peers.ts";
import { startPortkey, toPortkeyHeaders, writeChat } from "./streams/portkey.ts";
import { buildPortlock, startGateway, type Gateway } from "./streams/portlock.ts";
import {
  percentile,
  startDriver,
  startUpstream,
  type Driver,
  type Server,
  type Upstream,
} from "./streams/processes.ts";

const SMALL = process.argv.includes("--small");
const SECONDS = SMALL ? 1 : 3;
const WARM_REQUESTS = SMALL ? 20_000 : 60_000;
const ROUNDS = SMALL ? 3 : 5;
const CROWD = SMALL ? 500 : 5000;
const SECRET = { bearer: "bench-0123456789abcdef0123456789abcdef", user: "bench", password: "bench-password" };

interface Target {
  readonly name: string;
  readonly port: number;
  readonly authorization: string | null;
  readonly server: Server | null;
}

function say(what: string, value: string): void {
  console.log(`${what.padEnd(58)} ${value}`);
}

/** One figure beside its bar. */
function judge(what: string, value: string, bar: string, isHeld: boolean): void {
  say(what, `${value}, bar ${bar}: ${isHeld ? "held" : "MISSED"}`);
  if (!isHeld) process.exitCode = 1;
}

/** What small requests are sent to. */
interface SmallTarget extends SmallRequest {
  readonly name: string;
  readonly server: Pick<Server, "port" | "cpuSeconds">;
}

/**
 * Requests for each second of processor time, in rounds, each begun by another one, so that what else the machine does
 * meets all alike. Two are compared within a round; the median of the rounds counts.
 */
function compareSmall(targets: readonly SmallTarget[]): void {
  // Node.js and Go are as fast as they get after some ten thousand requests; nginx is from the first one on.
  for (const { name, server, ...request } of targets) {
    let served = name.startsWith("nginx") ? WARM_REQUESTS : 0;
    for (let tries = 0; served < WARM_REQUESTS && tries < 10; tries += 1) {
      served += measureSmall(server, request, 1).requests;
    }
  }
  const rounds: ReadonlyMap<string, Throughput>[] = [];
  while (rounds.length < ROUNDS) {
    const seen = rotate(targets, rounds.length).map(
      ({ name, server, ...request }) => [name, measureSmall(server, request, SECONDS)] as const,
    );
    for (const [name, { failed }] of seen) if (failed > 0) throw new Error(`${name}: ${failed} requests failed`);
    rounds.push(new Map(seen));
  }
  const read = (name: string, what: "perSecond" | "perCore"): readonly number[] =>
    rounds.map((round) => round.get(name)?.[what] ?? Number.NaN);
  for (const { name } of targets) {
    const served = `${median(read(name, "perSecond")).toFixed(0)} a second`;
    const perCore = median(read(name, "perCore"));
    const each = `${(1e6 / perCore).toFixed(1)} µs each`;
    say(`  small requests, ${name}`, `${served}, ${perCore.toFixed(0)} for a second of its processor, ${each}`);
  }
  const bars: readonly [name: string, factor: number][] = [
    ["Caddy", 1.2],
    ["nginx", 0.7],
    ["nginx, basic with bcrypt 5", 40],
  ];
  for (const [name, factor] of bars) {
    const other = read(name, "perCore");
    const ratio = median(read("Portlock", "perCore").map((own, round) => own / (other[round] ?? Number.NaN)));
    judge(`small requests, times ${name}`, ratio.toFixed(2), `${factor}`, ratio >= factor);
  }
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Begun by the one at that place. */
function rotate<T>(all: readonly T[], by: number): readonly T[] {
  const at = by % all.length;
  return [...all.slice(at), ...all.slice(0, at)];
}

/** Portkey passes on nothing but chats: the same chat, not streamed, to both. */
function toChats(own: Target, portkey: Server, script: string, upstream: number): readonly SmallTarget[] {
  if (own.server === null) return [];
  const chat = { path: "/v1/chat/completions", script };
  return [
    { ...chat, name: "Portlock, chat", server: own.server, headers: [`Authorization: ${own.authorization}`] },
    { ...chat, name: "Portkey, chat", server: portkey, headers: toPortkeyHeaders(upstream) },
  ];
}

function tellStreams(name: string, seen: Streaming): void {
  const memory = seen.kibEach === null ? "" : `, ${seen.kibEach.toFixed(0)} KiB each`;
  const faults = `${seen.lost} lost, ${seen.merged} merged, ${seen.failed} failed${seen.why === null ? "" : ` (${seen.why})`}`;
  say(`  ${name}`, `p50 ${seen.delayP50.toFixed(2)} ms, p99 ${seen.delayP99.toFixed(2)} ms, ${faults}${memory}`);
}

async function compareDelays(driver: Driver, targets: readonly Target[]): Promise<void> {
  const load = { streams: 200, chunks: SMALL ? 20 : 100, paceMs: 50, overMs: 500 };
  const seen = new Map<string, Streaming[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const target of rotate(targets, round)) {
      seen.set(target.name, [...(seen.get(target.name) ?? []), await measureStreams(driver, target, load)]);
    }
  }
  const of = (name: string, read: (one: Streaming) => number): number =>
    percentile((seen.get(name) ?? []).map(read), 0.5);
  for (const [name, rounds] of seen) for (const round of rounds) tellStreams(name, round);
  const behind = of("Portlock", (one) => one.delayP50) - of("nginx", (one) => one.delayP50);
  judge("delay of a chunk at 200 streams, p50 behind nginx", `${behind.toFixed(2)} ms`, "0.3 ms", behind <= 0.3);
  const times = of("Portlock", (one) => one.delayP99) / of("nginx", (one) => one.delayP99);
  judge("delay of a chunk at 200 streams, p99 times nginx", times.toFixed(2), "1.5", times <= 1.5);
}

async function compareCrowds(driver: Driver, targets: readonly Target[]): Promise<void> {
  for (const target of targets) {
    const load = { streams: CROWD, chunks: SMALL ? 4 : 10, paceMs: 2000, overMs: CROWD * 2 };
    const seen = await measureStreams(driver, target, load);
    tellStreams(target.name, seen);
    if (target.name !== "Portlock") continue;
    const faults = seen.lost + seen.merged + seen.failed;
    judge(`${CROWD} streams at once, chunks lost or merged, streams failed`, `${faults}`, "0", faults === 0);
    const memory = seen.kibEach ?? Number.NaN;
    // Of few streams it is what the process itself takes at its first work.
    if (SMALL) continue;
    judge(`${CROWD} streams at once, memory of each`, `${memory.toFixed(0)} KiB`, "60 KiB", memory < 60);
  }
}

async function compareOthers(driver: Driver, upstream: Upstream, targets: readonly Target[]): Promise<void> {
  const firsts = await measureFirstTokens(driver, targets, SMALL ? 20 : 100);
  const [direct = Number.NaN] = firsts;
  for (const [index, { name }] of targets.entries()) {
    const later = (firsts[index] ?? Number.NaN) - direct;
    if (name === "Portlock") judge("first token later than direct", `${later.toFixed(2)} ms`, "2 ms", later <= 2);
    else say(`  ${name}, first token`, `${(firsts[index] ?? Number.NaN).toFixed(2)} ms`);
  }
  for (const when of ["before-first", "mid-stream"] as const) {
    for (const target of targets) {
      const wait = await measureLeaving(driver, upstream, target, when, SMALL ? 2 : 5);
      const what = `client leaves (${when}), upstream closed after`;
      if (target.name === "Portlock") judge(what, `${wait.toFixed(1)} ms`, "50 ms", wait <= 50);
      else say(`  ${target.name}, ${what}`, `${wait.toFixed(1)} ms`);
    }
  }
}

async function compareStart(gateway: Gateway): Promise<void> {
  const starts: number[] = [];
  for (let round = 0; round < (SMALL ? 3 : 7); round += 1) starts.push(await gateway.measureStart());
  const start = percentile(starts, 0.5);
  judge("from start to listening", `${start.toFixed(0)} ms`, "300 ms", start < 300);
}

const profileAt = process.argv.indexOf("--profile");
const folder = mkdtempSync(join(tmpdir(), "portlock-bench-"));
const upstream = await startUpstream();
const driver = startDriver();
const servers: Server[] = [];
try {
  buildPortlock();
  const nginx = await startNginx(folder, upstream.port, SECRET);
  servers.push(nginx);
  const byPassword: Server[] = [];
  for (const cost of [5, 10]) byPassword.push(await startNginx(folder, upstream.port, SECRET, cost));
  servers.push(...byPassword);
  const haproxy = await startHaproxy(folder, upstream.port, SECRET);
  servers.push(haproxy);
  const caddy = await startCaddy(folder, upstream.port, SECRET);
  servers.push(caddy);
  const gateway = await startGateway(
    folder,
    upstream.port,
    profileAt < 0 ? null : (process.argv[profileAt + 1] ?? "."),
  );
  servers.push(gateway.server);
  const peers = [nginx, haproxy, caddy];
  const bare = await startBare(upstream.port);
  servers.push(...bare);
  const portkeys = process.argv.includes("--portkey") ? [await startPortkey(folder)] : [];
  servers.push(...portkeys);
  const toTarget = (server: Server, authorization: string): Target => {
    return { name: server.name, port: server.port, authorization, server };
  };
  const own = toTarget(gateway.server, `Bearer ${gateway.bearer}`);
  const direct: Target = { name: "direct", port: upstream.port, authorization: null, server: null };
  const targets = [direct, ...peers.map((server) => toTarget(server, toBearer(SECRET))), own];
  const basic = [`Authorization: ${toBasic(SECRET)}`];
  compareSmall([
    { name: "upstream alone", server: upstream, headers: [] },
    ...bare.map((server) => ({ name: server.name, server, headers: [] })),
    ...targets.flatMap(({ name, server, authorization }) =>
      server === null ? [] : [{ name, server, headers: [`Authorization: ${authorization}`] }],
    ),
    ...byPassword.map((server) => ({ name: server.name, server, headers: basic })),
    ...portkeys.flatMap((server) => toChats(own, server, writeChat(folder), upstream.port)),
  ]);
  await compareDelays(driver, targets);
  await compareOthers(driver, upstream, targets);
  await compareStart(gateway);
  // Memory that was taken before would not be counted.
  const fresh = await gateway.startAnother();
  servers.push(fresh);
  await compareCrowds(driver, [toTarget(nginx, toBearer(SECRET)), toTarget(fresh, `Bearer ${gateway.bearer}`)]);
} finally {
  driver.end();
  for (const server of servers) await server.end();
  upstream.end();
  rmSync(folder, { recursive: true, force: true });
}
