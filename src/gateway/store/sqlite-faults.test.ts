import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { Kysely } from "kysely";
import { verifyLog } from "../audit/verify-log.ts";
import { createKey } from "../keys/key-acts.ts";
import { aWish, anActor } from "../testing/a-wish.ts";
import { toStoreError } from "./database-error.ts";
import { openStore } from "./open-store.ts";
import { toSqliteDialect } from "./sqlite-dialect.ts";
import { StoreError } from "./store-error.ts";
import type { Tables } from "./tables.ts";

/** A user that every Linux has. */
const NOBODY = 65534;

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "portlock-sqlite-"));
  folders.push(folder);
  return join(folder, "data");
}

const toPlace = (path: string) => ({ kind: "folder", path }) as const;
const brokenAs = (code: string) => (error: unknown) => error instanceof StoreError && error.code === code;

/** A store with one key, closed again. */
async function makeStore(): Promise<{ readonly path: string; readonly text: string }> {
  const path = makeFolder();
  const open = await openStore(toPlace(path));
  const { text } = await createKey(open, aWish("alice"), anActor());
  await open.store.close();
  return { path, text: text ?? "" };
}

describe("75 a store that others could reach is refused", () => {
  const UNSAFE: readonly (readonly [what: string, spoil: (path: string) => void])[] = [
    ["its folder can be read by the group", (path) => chmodSync(path, 0o750)],
    ["its folder can be passed by everybody", (path) => chmodSync(path, 0o701)],
    ["its file can be read by everybody", (path) => chmodSync(join(path, "gateway.db"), 0o604)],
    ["its file can be written by the group", (path) => chmodSync(join(path, "gateway.db"), 0o620)],
    ["its pepper can be read by the group", (path) => chmodSync(join(path, "pepper"), 0o640)],
    ["a file beside it can be read", (path) => writeFileSync(join(path, "gateway.db-wal"), "", { mode: 0o644 })],
    [
      "its folder is a link, and not one of root's",
      (path) => {
        renameSync(path, `${path}.real`);
        symlinkSync(`${path}.real`, path);
        if (process.geteuid?.() === 0) lchownSync(path, NOBODY, NOBODY);
      },
    ],
    [
      "its pepper is a link",
      (path) => {
        renameSync(join(path, "pepper"), join(path, "salt"));
        symlinkSync("salt", join(path, "pepper"));
      },
    ],
  ];
  for (const [what, spoil] of UNSAFE) {
    test(what, async () => {
      const { path } = await makeStore();
      spoil(path);
      await assert.rejects(openStore(toPlace(path)), brokenAs("unsafe-permissions"));
    });
  }
});

test("everything it makes is its owner's alone, whatever the umask", async () => {
  const before = process.umask(0);
  after(() => process.umask(before));
  const path = makeFolder();
  const open = await openStore(toPlace(path));
  await createKey(open, aWish("alice"), anActor());
  const modes = ["", "gateway.db", "gateway.db-wal", "gateway.db-shm", "pepper"].map((name) =>
    (statSync(join(path, name)).mode & 0o777).toString(8),
  );
  await open.store.close();
  assert.deepEqual(modes, ["700", "600", "600", "600", "600"]);
});

test("22 the text of a key stands in none of its files", async () => {
  const path = makeFolder();
  const open = await openStore(toPlace(path));
  const { text } = await createKey(open, aWish("alice"), anActor());
  const secret = text?.slice(13) ?? "";
  assert.equal(secret.length, 43);
  for (const name of ["gateway.db", "gateway.db-wal", "pepper"]) {
    assert.equal(readFileSync(join(path, name)).includes(secret), false, name);
  }
  assert.ok(readFileSync(join(path, "gateway.db-wal")).includes("alice"));
  await open.store.close();
});

test("a look makes nothing", async () => {
  const path = makeFolder();
  await assert.rejects(openStore(toPlace(path), false), brokenAs("gone"));
  assert.equal(existsSync(path), false);
  mkdirSync(path, { mode: 0o700 });
  await assert.rejects(openStore(toPlace(path), false), brokenAs("gone"));
  assert.equal(existsSync(join(path, "pepper")), false);
});

test("ten who make a store at the same time make one, with one pepper", async () => {
  const path = makeFolder();
  const opens = await Promise.all(Array.from({ length: 10 }, () => openStore(toPlace(path))));
  const checks = new Set(opens.map(({ pepper }) => pepper.check));
  await Promise.all(opens.map((open, index) => createKey(open, aWish(`key-${index}`), anActor())));
  const [open] = opens;
  assert.equal(open && (await open.store.listKeys()).length, 10);
  await Promise.all(opens.map(({ store }) => store.close()));
  assert.equal(checks.size, 1);
});

