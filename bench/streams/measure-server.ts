import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { percentile, type Driver, type Server, type Upstream } from "./processes.ts";

/** How small requests fared. */
export interface Throughput {
  readonly requests: number;
  readonly perSecond: number;
  /** Requests for each second of its processor time: what it would serve on a core of its own. */
  readonly perCore: number;
  readonly failed: number;
}

/** What a small request asks for: an answer of about 1 KiB, or where a script of wrk says so, something else. */
export interface SmallRequest {
  readonly headers: readonly string[];
  readonly path?: string;
  readonly script?: string;
}

/** The same small request again and again for some seconds, by wrk on the other processors. */
export function measureSmall(
  server: Pick<Server, "port" | "cpuSeconds">,
  { headers, path = "/api/version", script }: SmallRequest,
  seconds: number,
): Throughput {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const scripted = script === undefined ? [] : ["-s", script];
  const named = headers.flatMap((header) => ["-H", header]);
  const load = ["wrk", "-t1", "-c32", `-d${seconds}s`, ...scripted, ...named, url];
  const count = availableParallelism();
  const pinned = count < 2 ? load : ["taskset", "-c", `1-${count - 1}`, ...load];
  const [program = "wrk", ...args] = pinned;
  const before = server.cpuSeconds();
  const { stdout } = spawnSync(program, args, { encoding: "utf8" });
  const spent = server.cpuSeconds() - before;
  const requests = Number(/(\d+) requests in/u.exec(stdout)?.[1] ?? 0);
  const failed = Number(/Non-2xx or 3xx responses: (\d+)/u.exec(stdout)?.[1] ?? 0);
  return {
    requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/u.exec(stdout)?.[1] ?? 0),
    perCore: requests / spent,
    failed,
  };
}

/** How streams fared. Milliseconds. */
export interface Streaming {
  readonly delayP50: number;
  readonly delayP99: number;
  readonly firstP50: number;
  readonly lost: number;
  readonly merged: number;
  readonly failed: number;
  readonly why: string | null;
  /** Memory that each stream took; null where nothing was proxied. */
  readonly kibEach: number | null;
}

interface Target {
  readonly port: number;
  readonly authorization: string | null;
  readonly server: Server | null;
}

/** Many streams at once. Memory is looked at while all of them are open. */
export async function measureStreams(
  driver: Driver,
  target: Target,
  load: { readonly streams: number; readonly chunks: number; readonly paceMs: number; readonly overMs: number },
): Promise<Streaming> {
  const { streams, chunks, paceMs, overMs } = load;
  const idle = target.server?.residentKib() ?? 0;
  let peak = idle;
  const timer = setInterval(() => (peak = Math.max(peak, target.server?.residentKib() ?? 0)), 250);
  const plan = { chunks, paceMs, waitMs: 0 };
  const { port, authorization } = target;
  const seen = await driver.drive({ port, authorization, plan, streams, overMs, leaveAfter: null });
  clearInterval(timer);
  return {
    delayP50: percentile(seen.delays, 0.5),
    delayP99: percentile(seen.delays, 0.99),
    firstP50: percentile(seen.firstTokens, 0.5),
    lost: seen.lost,
    merged: seen.merged,
    failed: seen.failed,
    why: seen.why,
    kibEach: target.server === null ? null : (peak - idle) / streams,
  };
}

/** Milliseconds to the first chunk of one stream at a time, in turns, so that what slows one slows all; medians. */
export async function measureFirstTokens(
  driver: Driver,
  targets: readonly Target[],
  rounds: number,
): Promise<readonly number[]> {
  const seen = targets.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { port, authorization }] of targets.entries()) {
      const plan = { chunks: 2, paceMs: 1, waitMs: 0 };
      const { firstTokens } = await driver.drive({
        port,
        authorization,
        plan,
        streams: 1,
        overMs: 0,
        leaveAfter: null,
      });
      // The first round makes connections.
      if (round > 0) seen[index]?.push(...firstTokens);
    }
  }
  return seen.map((values) => percentile(values, 0.5));
}

let id = 0;

/** Milliseconds from a client's leaving to the upstream's hearing of it; the longest of some. Infinity: not heard of. */
export async function measureLeaving(
  driver: Driver,
  upstream: Upstream,
  target: Target,
  when: "before-first" | "mid-stream",
  rounds = 5,
): Promise<number> {
  const waits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const closed = Promise.race([
      upstream.whenClosed((id += 1)),
      new Promise<number>((resolve) => setTimeout(resolve, 3000, Number.POSITIVE_INFINITY)),
    ]);
    const plan = { chunks: 1000, paceMs: 20, waitMs: when === "before-first" ? 5000 : 0, id };
    const { port, authorization } = target;
    const leaveAfter = when === "before-first" ? 0 : 3;
    const { leftAt } = await driver.drive({ port, authorization, plan, streams: 1, overMs: 0, leaveAfter });
    waits.push((await closed) - (leftAt[0] ?? Number.NaN));
  }
  return Math.max(...waits);
}
