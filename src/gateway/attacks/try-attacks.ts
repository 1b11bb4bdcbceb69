import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isFull } from "../../../lab/extent.ts";
import { verifyLog } from "../audit/verify-log.ts";
import { answerOk } from "../testing/recording-upstream.ts";
import { missingPostgres } from "../testing/postgres.ts";
import { missingRedis } from "../testing/redis.ts";
import { CREDENTIAL_ATTACKS } from "./a-credentials.ts";
import { LIFECYCLE_ATTACKS } from "./b-lifecycle.ts";
import { SCOPE_ATTACKS } from "./c-scope.ts";
import { PATH_ATTACKS } from "./d-path.ts";
import { type Attempt, whenIdle } from "./attempt.ts";
import { MODEL_ATTACKS } from "./e-models.ts";
import { BODY_ATTACKS } from "./f-bodies.ts";
import { FRAMING_ATTACKS } from "./g-framing.ts";
import { TRUST_ATTACKS } from "./h-trust.ts";
import { EXHAUSTION_ATTACKS } from "./i-exhaustion.ts";
import { STREAM_ATTACKS } from "./j-streams.ts";
import { OPERATION_ATTACKS } from "./k-operations.ts";
import { expectNothingLeftBehind } from "./left-behind.ts";
import { type AttackNumber, isAttack } from "./groups.ts";
import { ATTACKS_EN } from "./words-en.ts";
import { buildWorld, type StoreName, type World } from "./world.ts";

/** One for each number: without it this does not compile. */
export const ATTEMPTS: Readonly<Record<AttackNumber, Attempt>> = {
  ...CREDENTIAL_ATTACKS,
  ...LIFECYCLE_ATTACKS,
  ...SCOPE_ATTACKS,
  ...PATH_ATTACKS,
  ...MODEL_ATTACKS,
  ...BODY_ATTACKS,
  ...FRAMING_ATTACKS,
  ...TRUST_ATTACKS,
  ...EXHAUSTION_ATTACKS,
  ...STREAM_ATTACKS,
  ...OPERATION_ATTACKS,
};

/** Tries every attack on a gateway over that store, one after the other, and then looks for what was left behind. */
export function tryAttacks(name: StoreName): void {
  const skip = name === "SQLite" ? false : (missingPostgres() ?? missingRedis() ?? false);
  void describe(`over ${name}`, { skip }, () => {
    let world: World;
    before(async () => {
      world = await buildWorld(name);
    });
    after(() => world?.end());

    for (const [number, attempt] of Object.entries(ATTEMPTS)) {
      void test(toTitle(number), { timeout: isFull ? 1_200_000 : 60_000 }, async (t) => {
        world.upstream.behave = answerOk;
        await attempt(world, t);
        assert.equal(world.gateway.hasEnded, false, world.gateway.said);
      });
    }

    void test("no secret is found anywhere, and the gateway ends in order", async () => {
      await whenIdle(world);
      await expectNothingLeftBehind(world);
      const verdict = await verifyLog(world.open, null);
      assert.equal(verdict.kind, "sound", JSON.stringify(verdict));
      assert.equal(await world.gateway.end(), 0, world.gateway.said);
    });
  });
}

function toTitle(number: string): string {
  const known = Number(number);
  return isAttack(known) ? `${number} ${ATTACKS_EN.attacks[known][0]}` : number;
}