test("a store whose pepper is gone is not given another", async () => {
  const { path } = await makeStore();
  rmSync(join(path, "pepper"));
  await assert.rejects(openStore(toPlace(path)), brokenAs("gone"));
  writeFileSync(join(path, "pepper"), `${"ab".repeat(32)}\n`, { mode: 0o600 });
  await assert.rejects(openStore(toPlace(path)), brokenAs("wrong-pepper"));
  writeFileSync(join(path, "pepper"), "secret\n");
  await assert.rejects(openStore(toPlace(path)), brokenAs("damaged"));
});

test("72 a file that is no store is damaged, and is left as it is", async () => {
  const { path } = await makeStore();
  const file = join(path, "gateway.db");
  writeFileSync(file, "not a database, but some text that is long enough to be one\n".repeat(200));
  await assert.rejects(openStore(toPlace(path)), brokenAs("damaged"));
  assert.match(readFileSync(file, "utf8"), /^not a database/);
});

test("72 while another process has it locked it is waited for, and then it is told as locked", async () => {
  const { path } = await makeStore();
  const file = join(path, "gateway.db");
  const db = new Kysely<Tables>({ dialect: toSqliteDialect(file, 300) });
  after(() => db.destroy());
  const write = (): Promise<unknown> =>
    db
      .transaction()
      .execute((step) => step.updateTable("portlock_state").set({ id: 1 }).execute())
      .catch((error: unknown) => {
        throw toStoreError(error, file);
      });
  await write();
  const holder = new DatabaseSync(file);
  holder.exec("begin immediate");
  await assert.rejects(write(), brokenAs("locked"));
  // Whoever only reads is not in anybody's way, and nobody is in his.
  assert.equal((await db.selectFrom("portlock_keys").selectAll().execute()).length, 1);
  const waiting = write();
  holder.exec("rollback");
  await waiting;
  holder.close();
});

/** Makes keys in a store in a process of its own until something is refused; prints how that was told. */
const FILLER = `
  const { openStore } = await import(${JSON.stringify(join(import.meta.dirname, "open-store.ts"))});
  const { createKey } = await import(${JSON.stringify(join(import.meta.dirname, "../keys/key-acts.ts"))});
  const { aWish, anActor } = await import(${JSON.stringify(join(import.meta.dirname, "../testing/a-wish.ts"))});
  let kept = 0;
  try {
    const open = await openStore({ kind: "folder", path: process.argv[1] });
    for (; kept < 5000; kept += 1) {
      await createKey(open, aWish("key-" + kept, { models: ["x".repeat(2000)] }), anActor());
    }
  } catch (error) {
    console.log(JSON.stringify({ kept, code: error.code ?? String(error) }));
  }
`;

async function fill(path: string, command: readonly [string, ...string[]]): Promise<unknown> {
  const [program, ...before] = command;
  const child = spawn(program, [...before, process.execPath, "--input-type=module", "-e", FILLER, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child, "close");
  return JSON.parse(said || "null");
}

test("72 when its file may not grow any more it is told as full, and what was kept is there", async () => {
  const { path } = await makeStore();
  const result = Object(await fill(path, ["sh", "-c", 'ulimit -f 600; exec "$@"', "sh"]));
  assert.equal(result.code, "full");
  const open = await openStore(toPlace(path));
  assert.equal((await open.store.listKeys()).length, 1 + Number(result.kept));
  assert.equal((await verifyLog(open, null)).kind, "sound");
  await createKey(open, aWish("bob"), anActor());
  await open.store.close();
});

if (process.getuid?.() === 0) {
  test("72 when its disk is full it is told as full, and what was kept is there", async () => {
    const { path } = await makeStore();
    const script = `mount -t tmpfs -o size=1m,mode=0700 none "$0.small" && cp -p "$0"/* "$0.small/" &&
      "$@" && cp -p "$0.small"/* "$0/"`;
    mkdirSync(`${path}.small`, { mode: 0o700 });
    const inSmall: readonly [string, ...string[]] = ["unshare", "--mount", "sh", "-c", script, path];
    const result = Object(await fill(`${path}.small`, inSmall));
    assert.equal(result.code, "full");
    const open = await openStore(toPlace(path));
    assert.equal((await open.store.listKeys()).length, 1 + Number(result.kept));
    assert.equal((await verifyLog(open, null)).kind, "sound");
    await open.store.close();
  });

  test("72 on a disk that can only be read it is told as read-only", async () => {
    const { path } = await makeStore();
    const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && "$@"';
    const result = Object(await fill(path, ["unshare", "--mount", "sh", "-c", script, path]));
    assert.deepEqual(result, { kept: 0, code: "read-only" });
  });

  test("75 another user's store is not opened but by root", async () => {
    const { path } = await makeStore();
    for (const name of ["", "gateway.db", "pepper"]) chownSync(join(path, name), 65_534, 65_534);
    const open = await openStore(toPlace(path));
    await createKey(open, aWish("bob"), anActor());
    // What root's store leaves beside the service's belongs to the service.
    assert.equal(statSync(join(path, "gateway.db-wal")).uid, 65_534);
    await open.store.close();
  });
}
