import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client } from "pg";
import { createKey } from "../keys/key-acts.ts";
import { openVerifier } from "../keys/open-verifier.ts";
import { aWish, anActor, NOON } from "../testing/a-wish.ts";
import { missingPostgres, type Postgres, startPostgres } from "../testing/postgres.ts";
import { openStore } from "./open-store.ts";
import type { OpenStore } from "./open-tables.ts";
import { StoreError } from "./store-error.ts";

const brokenAs = (code: string) => (error: unknown) => error instanceof StoreError && error.code === code;
const isBroken = (error: unknown): boolean => error instanceof StoreError;

describe("a store in PostgreSQL", { skip: missingPostgres() ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), "portlock-replica-"));
  let server: Postgres;
  before(async () => {
    server = await startPostgres();
  });
  after(async () => {
    await server.end();
    rmSync(folder, { recursive: true });
  });

  async function openNew(): Promise<{ readonly url: string; readonly open: OpenStore }> {
    const url = await server.create();
    const open = await openStore({ kind: "postgres", url, pepperFile: null, folder });
    after(() => open.store.close());
    return { url, open };
  }

  test("replicas that begin at the same time make its tables once", async () => {
    const url = await server.create();
    const opens = await Promise.all(
      Array.from({ length: 8 }, () => openStore({ kind: "postgres", url, pepperFile: null, folder })),
    );
    await Promise.all(opens.map((open, index) => createKey(open, aWish(`key-${index}`), anActor())));
    assert.equal((await opens[0]?.store.listKeys())?.length, 8);
    await Promise.all(opens.map(({ store }) => store.close()));
  });

  test("22 what a backup of it holds is no text of a key", async () => {
    const { url, open } = await openNew();
    const { text } = await createKey(open, aWish("alice"), anActor());
    const rows = await Promise.all(
      ["keys", "secrets", "audit", "state"].map((table) => server.ask(url, `select * from portlock_${table}`)),
    );
    const backup = JSON.stringify(rows);
    assert.ok(backup.includes("alice") && backup.includes(text?.slice(4, 12) ?? "?"));
    assert.equal(backup.includes(text?.slice(13) ?? ""), false);
  });

  test("72 a database that only reads is told as read-only, and callers are told apart all the same", async () => {
    const { url, open } = await openNew();
    const { text } = await createKey(open, aWish("alice"), anActor());
    await server.ask(url, `alter database ${toName(url)} set default_transaction_read_only = on`);
    const reader = await openStore({ kind: "postgres", url, pepperFile: null, folder });
    after(() => reader.store.close());
    await assert.rejects(createKey(reader, aWish("bob"), anActor()), brokenAs("read-only"));
    const verifier = await openVerifier(reader);
    const { key } = await verifier.verify({ kind: "secret", secret: text ?? "" }, NOON);
    assert.equal(key?.name, "alice");
    await verifier.close();
  });

  test("72 while somebody has its row locked it is told as locked, and nothing is written", async () => {
    const { url, open } = await openNew();
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query("begin; select * from portlock_state for update");
    await assert.rejects(createKey(open, aWish("alice"), anActor()), brokenAs("locked"));
    await holder.query("rollback");
    await holder.end();
    assert.deepEqual(await open.store.listKeys(), []);
    await createKey(open, aWish("alice"), anActor());
  });

  test("72 killed, it is told as gone; back again, everything that was kept is there", async () => {
    const { open } = await openNew();
    const { text } = await createKey(open, aWish("alice"), anActor());
    const verifier = await openVerifier(open);
    const ask = async (secret: string | null): Promise<string | null> =>
      (await verifier.verify({ kind: "secret", secret: secret ?? "" }, NOON)).key?.name ?? null;
    await server.kill();
    await assert.rejects(createKey(open, aWish("bob"), anActor()), brokenAs("gone"));
    while ((await ask("plk_x").catch(isBroken)) !== true);
    assert.equal(await ask(text), "alice");
    await server.start();
    while ((await ask("plk_x").catch(isBroken)) !== null);
    assert.equal(await ask(text), "alice");
    await createKey(open, aWish("bob"), anActor());
    await verifier.close();
  });

  test("72 frozen, it keeps no caller waiting: known ones are let in, others are refused", async () => {
    const { open } = await openNew();
    const { text } = await createKey(open, aWish("alice"), anActor());
    const verifier = await openVerifier(open);
    const ask = async (secret: string | null): Promise<string | null> =>
      (await verifier.verify({ kind: "secret", secret: secret ?? "" }, NOON)).key?.name ?? null;
    server.freeze();
    while ((await ask("plk_x").catch(isBroken)) !== true);
    assert.equal(await ask(text), "alice");
    server.thaw();
    while ((await ask("plk_x").catch(isBroken)) !== null);
    await verifier.close();
  });

  test("who is not let in is told so, without his password", async () => {
    const url = (await server.create()).replace("user=portlock", "user=nobody");
    await assert.rejects(openStore({ kind: "postgres", url, pepperFile: null, folder }), brokenAs("denied"));
    const nowhere = url.replace(/test_\d+/, "nowhere").replace("user=nobody", "user=portlock");
    await assert.rejects(openStore({ kind: "postgres", url: nowhere, pepperFile: null, folder }), brokenAs("gone"));
  });
});

function toName(url: string): string {
  return new URL(url).pathname.slice(1);
}
