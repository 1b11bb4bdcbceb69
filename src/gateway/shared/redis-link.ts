import { createHash } from "node:crypto";
import { createClient } from "@redis/client";

/** Redis or Valkey could not be reached, did not answer in time or refused; what was asked may have been done or not. */
export class RedisGone extends Error {
  override readonly name: string = "RedisGone";
}

/** A Lua script that Redis keeps by its hash. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function toScript(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

type Client = ReturnType<typeof createRedisClient>;
type Connection = Pick<NonNullable<Parameters<typeof createClient>[0]>, "url" | "socket">;

const ANSWER_MS = 500;
const RETRY_MS = 500;
const CONNECT_MS = 2000;

/**
 * One connection to Redis or Valkey, made anew for as long as it takes whenever it fails. Nothing waits for it: while
 * it is away every verb rejects at once, and one that gets no answer in half a second ends it.
 */
export class RedisLink {
  readonly #connection: Connection;
  readonly #channels = new Map<string, (text: string) => void>();
  readonly #upHearers: (() => void)[] = [];
  readonly #downHearers: (() => void)[] = [];
  #client: Client | null = null;
  #isClosed = false;
  #retry: NodeJS.Timeout | null = null;

  /** `url`: `redis://`, `rediss://`, or `unix:` and the path of a socket. Throws a `TypeError` that does not show it. */
  constructor(url: string) {
    this.#connection = toConnection(url);
  }

  get isUp(): boolean {
    return this.#client !== null;
  }

  /** Called after each time a connection was made. */
  onUp(hear: () => void): void {
    this.#upHearers.push(hear);
  }

  onDown(hear: () => void): void {
    this.#downHearers.push(hear);
  }

  /** Hears what is published on a channel, on every connection from the next one on. */
  listen(channel: string, hear: (text: string) => void): void {
    this.#channels.set(channel, hear);
  }

  /** First attempt; resolves when it has come to something, good or bad. */
  async connect(): Promise<void> {
    if (this.#isClosed) return;
    const client = createRedisClient(this.#connection);
    const fail = (): void => {
      if (client.isOpen) client.destroy();
      this.#fail(client);
    };
    client.on("error", fail);
    try {
      await bounded(client.connect(), CONNECT_MS);
      for (const [channel, hear] of this.#channels) await bounded(client.subscribe(channel, hear), ANSWER_MS);
      if (this.#isClosed) client.destroy();
      else {
        this.#client = client;
        for (const hear of this.#upHearers) hear();
      }
    } catch {
      fail();
      this.#tryAgain();
    }
  }

  /** What a script answers: numbers, texts and lists of them. Rejects with `RedisGone`. */
  async evaluate(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const options = { keys: [...keys], arguments: args.map(String) };
    return this.#ask(async (client) => {
      try {
        return await client.evalSha(script.sha, options);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return client.eval(script.text, options);
      }
    });
  }

  /** Rejects with `RedisGone`. */
  async publish(channel: string, text: string): Promise<void> {
    await this.#ask((client) => client.publish(channel, text));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    try {
      // What was sent is still answered.
      await bounded(client.close(), ANSWER_MS);
    } catch {
      if (client.isOpen) client.destroy();
    }
  }

  async #ask<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (client === null) throw new RedisGone("no connection to Redis");
    try {
      return await bounded(ask(client), ANSWER_MS);
    } catch (error) {
      if (client.isOpen) client.destroy();
      this.#fail(client);
      throw new RedisGone(error instanceof Error ? error.message : "Redis failed");
    }
  }

  #fail(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    for (const hear of this.#downHearers) hear();
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#isClosed || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.connect();
    }, RETRY_MS);
    this.#retry.unref();
  }
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- the library's own type has five parameters
function createRedisClient(connection: Connection) {
  return createClient({
    ...connection,
    disableOfflineQueue: true,
    // Its own is a signal for each command, which lives on for seconds after the answer.
    commandOptions: { timeout: 0 },
    disableClientInfo: true,
    maintNotifications: "disabled",
  });
}

function toConnection(url: string): Connection {
  const socket = { connectTimeout: CONNECT_MS, reconnectStrategy: false } as const;
  if (url.startsWith("unix:")) return { socket: { ...socket, path: url.slice("unix:".length), tls: false } };
  const scheme = URL.canParse(url) ? new URL(url).protocol : null;
  // The text may hold a password: it is in no message.
  if (scheme !== "redis:" && scheme !== "rediss:") throw new TypeError("not a redis:, rediss: or unix: address");
  return { url, socket };
}

/** Rejects after that many milliseconds, but not for an answer that lies there while this process was busy. */
async function bounded<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    setImmediate(() => {
      reject(new RedisGone("Redis did not answer in time"));
    });
  }, milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
