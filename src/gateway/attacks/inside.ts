import type { TestContext } from "node:test";
import { randomUUID } from "node:crypto";
import type { Served } from "../evidence/served.ts";
import { UsageBook } from "../evidence/usage-book.ts";
import { openVerifier } from "../keys/open-verifier.ts";
import { DEFAULT_LIMIT_SETTINGS, type Limiter, type LimitSettings } from "../limits/limiter.ts";
import { openLocalLimiter } from "../limits/open-local-limiter.ts";
import { openSharedLimiter } from "../limits/open-shared-limiter.ts";
import type { ConnectionCaps } from "../serve/connections.ts";
import { DEFAULT_CAPS, DEFAULT_PATIENCE, type Patience } from "../serve/gateway-options.ts";
import { type Gateway, openGateway } from "../serve/gateway.ts";
import { parseUpstream } from "../serve/upstream-place.ts";
import { RedisLink } from "../shared/redis-link.ts";
import { ORIGIN, type World } from "./world.ts";

/** A gateway in the test's own process: for what a command line does not set, and for clocks that a test sets. */
export interface Inside {
  readonly port: number;
  readonly gateway: Gateway;
  readonly limiter: Limiter;
  /** What has ended, in the order of its end. */
  readonly served: readonly Served[];
  readonly troubles: readonly unknown[];
}

export interface InsideSetting {
  readonly patience?: Partial<Patience>;
  readonly caps?: ConnectionCaps;
  readonly limits?: Partial<LimitSettings>;
}

/** Starts one over the store of the world, and over its Redis where it has one, until the test ends. */
export async function startInside(world: World, test: TestContext, setting: InsideSetting = {}): Promise<Inside> {
  const served: Served[] = [];
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const upstream = parseUpstream(world.upstream.url);
  if (upstream === null) throw new Error(`not an upstream: ${world.upstream.url}`);
  const limiter = await openLimiter(world, { ...DEFAULT_LIMIT_SETTINGS, ...setting.limits }, onTrouble);
  const usage = new UsageBook(world.open.store, onTrouble);
  test.after(() => usage.close());
  const gateway = await openGateway({
    listen: { host: "127.0.0.1", port: 0 },
    upstream,
    verifier: await openVerifier(world.open),
    limiter,
    certificate: null,
    opening: null,
    origins: [ORIGIN],
    patience: { ...DEFAULT_PATIENCE, ...setting.patience },
    caps: setting.caps ?? DEFAULT_CAPS,
    witnesses: [(one) => void served.push(one), (one) => usage.see(one)],
    onTrouble,
  });
  test.after(() => gateway.close());
  return { port: gateway.port, gateway, limiter, served, troubles };
}

async function openLimiter(
  { open: { store }, servers }: World,
  settings: LimitSettings,
  onTrouble: (error: unknown) => void,
): Promise<Limiter> {
  const countTokens = (keyId: string, since: number): Promise<number> => store.countTokens(keyId, since);
  if (servers === null) return openLocalLimiter({ settings, countTokens, onTrouble });
  const link = new RedisLink(servers.redis.url);
  return openSharedLimiter({ link, settings, countTokens, onTrouble, prefix: randomUUID() });
}
