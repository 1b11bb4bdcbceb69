import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createKey, type KeyWish } from "../keys/key-acts.ts";
import type { Key } from "../key.ts";
import { GRANTS, SCOPES } from "../key.ts";
import type { DataPlace } from "../store/data-place.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStore } from "../store/open-tables.ts";
import { toPepperFile } from "../store/pepper.ts";
import { aWish } from "../testing/a-wish.ts";
import { type Came, type GatewayProcess, runPortlock, startGatewayProcess } from "../testing/gateway-process.ts";
import { type Postgres, startPostgres } from "../testing/postgres.ts";
import { openRaw, type RawConnection } from "../testing/raw-request.ts";
import { answerOk, type RecordingUpstream, startUpstream } from "../testing/recording-upstream.ts";
import { type Redis, startRedis } from "../testing/redis.ts";

export type StoreName = "SQLite" | "PostgreSQL";

/** Stands in every prompt that an attack sends, so that whoever keeps one is found out. */
export const PROMPT = "a-prompt-that-nobody-may-keep";
/** The only origin whose pages may use the gateway. */
export const ORIGIN = "https://chat.example.com";

/** A key and its text. */
export interface WorldKey {
  readonly key: Key;
  readonly text: string;
}

/**
 * What all attacks on one store stand in: a real gateway process over it, a model server that keeps what reached it,
 * and the administrator's own hand on the store.
 */
export interface World {
  readonly name: StoreName;
  readonly place: DataPlace;
  readonly open: OpenStore;
  readonly upstream: RecordingUpstream;
  /** The gateway that most attacks go against. */
  readonly gateway: GatewayProcess;
  /** May ask models, and nothing else. */
  readonly alice: WorldKey;
  /** May do everything but what is granted by name. */
  readonly manager: WorldKey;
  /** May do everything. */
  readonly owner: WorldKey;
  /** May do everything but what is granted by name, with `qwen3` and its tags alone. */
  readonly narrow: WorldKey;
  /** The servers behind the store and the limits; null where there is none. */
  readonly servers: { readonly postgres: Postgres; readonly redis: Redis } | null;
  readonly accessLog: string;
  readonly folder: string;
  /** What nobody may find anywhere but in the hand of its owner. */
  readonly secrets: Set<string>;
  /** All that clients were answered. */
  readonly heard: string[];
  /** All that portlock's processes have said, and that have ended. */
  readonly said: string[];
  makeKey(wish?: Partial<KeyWish>): Promise<WorldKey>;
  /** A place beside this one where no store is yet. */
  makePlace(): Promise<DataPlace>;
  /** Another gateway over the same store, until the test ends. */
  start(test: TestContext, flags?: readonly string[]): Promise<GatewayProcess>;
  /** Runs a command line about the store of this world: `keys list`. */
  run(...argv: readonly string[]): Promise<Came>;
  /** A connection to a gateway, the first one unless told otherwise. */
  connect(port?: number): Promise<RawConnection>;
  /** Sends bytes and gives all that came until the other end closed. */
  send(bytes: string | Uint8Array, port?: number): Promise<string>;
  end(): Promise<void>;
}

/** Something that is to be taken down again, last first. */
type Cleanups = (() => unknown)[];

/** Builds a world over that store; what is on a disk lies below `base`. */
export async function buildWorld(name: StoreName, base: string = tmpdir()): Promise<World> {
  const cleanups: Cleanups = [];
  try {
    return await build(name, base, cleanups);
  } catch (error) {
    await takeDown(cleanups);
    throw error;
  }
}

