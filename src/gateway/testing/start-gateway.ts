import type { TestContext } from "node:test";
import type { Served } from "../evidence/served.ts";
import type { Key } from "../key.ts";
import { DEFAULT_LIMIT_SETTINGS, type Limiter, type LimitSettings } from "../limits/limiter.ts";
import { openLocalLimiter } from "../limits/open-local-limiter.ts";
import { openGateway, type Gateway } from "../serve/gateway.ts";
import { DEFAULT_CAPS, DEFAULT_PATIENCE, type GatewayOptions } from "../serve/gateway-options.ts";
import { parseUpstream } from "../serve/upstream-place.ts";
import { aKey } from "./a-key.ts";
import { KeysInMemory } from "./keys-in-memory.ts";

/** The secret of the key that every test gateway knows, unless a test says which keys there are. */
export const SECRET = "alices-secret";

/** A gateway of a test, with what it has told. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly limiter: Limiter;
  readonly keys: KeysInMemory;
  /** What has ended, in the order of its end. */
  readonly served: readonly Served[];
  readonly troubles: readonly unknown[];
  /** Resolves when that many requests have ended. */
  readonly ended: (count: number) => Promise<readonly Served[]>;
}

export interface TestSetting extends Partial<
  Omit<GatewayOptions, "upstream" | "limiter" | "verifier" | "witnesses" | "onTrouble">
> {
  /** `http://127.0.0.1:PORT` or `unix:/path`. */
  readonly upstream: string;
  /** Keys by their secrets. */
  readonly keys?: Readonly<Record<string, Key>>;
  readonly limits?: Partial<LimitSettings>;
}

/** Starts the real gateway on a loopback port of its own, until the test ends. */
export async function startGateway(test: TestContext, setting: TestSetting): Promise<TestGateway> {
  const { keys: known = { [SECRET]: aKey("alice") }, limits, upstream: url, ...changes } = setting;
  const upstream = parseUpstream(url);
  if (upstream === null) throw new Error(`not an upstream: ${url}`);
  const served: Served[] = [];
  const troubles: unknown[] = [];
  const waiting = new Set<() => void>();
  const keys = new KeysInMemory(known);
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const settings = { ...DEFAULT_LIMIT_SETTINGS, ...limits };
  const limiter = openLocalLimiter({ settings, countTokens: async () => 0, onTrouble });
  const hear = (one: Served): void => {
    served.push(one);
    for (const look of waiting) look();
  };
  const gateway = await openGateway({
    listen: { host: "127.0.0.1", port: 0 },
    upstream,
    verifier: keys,
    limiter,
    certificate: null,
    opening: null,
    origins: [],
    patience: DEFAULT_PATIENCE,
    caps: DEFAULT_CAPS,
    witnesses: [hear],
    onTrouble,
    ...changes,
  });
  test.after(() => gateway.close());
  const ended = (count: number): Promise<readonly Served[]> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (served.length < count) return;
        waiting.delete(look);
        resolve(served);
      };
      waiting.add(look);
      look();
    });
  return { gateway, port: gateway.port, limiter, keys, served, troubles, ended };
}
