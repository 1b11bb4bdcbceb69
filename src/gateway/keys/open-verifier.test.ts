import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hashSync } from "bcryptjs";
import { aWish, anActor, NOON } from "../testing/a-wish.ts";
import { toStoreKinds } from "../testing/stores.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStore } from "../store/open-tables.ts";
import { StoreError } from "../store/store-error.ts";
import type { Store } from "../store/store.ts";
import type { Credential, Verifier } from "./caller.ts";
import { createKey, createPasswordKey, createSignedKey, revokeKey, rotateKey } from "./key-acts.ts";
import { hashKeyText, makeKeyId } from "./key-text.ts";
import { readPublicKey } from "./ollama-signature.ts";
import { openVerifier, type VerifierSetting } from "./open-verifier.ts";

const isBroken = (error: unknown): boolean => error instanceof StoreError;

/** A signer as Ollama is one. */
function makeSigner(): { readonly base64: string; sign(text: string): string } {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const name = Buffer.from("0000000b7373682d6564323535313900000020", "hex");
  return {
    base64: Buffer.concat([name, raw]).toString("base64"),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64"),
  };
}

for (const kind of toStoreKinds()) {
  describe(`in ${kind.name}`, { skip: kind.skip }, () => {
    before(() => kind.begin());
    after(() => kind.end());

    async function openBoth(setting?: VerifierSetting): Promise<{ open: OpenStore; verifier: Verifier }> {
      const open = await openStore(await kind.makePlace());
      return { open, verifier: await watch(open, setting) };
    }

    async function watch(open: OpenStore, setting?: VerifierSetting): Promise<Verifier> {
      const verifier = await openVerifier(open, setting);
      after(async () => {
        await verifier.close();
        await open.store.close();
      });
      return verifier;
    }

    async function whoIs(verifier: Verifier, secret: string | null, now: number = NOON): Promise<string | null> {
      const { key } = await verifier.verify({ kind: "secret", secret: secret ?? "" }, now);
      return key?.name ?? null;
    }

    test("4, 5, 6, 11, 13 only the very text of a key is a key, and what is stored of it is none", async () => {
      const { open, verifier } = await openBoth();
      const { text } = await createKey(open, aWish("alice"), anActor());
      assert.ok(text);
      assert.equal(await whoIs(verifier, text), "alice");
      const flipped = text.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase());
      const stored = (await open.store.findKey("alice"))?.secrets[0];
      const wrong = [
        "",
        flipped,
        text.toUpperCase(),
        `${text} `,
        `${text}\t`,
        `${text}\0`,
        text.slice(0, -1),
        `${text}A`,
        text.slice(0, 13),
        text.replace("plk_", "sk-"),
        `plk_${stored?.prefix}_${stored?.value}`,
        stored?.value ?? "",
        stored?.prefix ?? "",
        "alice",
        "' or 1=1 --",
        '{"key":"alice"}',
        "__proto__",
        "constructor",
        "ключ",
        "x".repeat(1_000_000),
      ];
      const found = await Promise.all(wrong.map((secret) => whoIs(verifier, secret)));
      for (const [index, name] of found.entries()) assert.equal(name, null, wrong[index]?.slice(0, 80));
    });

    test("1 who shows nothing is nobody, at once", async () => {
      const { verifier } = await openBoth();
      assert.deepEqual(await verifier.verify({ kind: "none" }, NOON), { key: null });
    });

    test("14 a revoked key is refused by every replica, and each hears whether its streams end", async () => {
      const place = await kind.makePlace();
      const opens = await Promise.all([openStore(place), openStore(place)]);
      const verifiers = await Promise.all(opens.map((each) => watch(each)));
      const [open] = opens;
      const made = await Promise.all(["alice", "bob"].map((name) => createKey(open, aWish(name), anActor())));
      const heard = verifiers.map(
        (verifier) =>
          new Promise((resolve) => {
            const all: string[] = [];
            verifier.onRevoked((keyId, endsStreams) => {
              all.push(`${made.find(({ key }) => key.id === keyId)?.key.name} ${endsStreams}`);
              if (all.length === 3) resolve(all.toSorted());
            });
          }),
      );
      for (const verifier of verifiers) {
        for (const { key, text } of made) assert.equal(await whoIs(verifier, text), key.name);
      }
      await revokeKey(open, "bob", false, anActor());
      for (const verifier of verifiers) assert.equal(await whoIs(verifier, "plk_unknown"), null);
      await revokeKey(open, "alice", true, anActor());
      await revokeKey(open, "bob", true, anActor());
      for (const all of heard) assert.deepEqual(await all, ["alice true", "bob false", "bob true"]);
      for (const verifier of verifiers) for (const { text } of made) assert.equal(await whoIs(verifier, text), null);
    });

    test("15 a key is valid until the millisecond before its end", async () => {
      const { open, verifier } = await openBoth();
      const { text } = await createKey(open, aWish("alice", { expiresAt: NOON + 1000 }), anActor());
      assert.equal(await whoIs(verifier, text, NOON + 999), "alice");
      assert.equal(await whoIs(verifier, text, NOON + 1000), null);
    });

    test("69 a clock that was set back or ahead decides about ends, and nothing else", async () => {
      const { open, verifier } = await openBoth();
      const { text } = await createKey(open, aWish("alice", { expiresAt: NOON + 1000 }), anActor());
      const { text: endless } = await createKey(open, aWish("bob"), anActor());
      for (const now of [0, NOON - 86_400_000, NOON + 86_400_000, Number.MAX_SAFE_INTEGER]) {
        assert.equal(await whoIs(verifier, text, now), now < NOON + 1000 ? "alice" : null);
        assert.equal(await whoIs(verifier, endless, now), "bob");
      }
    });

    test("16 a rotated key: both texts within the grace, the new one alone behind it", async () => {
      const { open, verifier } = await openBoth();
      const old = await createKey(open, aWish("alice"), anActor());
      const fresh = await rotateKey(open, "alice", 1000, anActor());
      assert.equal(await whoIs(verifier, fresh.text), "alice");
      assert.equal(await whoIs(verifier, old.text, NOON + 999), "alice");
      assert.equal(await whoIs(verifier, old.text, NOON + 1000), null);
      assert.equal(await whoIs(verifier, fresh.text, NOON + 1000), "alice");
    });

    test("18 two keys with the same public prefix are told apart", async () => {
      const { open, verifier } = await openBoth();
      const texts = ["A", "B"].map((letter) => `plk_samesame_${letter.repeat(43)}`);
      for (const [index, text] of texts.entries()) {
        const value = hashKeyText(open.pepper.secretKey, text);
        const secret = { prefix: "samesame", kind: "secret", value, expiresAt: null } as const;
        const key = { ...aWish(`key-${index}`), id: makeKeyId(), createdAt: NOON, revokedAt: null };
        await open.store.createKey(key, [secret], { ...anActor(), act: "create", detail: null });
      }
      for (const [index, text] of texts.entries()) assert.equal(await whoIs(verifier, text), `key-${index}`);
      assert.equal(await whoIs(verifier, `plk_samesame_${"C".repeat(43)}`), null);
      await revokeKey(open, "key-0", false, anActor());
      assert.equal(await whoIs(verifier, "plk_x"), null);
      assert.deepEqual(await Promise.all(texts.map((text) => whoIs(verifier, text))), [null, "key-1"]);
    });

    test("17, 61 however many wrong keys come, the store is asked no more often, and a known key waits for none", async () => {
      const open = await openStore(await kind.makePlace());
      const { text } = await createKey(open, aWish("alice"), anActor());
      const revoked = await createKey(open, aWish("bob"), anActor());
      await revokeKey(open, "bob", false, anActor());
      const expired = await createKey(open, aWish("carol", { expiresAt: NOON }), anActor());
      let asked = 0;
      const readChanges: Store["readChanges"] = (since) => {
        asked += 1;
        return open.store.readChanges(since);
      };
      const store = new Proxy(open.store, {
        get: (target, name) => (name === "readChanges" ? readChanges : Reflect.get(target, name).bind(target)),
      });
      const verifier = await openVerifier({ ...open, store });
      after(async () => {
        await verifier.close();
        await open.store.close();
      });
      const before = asked;
      const wrong = ["plk_aaaaaaaa_x", `${text?.slice(0, 13)}${"A".repeat(43)}`, revoked.text, expired.text];
      const order: string[] = [];
      const flood = Array.from({ length: 4000 }, async (_, index) => {
        const found = await whoIs(verifier, wrong[index % wrong.length] ?? "");
        order.push("wrong");
        return found;
      });
      await whoIs(verifier, text).then((name) => order.push(String(name)));
      assert.deepEqual([...new Set(await Promise.all(flood))], [null]);
      assert.equal(order[0], "alice");
      // All were answered by the same look, or by the next where that was under way already.
      assert.ok(asked - before <= 2, `${asked - before} questions`);
    });

    test("72 while the store is gone known keys are let in for its grace, and nobody else is told anything", async () => {
      let elapsed = 0;
      const uptime = (): number => performance.now() + elapsed;
      const { open, verifier } = await openBoth({ uptime, graceMs: 60_000 });
      const { text } = await createKey(open, aWish("alice"), anActor());
      const revoked = await createKey(open, aWish("bob"), anActor());
      await revokeKey(open, "bob", false, anActor());
      assert.equal(await whoIs(verifier, text), "alice");
      await open.store.close();
      while ((await whoIs(verifier, "plk_x").catch(isBroken)) !== true);
      assert.equal(await whoIs(verifier, text), "alice");
      for (const secret of ["plk_x", `${text}x`, revoked.text]) await assert.rejects(whoIs(verifier, secret), isBroken);
      elapsed += 59_000;
      assert.equal(await whoIs(verifier, text), "alice");
      elapsed += 1001;
      await assert.rejects(whoIs(verifier, text), isBroken);
      assert.deepEqual(await verifier.verify({ kind: "none" }, NOON), { key: null });
    });

    test("a password that was imported counts with its user alone, and a key whoever the user says he is", async () => {
      const { open, verifier } = await openBoth();
      const { text } = await createKey(open, aWish("alice"), anActor());
      await createPasswordKey(open, aWish("bob"), hashSync("hunter2", 4), anActor());
      const show = async (user: string, secret: string) =>
        (await verifier.verify({ kind: "secret", user, secret }, NOON)).key?.name ?? null;
      assert.equal(await show("bob", "hunter2"), "bob");
      assert.equal(await show("anybody", text ?? ""), "alice");
      const wrong = [show("alice", "hunter2"), show("bob", "hunter3"), show("", "hunter2"), whoIs(verifier, "hunter2")];
      assert.deepEqual(await Promise.all(wrong), [null, null, null, null]);
      await rotateKey(open, "bob", 1000, anActor());
      assert.equal(await whoIs(verifier, "plk_x"), null);
      const later = await verifier.verify({ kind: "secret", user: "bob", secret: "hunter2" }, NOON + 1000);
      assert.equal(later.key, null);
    });

    test("Ollama's own signature lets in whoever has the private key, and nobody who only heard it, for long", async () => {
      const { open, verifier } = await openBoth();
      const [signer, stranger] = [makeSigner(), makeSigner()];
      const publicKey = readPublicKey(`ssh-ed25519 ${signer.base64} me@laptop`);
      assert.ok(publicKey);
      await createSignedKey(open, aWish("laptop"), publicKey, anActor());
      const show = async (credential: Partial<Credential & { kind: "signed" }>, now: number = NOON) => {
        const signedText = `POST,/api/chat?ts=${NOON / 1000}`;
        const signature = signer.sign(credential.signedText ?? signedText);
        const whole = { kind: "signed", publicKey: signer.base64, signature, signedText, ...credential } as const;
        return (await verifier.verify(whole, now)).key?.name ?? null;
      };
      assert.equal(await show({}), "laptop");
      assert.equal(await show({}, NOON + 60_000), "laptop");
      const texts = ["POST,/api/chat", "POST,/api/chat?ts=", "POST,/api/chat?ts=1e99", "?ts=0", ""];
      const refused = [
        show({}, NOON + 61_000),
        show({}, NOON - 61_000),
        show({ signature: stranger.sign(`POST,/api/chat?ts=${NOON / 1000}`) }),
        show({ publicKey: stranger.base64 }),
        show({ signature: "" }),
        show({ signature: signer.sign(`GET,/api/tags?ts=${NOON / 1000}`) }),
        ...texts.map((signedText) => show({ signedText })),
      ];
      assert.deepEqual(
        await Promise.all(refused),
        refused.map(() => null),
      );
      await revokeKey(open, "laptop", false, anActor());
      assert.equal(await whoIs(verifier, "plk_x"), null);
      assert.equal(await show({}), null);
    });
  });
}

