/**
 * Sends a great many requests through both limiters, with clients leaving at any moment, model servers dying, limits
 * reached and turns released twice: turns, queue and quotas have to end exactly where they should, and memory flat.
 *
 *   sh scripts/node.sh bench/slots.ts             100,000 requests each
 *   sh scripts/node.sh bench/slots.ts --small     5,000 each
 *   sh scripts/node.sh bench/slots.ts --gateway   through the whole gateway, over sockets
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Limiter } from "../src/gateway/limits/limiter.ts";
import { openLocalLimiter } from "../src/gateway/limits/open-local-limiter.ts";
import { openSharedLimiter } from "../src/gateway/limits/open-shared-limiter.ts";
import { DEFAULT_CAPS, DEFAULT_PATIENCE } from "../src/gateway/serve/gateway-options.ts";
import { openGateway, type Gateway } from "../src/gateway/serve/gateway.ts";
import { parseUpstream } from "../src/gateway/serve/upstream-place.ts";
import { RedisLink } from "../src/gateway/shared/redis-link.ts";
import { aKey } from "../src/gateway/testing/a-key.ts";
import { CROWD_SETTINGS, sendCrowd, toRandom } from "../src/gateway/testing/crowd.ts";
import { KeysInMemory } from "../src/gateway/testing/keys-in-memory.ts";
import { startRedis } from "../src/gateway/testing/redis.ts";
import { sendWildClients, startWildServer } from "./streams/wild.ts";

const REQUESTS = process.argv.includes("--small") ? 5000 : 100_000;
/** Heap that may be added between a fifth of the way and the end. */
const GROWTH_BAR_KIB = 1024;
const OPTIONS = {
  settings: CROWD_SETTINGS,
  countTokens: async (): Promise<number> => 0,
  onTrouble: (error: unknown): void => {
    throw error;
  },
};

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function readHeap(): number {
  collect();
  return process.memoryUsage().heapUsed / 1024;
}

/** Everything is given back a moment after the last client has left. */
async function untilIdle(gateway: Gateway): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { exchanges, serving, waiting, bodyBytes } = gateway.state;
    if (exchanges + serving + waiting + bodyBytes === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function measureGateway(): Promise<void> {
  const random = toRandom(11);
  const server = await startWildServer(random);
  const upstream = parseUpstream(`http://127.0.0.1:${server.port}`);
  if (upstream === null) throw new Error("no upstream");
  const keys = {
    free: aKey("free"),
    narrow: aKey("narrow", { concurrent: 2 }),
    rated: aKey("rated", { requestsPerMinute: 600 }),
    saving: aKey("saving", { tokensPerDay: 20_000, concurrent: 3 }),
  };
  let ended = 0;
  const gateway = await openGateway({
    listen: { host: "127.0.0.1", port: 0 },
    upstream,
    verifier: new KeysInMemory(keys),
    limiter: openLocalLimiter({ ...OPTIONS, settings: { ...CROWD_SETTINGS, turns: 16 } }),
    certificate: null,
    opening: null,
    origins: [],
    patience: DEFAULT_PATIENCE,
    caps: DEFAULT_CAPS,
    witnesses: [() => (ended += 1)],
    onTrouble: OPTIONS.onTrouble,
  });
  let early = 0;
  const begin = performance.now();
  const outcomes = await sendWildClients({
    port: gateway.port,
    requests: REQUESTS,
    clients: 60,
    authorizations: Object.keys(keys).map((secret) => `Bearer ${secret}`),
    random,
    look: (done) => {
      if (done === REQUESTS / 5) early = readHeap();
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  const isIdle = await untilIdle(gateway);
  const growth = readHeap() - early;
  const told = [...outcomes].map(([how, count]) => `${count} ${how}`).join(", ");
  console.log(`through the gateway: ${REQUESTS} requests in ${seconds.toFixed(1)} s: ${told}; ${ended} came to an end`);
  console.log(`  turns, queue and bodies at the end: ${isIdle ? "none" : JSON.stringify(gateway.state)}`);
  const isHeld = isIdle && growth < GROWTH_BAR_KIB;
  console.log(
    `  heap ${growth.toFixed(0)} KiB more than at a fifth, bar ${GROWTH_BAR_KIB}: ${isHeld ? "held" : "MISSED"}`,
  );
  if (!isHeld) process.exitCode = 1;
  await gateway.close();
  server.close();
}

async function measure(name: string, limiter: Limiter): Promise<void> {
  let early = 0;
  const begin = performance.now();
  const { outcomes, faults } = await sendCrowd(limiter, {
    requests: REQUESTS,
    random: toRandom(7),
    look: (done) => {
      if (done === REQUESTS / 5) early = readHeap();
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  const growth = readHeap() - early;
  const isHeld = faults.length === 0 && growth < GROWTH_BAR_KIB;
  if (!isHeld) process.exitCode = 1;
  const told = [...outcomes].map(([how, count]) => `${count} ${how}`).join(", ");
  console.log(`${name}: ${REQUESTS} requests in ${seconds.toFixed(1)} s: ${told}`);
  console.log(`  faults: ${faults.length === 0 ? "none" : faults.join("; ")}`);
  console.log(
    `  heap ${growth.toFixed(0)} KiB more than at a fifth, bar ${GROWTH_BAR_KIB}: ${isHeld ? "held" : "MISSED"}`,
  );
}

async function measureLimiters(): Promise<void> {
  const local = openLocalLimiter(OPTIONS);
  await measure("in memory", local);
  await local.close();
  const redis = await startRedis();
  try {
    const shared = await openSharedLimiter({ ...OPTIONS, link: new RedisLink(redis.url) });
    await measure("in Redis", shared);
    await shared.close();
    const left = redis.ask("HLEN", "{portlock}:turns");
    console.log(`  turns that Redis still has: ${left}`);
    if (left !== "0") process.exitCode = 1;
  } finally {
    await redis.end();
  }
}

await (process.argv.includes("--gateway") ? measureGateway() : measureLimiters());
