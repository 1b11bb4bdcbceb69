import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hashSync } from "bcryptjs";
import { aWish, NOON } from "../testing/a-wish.ts";
import { StoreError } from "../store/store-error.ts";
import { KnownKeys } from "./known-keys.ts";
import { PasswordThread } from "./password-work.ts";
import { Passwords } from "./passwords.ts";

const ALICE = hashSync("correct horse", 4).replace("$2b$", "$2y$");

/** Keys of users with these bcrypt hashes. */
function toKnown(users: Readonly<Record<string, string>>, revokedAt: number | null = null): KnownKeys {
  const known = new KnownKeys();
  const keys = Object.entries(users).map(([name, value]) => ({
    key: { ...aWish(name), id: `key_${name}`, createdAt: NOON, revokedAt },
    secrets: [{ prefix: name, keyId: `key_${name}`, kind: "bcrypt" as const, value, expiresAt: null }],
    endsStreams: false,
  }));
  known.take({ position: { number: 1, hash: "" }, isWhole: true, keys });
  return known;
}

/** The real thread, and how often it was asked with which hash. */
class CountingThread extends PasswordThread {
  readonly hashes: string[] = [];

  override compare(password: string, hash: string): Promise<boolean> {
    this.hashes.push(hash);
    return super.compare(password, hash);
  }
}

function open(known: KnownKeys): { passwords: Passwords; thread: CountingThread; clock: { ms: number } } {
  const thread = new CountingThread();
  const clock = { ms: 1 };
  const passwords = new Passwords(known, () => clock.ms, thread);
  after(() => passwords.close());
  return { passwords, thread, clock };
}

test("a right password is compared once, and remembered while it is used", async () => {
  const { passwords, thread, clock } = open(toKnown({ alice: ALICE }));
  assert.equal(passwords.recall("alice", "correct horse", NOON), null);
  assert.equal((await passwords.check("alice", "correct horse", NOON))?.key.name, "alice");
  for (let minute = 0; minute < 30; minute += 10) {
    clock.ms += 600_000;
    assert.equal(passwords.recall("alice", "correct horse", NOON)?.key.name, "alice");
  }
  assert.equal(passwords.recall("alice", "wrong", NOON), null);
  clock.ms += 901_000;
  assert.equal(passwords.recall("alice", "correct horse", NOON), null);
  assert.equal(thread.hashes.length, 1);
});

test("17 an unknown user costs one comparison as a wrong password does, as slow as the slowest", async () => {
  const { passwords, thread } = open(toKnown({ alice: ALICE, bob: hashSync("x", 6) }));
  assert.equal(await passwords.check("alice", "wrong", NOON), null);
  assert.equal(await passwords.check("nobody", "wrong", NOON), null);
  assert.deepEqual(
    thread.hashes.map((hash) => [hash.slice(4, 6), hash.length]),
    [
      ["04", 60],
      ["06", 60],
    ],
  );
});

test("a wrong password that comes again is not compared again, and many of the same at once are one", async () => {
  const { passwords, thread, clock } = open(toKnown({ alice: ALICE }));
  const found = await Promise.all(Array.from({ length: 100 }, () => passwords.check("alice", "wrong", NOON)));
  assert.deepEqual([...new Set(found)], [null]);
  await passwords.check("alice", "wrong", NOON);
  assert.equal(thread.hashes.length, 1);
  clock.ms += 61_000;
  await passwords.check("alice", "wrong", NOON);
  assert.equal(thread.hashes.length, 2);
});

test("62 of a flood of wrong passwords few wait; whoever was known stays so, and the event loop is free", async () => {
  const { passwords, thread } = open(toKnown({ alice: hashSync("correct horse", 9) }));
  await passwords.check("alice", "correct horse", NOON);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const flood = await Promise.allSettled(
    Array.from({ length: 500 }, (_, index) => passwords.check("alice", `wrong-${index}`, NOON)),
  );
  clearInterval(timer);
  const refused = flood.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  assert.equal(refused.length, 484);
  assert.ok(refused.every((reason) => reason instanceof StoreError && reason.code === "busy"));
  assert.equal(thread.hashes.length, 17);
  assert.ok(turns > 16, `${turns} turns of the event loop`);
  assert.equal(passwords.recall("alice", "correct horse", NOON)?.key.name, "alice");
});

test("a password longer than bcrypt looks at is wrong, though its beginning is right", async () => {
  const right = "é".repeat(36);
  const { passwords } = open(toKnown({ alice: hashSync(right, 4) }));
  assert.equal((await passwords.check("alice", right, NOON))?.key.name, "alice");
  assert.equal(await passwords.check("alice", `${right}x`, NOON), null);
});

test("a user whose key was revoked is nobody, also where his password is remembered", async () => {
  const known = toKnown({ alice: ALICE });
  const { passwords } = open(known);
  await passwords.check("alice", "correct horse", NOON);
  const [secret] = known.find("bcrypt", "alice");
  assert.ok(secret);
  known.take({
    position: { number: 2, hash: "" },
    isWhole: false,
    keys: [{ key: { ...secret.key, revokedAt: NOON }, secrets: [secret.secret], endsStreams: false }],
  });
  assert.equal(passwords.recall("alice", "correct horse", NOON), null);
  assert.equal(await passwords.check("alice", "correct horse", NOON), null);
});

test("where no password was imported none is compared", async () => {
  const { passwords, thread } = open(new KnownKeys());
  assert.equal(await passwords.check("alice", "x", NOON), null);
  assert.equal(thread.hashes.length, 0);
});
