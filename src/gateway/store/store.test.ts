import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { verifyLog } from "../audit/verify-log.ts";
import { createKey, createPasswordKey, createSignedKey, revokeKey, rotateKey } from "../keys/key-acts.ts";
import { KeyError } from "../keys/key-error.ts";
import { aWish, anActor, NOON } from "../testing/a-wish.ts";
import { toStoreKinds } from "../testing/stores.ts";
import type { DataPlace } from "./data-place.ts";
import { openStore } from "./open-store.ts";
import type { OpenStore } from "./open-tables.ts";
import { StoreError } from "./store-error.ts";
import type { UsageEntry } from "./store.ts";

const HOUR_MS = 3_600_000;
const HASH = "$2y$04$abcdefghijklmnopqrstuu5LWhCO5yXAL1sUvB/1WZ1EYQ5p0kqPi";
const PUBLIC_KEY = { text: "ssh-ed25519 AAAA", fingerprint: "f".repeat(64) };

const refusedAs = (code: string) => (error: unknown) => error instanceof KeyError && error.trouble.code === code;
const brokenAs = (code: string) => (error: unknown) => error instanceof StoreError && error.code === code;

for (const kind of toStoreKinds()) {
  describe(`in ${kind.name}`, { skip: kind.skip }, () => {
    before(() => kind.begin());
    after(() => kind.end());

    /** A new store, opened as often as is asked for, as by so many processes. */
    async function openNew(times: number = 1): Promise<{ place: DataPlace; opens: OpenStore[]; open: OpenStore }> {
      const place = await kind.makePlace();
      const opens = await Promise.all(Array.from({ length: times }, () => openStore(place)));
      after(() => Promise.all(opens.map(({ store }) => store.close())));
      const [open] = opens;
      assert.ok(open);
      return { place, opens, open };
    }

    test("a key is there as it was made, by its name and its id", async () => {
      const { open } = await openNew();
      const wish = aWish("müller.ci", {
        scopes: ["inference", "manage"],
        grants: ["cloud"],
        models: ["qwen3:*"],
        from: ["10.0.0.0/8"],
        limits: { ...aWish("").limits, tokensPerDay: 2_000_000_000_000 },
        expiresAt: NOON + 1,
      });
      const { key } = await createKey(open, wish, anActor());
      assert.deepEqual(key, { ...wish, id: key.id, createdAt: NOON, revokedAt: null });
      for (const name of [key.id, "müller.ci"]) assert.deepEqual((await open.store.findKey(name))?.key, key);
      assert.equal(await open.store.findKey("nobody"), null);
      assert.deepEqual(
        (await open.store.listKeys()).map((stored) => stored.key),
        [key],
      );
    });

    test("19 of ten who make a key of one name at the same time, one does", async () => {
      const { opens, open } = await openNew(5);
      const tried = await Promise.allSettled(
        [...opens, ...opens].map((each) => createKey(each, aWish("alice"), anActor())),
      );
      const refused = tried.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
      assert.equal(refused.length, 9);
      for (const reason of refused) assert.ok(refusedAs("key-name-taken")(reason), String(reason));
      assert.equal((await open.store.listKeys()).length, 1);
      assert.equal((await open.store.listAudit(0, 100)).length, 1);
    });

    test("a name is free again when its key was revoked, and means the new key then", async () => {
      const { open } = await openNew();
      const first = await createKey(open, aWish("alice"), anActor());
      await revokeKey(open, "alice", false, anActor(NOON + 1));
      const second = await createKey(open, aWish("alice"), anActor(NOON + 2));
      assert.equal((await open.store.findKey("alice"))?.key.id, second.key.id);
      await revokeKey(open, "alice", false, anActor(NOON + 3));
      assert.equal((await open.store.findKey("alice"))?.key.id, second.key.id);
      assert.equal((await open.store.findKey(first.key.id))?.key.revokedAt, NOON + 1);
    });

    test("a public key and a user let in one key alone, until that is revoked", async () => {
      const { open } = await openNew();
      await createSignedKey(open, aWish("laptop"), PUBLIC_KEY, anActor());
      await assert.rejects(createSignedKey(open, aWish("other"), PUBLIC_KEY, anActor()), refusedAs("credential-taken"));
      await createPasswordKey(open, aWish("bob"), HASH, anActor());
      await assert.rejects(createPasswordKey(open, aWish("bob"), HASH, anActor()), refusedAs("key-name-taken"));
      await revokeKey(open, "laptop", false, anActor());
      await createSignedKey(open, aWish("other"), PUBLIC_KEY, anActor());
    });

    test("16 a rotated key has both secrets, the older one until the end of its grace and never longer", async () => {
      const { open } = await openNew();
      await createKey(open, aWish("alice"), anActor());
      await rotateKey(open, "alice", 1000, anActor(NOON));
      await rotateKey(open, "alice", 5000, anActor(NOON));
      const ends = (await open.store.findKey("alice"))?.secrets.map(({ expiresAt }) => expiresAt);
      assert.deepEqual(ends, [NOON + 1000, NOON + 5000, null]);
    });

    test("a revoked key keeps its moment, and cannot be rotated", async () => {
      const { open } = await openNew();
      await createKey(open, aWish("alice"), anActor());
      assert.equal((await revokeKey(open, "alice", false, anActor(NOON + 1))).wasRevoked, false);
      const again = await revokeKey(open, "alice", false, anActor(NOON + 2));
      assert.deepEqual([again.wasRevoked, again.key.revokedAt], [true, NOON + 1]);
      const harder = await revokeKey(open, "alice", true, anActor(NOON + 3));
      assert.deepEqual([harder.wasRevoked, harder.key.revokedAt], [true, NOON + 1]);
      assert.equal((await open.store.findKey("alice"))?.endsStreams, true);
      assert.equal((await open.store.listAudit(0, 10)).length, 3);
      await assert.rejects(rotateKey(open, "alice", 0, anActor()), refusedAs("key-revoked"));
      await assert.rejects(revokeKey(open, "nobody", false, anActor()), refusedAs("no-such-key"));
    });

    test("changes are told once, by whoever made them, and everything to whoever comes from elsewhere", async () => {
      const { opens, open } = await openNew(2);
      const [, other = open] = opens;
      await createKey(open, aWish("alice"), anActor());
      const all = await other.store.readChanges(null);
      assert.deepEqual([all.isWhole, all.keys.map(({ key }) => key.name)], [true, ["alice"]]);
      assert.deepEqual(await other.store.readChanges(all.position), { ...all, isWhole: false, keys: [] });
      await createKey(open, aWish("bob"), anActor());
      await open.store.addAct({ ...anActor(), act: "start", detail: null, keyId: null });
      const later = await other.store.readChanges(all.position);
      assert.deepEqual([later.isWhole, later.keys.map(({ key }) => key.name)], [false, ["bob"]]);
      for (const foreign of [
        { number: 1, hash: "f".repeat(64) },
        { number: 99, hash: all.position.hash },
      ]) {
        const whole = await other.store.readChanges(foreign);
        assert.deepEqual([whole.isWhole, whole.keys.length], [true, 2]);
      }
    });

    test("usage is summed up by key, model and hour, by however many writers", async () => {
      const { opens, open } = await openNew(3);
      const entry = (at: number, model: string, tokens: number): UsageEntry => ({
        keyId: "key_a",
        model,
        at,
        requests: 1,
        promptTokens: tokens,
        answerTokens: 1,
        failed: 0,
      });
      const batch = Array.from({ length: 500 }, (_, index) => entry(NOON, `model-${index % 250}`, 2));
      await Promise.all(opens.flatMap(({ store }) => [store.addUsage(batch), store.addUsage(batch.toReversed())]));
      await open.store.addUsage([entry(NOON - HOUR_MS, "", 5), { ...entry(NOON, "model-0", 3e12), failed: 1 }]);
      await open.store.addUsage([]);
      const hour = NOON - (NOON % HOUR_MS);
      assert.equal(await open.store.countTokens("key_a", NOON), 9000 + 3e12 + 1);
      assert.equal(await open.store.countTokens("key_a", hour - 1), 9000 + 3e12 + 1 + 6);
      assert.equal(await open.store.countTokens("key_b", 0), 0);
      const rows = await open.store.listUsage(hour, hour + HOUR_MS);
      assert.equal(rows.length, 250);
      assert.deepEqual(
        rows.find(({ model }) => model === "model-0"),
        { keyId: "key_a", model: "model-0", hour, requests: 13, promptTokens: 24 + 3e12, answerTokens: 13, failed: 1 },
      );
    });

    test("however many write at the same time, the log is one chain without a gap", async () => {
      const { opens, open } = await openNew(4);
      const writes = opens.flatMap((each, one) =>
        Array.from({ length: 10 }, (_, other) => createKey(each, aWish(`key-${one}-${other}`), anActor())),
      );
      await Promise.all(writes);
      const entries = await open.store.listAudit(0, 100);
      assert.deepEqual(
        entries.map(({ number }) => number),
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
      assert.deepEqual(await verifyLog(open, null), {
        kind: "sound",
        entries: 40,
        head: { number: 40, hash: entries.at(-1)?.hash },
      });
    });

    const TAMPERED: readonly (readonly [what: string, sql: string, verdict: object])[] = [
      [
        "an entry was changed",
        "update portlock_audit set by = 'mallory' where number = 2",
        { number: 2, why: "changed" },
      ],
      ["an entry was taken out", "delete from portlock_audit where number = 2", { number: 3, why: "missing" }],
      [
        "two entries were swapped",
        "update portlock_audit set number = -2 where number = 2; update portlock_audit set number = 2 where number = 3; update portlock_audit set number = 3 where number = -2",
        { number: 2, why: "missing" },
      ],
      ["the last entry was taken away", "delete from portlock_audit where number = 4", { number: 4, why: "cut-off" }],
      ["all entries were taken away", "delete from portlock_audit", { number: 1, why: "cut-off" }],
      [
        "a key was given another scope",
        `update portlock_keys set scopes = '["inference","manage"]' where name = 'bob'`,
        { number: 2, why: "key-differs" },
      ],
      [
        "a revoked key was put in force again",
        "update portlock_keys set revoked_at = null where name = 'alice'",
        { number: 4, why: "key-differs" },
      ],
      [
        "an end date was taken away",
        "update portlock_keys set expires_at = null where name = 'bob'",
        { number: 2, why: "key-differs" },
      ],
      [
        "a key was slipped in",
        "insert into portlock_keys select 'key_x', 'mallory', scopes, grants, models, networks, limits, created_at, expires_at, revoked_at, ends_streams, changed from portlock_keys where name = 'bob'",
        { number: 0, why: "key-differs" },
      ],
      [
        "a key was given another's secret",
        "update portlock_secrets set prefix = 'aaaaaaaa' where position = 2",
        { number: 4, why: "key-differs" },
      ],
    ];
    for (const [what, sql, verdict] of TAMPERED) {
      test(`somebody who can write to the database cannot hide that ${what}`, async () => {
        const { place, open } = await openNew();
        await createKey(open, aWish("alice", { expiresAt: NOON + 5 }), anActor());
        await createKey(open, aWish("bob", { expiresAt: NOON + 5 }), anActor());
        await rotateKey(open, "alice", 5, anActor());
        await revokeKey(open, "alice", false, anActor());
        assert.equal((await verifyLog(open, null)).kind, "sound");
        await kind.tamper(place, sql);
        assert.deepEqual(await verifyLog(open, null), { kind: "broken", ...verdict });
      });
    }

    test("that the newest entries went together with their keys shows by an entry that was kept elsewhere", async () => {
      const { place, open } = await openNew();
      await createKey(open, aWish("alice"), anActor());
      await createKey(open, aWish("bob"), anActor());
      const kept = await open.store.readPosition();
      await kind.tamper(
        place,
        "delete from portlock_audit where number = 2; delete from portlock_secrets where key_id = (select id from portlock_keys where name = 'bob'); delete from portlock_keys where name = 'bob'; update portlock_state set number = 1, hash = (select hash from portlock_audit where number = 1)",
      );
      assert.equal((await verifyLog(open, null)).kind, "sound");
      assert.deepEqual(await verifyLog(open, kept), { kind: "broken", number: 2, why: "not-expected" });
      await createKey(open, aWish("carol"), anActor());
      assert.deepEqual(await verifyLog(open, kept), { kind: "broken", number: 2, why: "not-expected" });
      const head = await open.store.readPosition();
      assert.equal((await verifyLog(open, { ...head, hash: head.hash.slice(0, 16) })).kind, "sound");
    });

    test("a scope that no Portlock has written makes the row damaged, and no key of it", async () => {
      const { place, open } = await openNew();
      await createKey(open, aWish("alice"), anActor());
      await kind.tamper(place, `update portlock_keys set scopes = '["everything"]'`);
      await assert.rejects(open.store.listKeys(), brokenAs("damaged"));
      await assert.rejects(open.store.readChanges(null), brokenAs("damaged"));
    });

    test("what a newer Portlock has written is left alone", async () => {
      const { place } = await openNew();
      await kind.tamper(place, "update portlock_state set version = 99");
      await assert.rejects(openStore(place), brokenAs("newer-version"));
    });

    test("tables that are not Portlock's, or not all there, are damaged", async () => {
      const { place, open } = await openNew();
      await kind.tamper(place, "drop table portlock_audit");
      await assert.rejects(createKey(open, aWish("alice"), anActor()), brokenAs("damaged"));
    });

    test("another pepper than the keys were made with is refused, and not used", async () => {
      const { place } = await openNew();
      const other = await openNew();
      await kind.tamper(other.place, "update portlock_state set pepper_check = 'f'");
      await assert.rejects(openStore(other.place), brokenAs("wrong-pepper"));
      const elsewhere = await kind.makePlace();
      if (place.kind === "postgres" && elsewhere.kind === "postgres") {
        // A replica whose folder has no pepper makes one of its own, which is not this store's.
        await assert.rejects(openStore({ ...place, folder: elsewhere.folder }), brokenAs("wrong-pepper"));
      }
    });
  });
}
