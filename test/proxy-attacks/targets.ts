import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { type Credential, makeCredential } from "../../src/commands/make-credential.ts";
import { DEFAULT_LIMIT_SETTINGS } from "../../src/gateway/limits/limiter.ts";
import { openLocalLimiter } from "../../src/gateway/limits/open-local-limiter.ts";
import { DEFAULT_CAPS, DEFAULT_PATIENCE } from "../../src/gateway/serve/gateway-options.ts";
import { type Gateway, openGateway } from "../../src/gateway/serve/gateway.ts";
import { aKey } from "../../src/gateway/testing/a-key.ts";
import { KeysInMemory } from "../../src/gateway/testing/keys-in-memory.ts";
import { makeConfiguration } from "../../src/proxy/configuration.ts";
import type { ProxyAuth, ProxyKind, ProxySite } from "../../src/proxy/site.ts";
import { readInstalledVersion, startProxy } from "../proxy-programs.ts";
import type { Person } from "./attack.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";
import type { Place, Recipe } from "./recipes.ts";

/** A proxy that runs in front of a model server, and somebody who is let in. */
export interface Target {
  readonly port: number;
  readonly person: Person;
  readonly model: ModelServer;
  end(): Promise<void>;
}

/** Starts what Portlock writes for a proxy, with inference let through; for `portlock` the gateway too. */
export async function startGenerated(proxy: ProxyKind, auth: ProxyAuth): Promise<Target> {
  const gateway = auth === "portlock" ? await startGateway() : null;
  const target = await start(proxy, auth === "basic" ? "basic" : "bearer", (place) => {
    const { port, people } = place;
    return writeSite(proxy, place, {
      id: "attacked",
      listen: { address: "127.0.0.1", port },
      name: null,
      auth:
        gateway === null || auth !== "portlock"
          ? { kind: auth === "basic" ? "basic" : "bearer", file: people }
          : { kind: "portlock", gateway: { address: "127.0.0.1", port: gateway.port } },
      scopes: ["inference"],
      tls: { kind: "none" },
      origins: ["https://app.example.com"],
      requestsPerMinute: null,
    });
  });
  if (gateway === null) return target;
  const person = { header: "Authorization", value: `Bearer ${GATEWAY_KEY}`, secret: GATEWAY_KEY, stored: "alice" };
  return { ...target, person, end: async () => void (await Promise.all([target.end(), gateway.close()])) };
}

function writeSite(proxy: ProxyKind, { upstream }: Place, site: Omit<ProxySite, "upstream">): string {
  const version = readInstalledVersion(proxy);
  if (version === null) throw new Error(`${proxy} is not installed`);
  const made = makeConfiguration(proxy, { ...site, upstream }, version);
  if (made.kind === "refused") throw new Error(made.refusal.code);
  return made.text;
}

const GATEWAY_KEY = "pl_attacked_0123456789abcdefghijklmnopqrstuvwxyz";

/** The gateway, asked by a proxy alone: it has no model server of its own. */
async function startGateway(): Promise<Gateway> {
  const onTrouble = (error: unknown): void => {
    throw error;
  };
  return await openGateway({
    listen: { host: "127.0.0.1", port: 0 },
    upstream: { origin: "http://127.0.0.1:9", socketPath: null, host: "localhost" },
    verifier: new KeysInMemory({ [GATEWAY_KEY]: aKey("alice") }),
    limiter: openLocalLimiter({ settings: DEFAULT_LIMIT_SETTINGS, countTokens: async () => 0, onTrouble }),
    certificate: null,
    opening: null,
    origins: [],
    patience: DEFAULT_PATIENCE,
    caps: DEFAULT_CAPS,
    witnesses: [],
    onTrouble,
  });
}

/** Starts a recipe as it is posted. */
export async function startRecipe({ proxy, auth, write }: Recipe): Promise<Target> {
  return await start(proxy, auth, write);
}

async function start(proxy: ProxyKind, auth: Recipe["auth"], write: (place: Place) => string): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-attacks-"));
  const socket = join(folder, "model");
  const people = join(folder, "people");
  const model = await startModelServer(socket);
  const { person, line } = await makePerson(proxy, auth);
  writeFileSync(people, `${line}\n`);
  const port = await findFreePort();
  const running = await startProxy(
    proxy,
    write({ port, upstream: { kind: "unix", path: socket }, people, person }),
    folder,
    port,
  );
  return {
    port,
    person,
    model,
    end: async () => {
      await running.end();
      model.end();
      rmSync(folder, { recursive: true });
    },
  };
}

async function makePerson(
  proxy: ProxyKind,
  auth: Recipe["auth"],
): Promise<{ readonly person: Person; readonly line: string }> {
  const kind = auth === "basic" ? "basic" : "bearer";
  const made = proxy === "caddy" ? await makeForCaddy(kind) : await makeCredential(proxy, kind, "alice");
  const { line } = made;
  const isHeader = auth === "x-api-key";
  const person: Person = {
    header: isHeader ? "X-Api-Key" : "Authorization",
    value: isHeader ? made.secret : made.authorization,
    secret: made.secret,
    stored: line.split(proxy === "nginx" && auth === "basic" ? ":" : " ").find((word) => word.length > 40) ?? line,
  };
  return { person, line };
}

/**
 * As `makeCredential` makes it for Caddy, whose key is a pair of name and password, but at the least cost there is: a
 * hundred wrong ones are tried here, which is no place to wait.
 */
async function makeForCaddy(kind: "basic" | "bearer"): Promise<Omit<Credential, "name">> {
  const { secret, authorization } = await makeCredential("nginx", "basic", "alice");
  const line = `alice ${(await hash(secret, 4)).replace(/^\$2[ab]\$/, "$2y$")}`;
  const pair = authorization.slice("Basic ".length);
  return kind === "basic" ? { secret, authorization, line } : { secret: pair, authorization: `Bearer ${pair}`, line };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