async function build(name: StoreName, base: string, cleanups: Cleanups): Promise<World> {
  const folder = mkdtempSync(join(base, "portlock-attacks-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const servers = name === "SQLite" ? null : await startServers(cleanups);
  const place = await toPlace(folder, servers);
  const open = await openStore(place);
  cleanups.push(() => open.store.close());
  const upstream = await startUpstream({ after: (end) => void cleanups.push(end) }, answerOk);
  const kept: Kept = { secrets: new Set<string>(), heard: [], said: [] };
  const makeKey = toKeyMaker(open, kept.secrets);
  const keys = await makeKeys(makeKey);
  const data = ["--data", place.kind === "folder" ? place.path : place.url];
  const env = { HOME: folder, ...(servers === null ? {} : { PORTLOCK_PEPPER_FILE: toPepperFile(folder) }) };
  const redis = servers === null ? [] : ["--redis", servers.redis.url];
  const start = (flags: readonly string[]): Promise<GatewayProcess> =>
    startGatewayProcess({ flags: [...data, ...redis, "--upstream", upstream.url, "--even-so", ...flags], env });
  const accessLog = join(folder, "access.log");
  const flags = ["--log", accessLog, "--metrics", "127.0.0.1:0", "--parallel", "8", "--origin", ORIGIN];
  const gateway = await start(flags);
  cleanups.push(() => gateway.end());
  return {
    name,
    place,
    open,
    upstream,
    gateway,
    servers,
    accessLog,
    folder,
    makeKey,
    ...keys,
    ...kept,
    ...toHands(gateway, kept, start),
    makePlace: () => toPlace(mkdtempSync(join(folder, "place-")), servers),
    run: async (...argv) => {
      const came = await runPortlock([...argv, ...data], env);
      kept.said.push(came.said);
      return came;
    },
    end: () => takeDown(cleanups),
  };
}

type Kept = Pick<World, "secrets" | "heard" | "said">;

/** What a test does with the gateway, and others like it. */
function toHands(
  gateway: GatewayProcess,
  kept: Kept,
  start: (flags: readonly string[]) => Promise<GatewayProcess>,
): Pick<World, "start" | "connect" | "send"> {
  const open = async (port = gateway.port): Promise<RawConnection> => {
    const connection = await openRaw(port);
    connection.socket.once("close", () => kept.heard.push(connection.text.slice(0, 4096)));
    return connection;
  };
  return {
    connect: open,
    send: async (bytes, port) => {
      const connection = await open(port);
      connection.write(bytes);
      return connection.end();
    },
    start: async (test, flags = []) => {
      const another = await start(flags);
      test.after(async () => {
        await another.end("SIGKILL");
        kept.said.push(another.said);
      });
      return another;
    },
  };
}

function toKeyMaker(open: OpenStore, secrets: Set<string>): World["makeKey"] {
  let made = 0;
  return async (wish = {}) => {
    made += 1;
    const { key, text } = await createKey(open, aWish(`key-${made}`, wish), { at: Date.now(), by: "tests" });
    if (text === null) throw new Error("a key without a text");
    secrets.add(text);
    return { key, text };
  };
}

async function makeKeys(makeKey: World["makeKey"]): Promise<Pick<World, "alice" | "manager" | "owner" | "narrow">> {
  return {
    alice: await makeKey({ name: "alice" }),
    manager: await makeKey({ name: "manager", scopes: SCOPES }),
    owner: await makeKey({ name: "owner", scopes: SCOPES, grants: GRANTS }),
    narrow: await makeKey({ name: "narrow", scopes: SCOPES, models: ["qwen3", "qwen3:*"] }),
  };
}

async function startServers(cleanups: Cleanups): Promise<{ readonly postgres: Postgres; readonly redis: Redis }> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  cleanups.push(() => postgres.end());
  cleanups.push(() => redis.end());
  return { postgres, redis };
}

async function toPlace(folder: string, servers: World["servers"]): Promise<DataPlace> {
  if (servers === null) return { kind: "folder", path: join(folder, "data") };
  return { kind: "postgres", url: await servers.postgres.create(), pepperFile: null, folder };
}

async function takeDown(cleanups: Cleanups): Promise<void> {
  for (const clean of cleanups.toReversed()) await clean();
  cleanups.length = 0;
}
