import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { isFull } from "../../../lab/extent.ts";
import { bearer, expectServed, toPost, until } from "../attacks/attempt.ts";
import { buildWorld, type StoreName, type World, type WorldKey } from "../attacks/world.ts";
import { verifyLog } from "../audit/verify-log.ts";
import { revokeKey } from "../keys/key-acts.ts";
import type { GatewayProcess } from "../testing/gateway-process.ts";
import { missingPostgres } from "../testing/postgres.ts";
import { toStatuses } from "../testing/raw-request.ts";
import { missingRedis } from "../testing/redis.ts";
import type { Behave } from "../testing/recording-upstream.ts";

const KILLS = isFull ? 100 : 2;
const CLIENTS = 12;
/** What was used longer ago than this is never lost. */
const LAST_MOMENT_MS = 1000;
const TOKENS = 3;

/** A stream of a few lines over some hundredths of a second. */
const stream: Behave = (response, request) => {
  request.resume();
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  let told = 0;
  const timer = setInterval(() => {
    told += 1;
    if (told < TOKENS) response.write(`{"response":"${told}"}\n`);
    else response.end(`{"done":true,"prompt_eval_count":0,"eval_count":${TOKENS}}\n`);
    if (told >= TOKENS) clearInterval(timer);
  }, 10);
  response.once("close", () => clearInterval(timer));
};

/** What clients and administrators have seen with their own eyes. */
interface Seen {
  /** Moments at which an answer had come to its whole end. */
  readonly answeredAt: number[];
  asked: number;
  readonly made: WorldKey[];
  readonly revoked: WorldKey[];
}

/** Asks again and again until the gateway is gone. */
async function keepAsking(world: World, gateway: GatewayProcess, key: WorldKey, seen: Seen): Promise<void> {
  while (!gateway.hasEnded) {
    seen.asked += 1;
    const text = await world.send(toPost("/api/chat", [bearer(key)]), gateway.port).catch(() => "");
    if (text.endsWith("0\r\n\r\n")) seen.answeredAt.push(performance.now());
  }
}

/** Makes keys and revokes every other one, beside the gateway, until it is gone. */
async function keepMaking(world: World, gateway: GatewayProcess, seen: Seen): Promise<void> {
  while (!gateway.hasEnded) {
    // Whoever writes to a file never waits, and would let nobody else come to his turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const key = await world.makeKey();
    seen.made.push(key);
    if (seen.made.length % 2 === 1) continue;
    await revokeKey(world.open, key.key.id, true, { at: Date.now(), by: "tests" });
    seen.revoked.push(key);
  }
}

/** A command that makes a key, killed in the middle or not: a key that it has shown is there. */
async function makeByCommand(world: World, seen: Seen, name: string): Promise<void> {
  const { said } = await world.run("keys", "create", name, "--json");
  const text = /plk_[0-9a-z]{8}_[\w-]{43}/.exec(said)?.[0];
  const stored = await world.open.store.findKey(name);
  assert.equal(text !== undefined, stored !== null, said);
  if (text !== undefined && stored !== null) seen.made.push({ key: stored.key, text });
}

async function killOnce(world: World, t: TestContext, user: WorldKey, seen: Seen, round: number): Promise<number> {
  // In Redis a gateway that was killed keeps its turns until their lease ends: there have to be others.
  const gateway = await world.start(t, ["--parallel", "64"]);
  const clients = Array.from({ length: CLIENTS }, () => keepAsking(world, gateway, user, seen));
  const administrator = keepMaking(world, gateway, seen);
  const command = round % 10 === 0 ? makeByCommand(world, seen, `command-${round}`) : null;
  const answered = seen.answeredAt.length;
  await until("it is under load", () => seen.answeredAt.length >= answered + 2 * CLIENTS);
  // Any moment of what is done four times a second.
  await new Promise((resolve) => setTimeout(resolve, 1000 + ((round * 37) % 250)));
  const killedAt = performance.now();
  assert.equal(await gateway.end("SIGKILL"), "SIGKILL");
  await Promise.all([...clients, administrator, command]);
  return killedAt;
}

async function countRequests(world: World, { key }: WorldKey): Promise<{ requests: number; tokens: number }> {
  const rows = (await world.open.store.listUsage(0, Date.now() + 1)).filter(({ keyId }) => keyId === key.id);
  const sum = (read: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + read(row), 0);
  return { requests: sum(({ requests }) => requests), tokens: sum(({ answerTokens }) => answerTokens) };
}

for (const name of ["SQLite", "PostgreSQL"] as const satisfies readonly StoreName[]) {
  const skip = name === "SQLite" ? false : (missingPostgres() ?? missingRedis() ?? false);
  test(
    `killed ${KILLS} times under load, nothing is lost but the last moment's usage: ${name}`,
    { skip },
    async (t) => {
      const world = await buildWorld(name);
      t.after(() => world.end());
      world.upstream.behave = stream;
      world.upstream.keepsBodies = false;
      const user = await world.makeKey();
      const seen: Seen = { answeredAt: [], asked: 0, made: [], revoked: [] };
      let owed = 0;
      for (let round = 0; round < KILLS; round += 1) {
        const first = seen.answeredAt.length;
        const killedAt = await killOnce(world, t, user, seen, round);
        owed += seen.answeredAt.slice(first).filter((at) => at < killedAt - LAST_MOMENT_MS).length;
        const { requests, tokens } = await countRequests(world, user);
        assert.ok(requests >= owed, `${requests} requests are counted, ${owed} were answered before the last second`);
        assert.ok(requests <= seen.asked, `${requests} requests are counted, ${seen.asked} were made`);
        assert.ok(tokens >= owed * TOKENS && tokens <= seen.asked * TOKENS, `${tokens} tokens`);
        // Every start is an act too.
        const verdict = await verifyLog(world.open, null);
        assert.equal(verdict.kind, "sound", JSON.stringify(verdict));
      }
      const entries = await world.open.store.listAudit(0, 1_000_000);
      const acts = new Set(entries.map(({ act, keyId }) => `${act} ${keyId}`));
      const isRevoked = new Set(seen.revoked);
      for (const { key } of seen.made) assert.ok(acts.has(`create ${key.id}`), key.name);
      for (const { key } of seen.revoked) assert.ok(acts.has(`revoke ${key.id}`), key.name);
      const last = await world.start(t, ["--parallel", "64"]);
      for (const made of seen.made.slice(-40)) {
        const [status] = toStatuses(await world.send(toPost("/api/chat", [bearer(made)]), last.port));
        assert.equal(status, isRevoked.has(made) ? 401 : 200, made.key.name);
      }
      await expectServed(world, { "the user": toPost("/api/chat", [bearer(user)]) }, last.port);
      t.diagnostic(
        `${seen.answeredAt.length} answers, ${seen.made.length} keys and ${seen.revoked.length} revocations by ` +
          `${KILLS} kills; ${owed} requests had to be counted, ${(await countRequests(world, user)).requests} were`,
      );
    },
  );
}