test("72 a file that was gone and is back is used again; one that was put in its place is not", async () => {
  const [kind] = toStoreKinds();
  assert.ok(kind);
  const [place, elsewhere] = [await kind.makePlace(), await kind.makePlace()];
  after(() => kind.end());
  assert.ok(place.kind === "folder" && elsewhere.kind === "folder");
  const [open, other] = [await openStore(place), await openStore(elsewhere)];
  const { text } = await createKey(open, aWish("alice"), anActor());
  await createKey(other, aWish("bob"), anActor());
  await other.store.close();
  const verifier = await openVerifier(open);
  const ask = async (secret: string | null): Promise<string | null> =>
    (await verifier.verify({ kind: "secret", secret: secret ?? "" }, NOON)).key?.name ?? null;
  const file = join(place.path, "gateway.db");
  renameSync(file, `${file}.away`);
  while ((await ask("plk_x").catch(isBroken)) !== true);
  await assert.rejects(openStore(place, false), isBroken);
  renameSync(join(elsewhere.path, "gateway.db"), file);
  await assert.rejects(open.store.readPosition(), /another file was put in its place/);
  renameSync(`${file}.away`, file);
  while ((await ask("plk_x").catch(isBroken)) !== null);
  assert.equal(await ask(text), "alice");
  await createKey(open, aWish("carol"), anActor());
  await verifier.close();
  await open.store.close();
});
