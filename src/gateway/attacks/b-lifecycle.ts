import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createKey, revokeKey, rotateKey } from "../keys/key-acts.ts";
import { hashKeyText, makeKeyId } from "../keys/key-text.ts";
import { openStore } from "../store/open-store.ts";
import { aWish } from "../testing/a-wish.ts";
import { toStatuses } from "../testing/raw-request.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  beginStream,
  bodyOf,
  byThemselves,
  expectRefused,
  toGet,
  toPost,
} from "./attempt.ts";
import { startInside } from "./inside.ts";
import type { World, WorldKey } from "./world.ts";

const CHAT = "/api/chat";

function anAct(): { readonly at: number; readonly by: string } {
  return { at: Date.now(), by: "tests" };
}

/** The status with which a gateway answers a chat of that key. */
async function ask(world: World, key: Pick<WorldKey, "text">, port?: number): Promise<number> {
  const text = await world.send(toPost(CHAT, [`authorization: Bearer ${key.text}`]), port);
  return toStatuses(text)[0] ?? 0;
}

const revoked: Attempt = async (world, test) => {
  const replica = await world.start(test);
  const ports = [world.gateway.port, replica.port];
  const [cut, kept] = [await world.makeKey(), await world.makeKey()];
  world.upstream.behave = beginStream;
  const open = async (key: WorldKey, port: number) => {
    const client = await world.connect(port);
    client.write(toPost(CHAT, [bearer(key)]));
    await client.until('"response":"a"');
    return client;
  };
  const cutStreams = await Promise.all(ports.map((port) => open(cut, port)));
  const keptStreams = await Promise.all(ports.map((port) => open(kept, port)));
  await revokeKey(world.open, cut.key.id, true, anAct());
  await revokeKey(world.open, kept.key.id, false, anAct());
  const revokedAt = performance.now();
  for (const client of cutStreams) {
    assert.ok(!(await client.end()).endsWith("0\r\n\r\n"), "a stream that was cut ends like a whole one");
  }
  test.diagnostic(`streams are cut ${Math.round(performance.now() - revokedAt)} ms after the key was revoked`);
  for (const port of ports) {
    // Who is unknown waits for the store's next word, so that the gateway has heard of it after that.
    await expectRefused(world, [401], { unknown: toPost(CHAT, ["x-api-key: nobody"]) }, port);
    await expectRefused(world, [401], { cut: toPost(CHAT, [bearer(cut)]), kept: toPost(CHAT, [bearer(kept)]) }, port);
  }
  for (const client of keptStreams) {
    assert.equal(client.socket.closed, false, "a stream was cut though nobody asked for it");
    client.destroy();
  }
};

const expired: Attempt = async (world, test) => {
  const end = Date.now() + 3_600_000;
  const key = await world.makeKey({ expiresAt: end });
  const { port } = await startInside(world, test);
  test.mock.timers.enable({ apis: ["Date"], now: end - 1 });
  assert.equal(await ask(world, key, port), 200, "one millisecond before its end");
  for (const now of [end, end + 1, end + 1e12]) {
    test.mock.timers.setTime(now);
    await expectRefused(world, [401], { [`at ${now - end}`]: toPost(CHAT, [bearer(key)]) }, port);
  }
};

const rotated: Attempt = async (world, test) => {
  const key = await world.makeKey();
  const at = Date.now();
  const fresh = await rotateKey(world.open, key.key.id, 60_000, { at, by: "tests" });
  const newer = { key: key.key, text: fresh.text ?? "" };
  world.secrets.add(newer.text);
  const { port } = await startInside(world, test);
  test.mock.timers.enable({ apis: ["Date"], now: at + 59_999 });
  assert.deepEqual([await ask(world, key, port), await ask(world, newer, port)], [200, 200]);
  test.mock.timers.setTime(at + 60_000);
  await expectRefused(world, [401], { older: toPost(CHAT, [bearer(key)]) }, port);
  assert.equal(await ask(world, newer, port), 200);
};

const alike: Attempt = async (world, test) => {
  const [gone, old] = [await world.makeKey(), await world.makeKey({ expiresAt: Date.now() + 20 })];
  await revokeKey(world.open, gone.key.id, false, anAct());
  await new Promise((resolve) => setTimeout(resolve, 30));
  // Behind the answer to an unknown key the gateway has heard of the revoked one.
  await expectRefused(world, [401], { unknown: toPost(CHAT, ["x-api-key: nobody"]) });
  const { text } = world.alice;
  const values = [`plk_00000000_${"A".repeat(43)}`, `${text.slice(0, -4)}AAAA`, gone.text, old.text, "wrong"];
  for (const [path, make] of [
    [CHAT, toPost],
    ["/v1/chat/completions", toPost],
    ["/v1/messages", toPost],
    ["/api/tags", toGet],
  ] as const) {
    const answers = await expectRefused(
      world,
      [401],
      byThemselves(values, (value) => make(path, [`authorization: Bearer ${value}`])),
    );
    const same = new Set(answers.map((answer) => answer.replaceAll(/^(x-request-id|date): .*$/gim, "$1")));
    assert.equal(same.size, 1, [...same].join("\n"));
  }
  test.diagnostic(`medians of 5: ${(await toMedians(world, values)).join(", ")} ms`);
};

/** How long each is waited for: all wait for the store's next word, at the same moments. */
async function toMedians(world: World, values: readonly string[]): Promise<readonly number[]> {
  const times: number[][] = values.map(() => []);
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(
      values.map(async (value, index) => {
        const begun = performance.now();
        await world.send(toPost(CHAT, [`authorization: Bearer ${value}`]));
        times[index]?.push(performance.now() - begun);
      }),
    );
  }
  return times.map((each) => Math.round(each.toSorted((one, other) => one - other)[2] ?? 0));
}

const samePrefix: Attempt = async (world) => {
  const at = Date.now();
  const made = await Promise.all(
    ["B", "C"].map(async (letter) => {
      const text = `plk_samesame_${letter.repeat(43)}`;
      world.secrets.add(text);
      const key = { ...world.alice.key, id: makeKeyId(), name: `same-${letter}`, createdAt: at };
      const value = hashKeyText(world.open.pepper.secretKey, text);
      const secret = { prefix: "samesame", kind: "secret", value, expiresAt: null } as const;
      const detail = { ...key, id: undefined, createdAt: undefined, revokedAt: undefined };
      const act = {
        at,
        by: "tests",
        act: "create",
        detail: { ...detail, secret: { kind: "secret", prefix: "samesame" } },
      };
      await world.open.store.createKey(key, [secret], act);
      return { key, text };
    }),
  );
  for (const { key, text } of made) {
    // The endpoint for proxies tells whose key it was.
    const headers = [`authorization: Bearer ${text}`, "x-original-method: POST", "x-original-uri: /api/chat"];
    const answer = await world.send(toGet("/portlock/verify", headers));
    assert.match(answer, new RegExp(`^x-portlock-key: ${key.id}\r$`, "m"));
  }
  await expectRefused(world, [401], { third: toPost(CHAT, [`x-api-key: plk_samesame_${"D".repeat(43)}`]) });
  const [first, second] = made;
  await revokeKey(world.open, first?.key.id ?? "", false, anAct());
  await expectRefused(world, [401], { unknown: toPost(CHAT, ["x-api-key: nobody"]) });
  assert.deepEqual(
    [await ask(world, { text: first?.text ?? "" }), await ask(world, { text: second?.text ?? "" })],
    [401, 200],
  );
};

const sameName: Attempt = async (world, test) => {
  const other = await openStore(world.place);
  test.after(() => other.store.close());
  const inside = [world.open, other, world.open, other].map((open) => createKey(open, aWish("twin"), anAct()));
  const commands = [1, 2].map(() => world.run("keys", "create", "twin", "--json"));
  const made = (await Promise.allSettled(inside)).flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const came = await Promise.all(commands);
  const printed = came.filter(({ code }) => code === 0);
  assert.equal(made.length + printed.length, 1, came.map(({ said }) => said).join("\n"));
  const named = (await world.open.store.listKeys()).filter(({ key }) => key.name === "twin");
  assert.equal(named.length, 1);
  const text = made[0]?.text ?? /plk_\w{8}_[\w-]{43}/.exec(printed[0]?.said ?? "")?.[0] ?? "";
  assert.equal(await ask(world, { text }), 200);
};

/** Ways in which gateways let keys be made or changed over HTTP. */
const KEY_ROUTES = [
  "/keys",
  "/api/keys",
  "/v1/keys",
  "/key/generate",
  "/key/update",
  "/user/new",
  "/admin/keys",
  "/api/admin/keys",
  "/portlock/keys",
  "/portlock/admin",
  "/v1/api_keys",
  "/v1/organization/admin_api_keys",
];

const aboveOneself: Attempt = async (world) => {
  const before = await world.open.store.readPosition();
  const wish = '{"name":"evil","scopes":["manage"],"grants":["debug"],"limits":{"tokensPerDay":null},"model":"qwen3"}';
  for (const key of [world.alice, world.owner]) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      await expectRefused(
        world,
        [403],
        byThemselves(KEY_ROUTES, (path) => toPost(path, [bearer(key)], wish, method)),
      );
    }
  }
  assert.deepEqual(await world.open.store.readPosition(), before, "something was changed");
};

const guessedIds: Attempt = async (world) => {
  const { id } = world.owner.key;
  await expectRefused(
    world,
    [403],
    byThemselves(
      [...KEY_ROUTES, "/portlock/verify", "/portlock/usage"].map((path) => `${path}/${id}`),
      (path) => toGet(path, [bearer(world.alice)]),
    ),
  );
  const posing = [`x-portlock-key: ${id}`, `x-key-id: ${id}`, `x-user-id: ${id}`, "x-forwarded-user: owner"];
  await expectRefused(world, [403], { posing: toPost("/api/pull", [bearer(world.alice), ...posing]) });
  const headers = [bearer(world.alice), "x-original-method: POST", "x-original-uri: /api/chat", ...posing];
  assert.match(
    await world.send(toGet("/portlock/verify", headers)),
    new RegExp(`^x-portlock-key: ${world.alice.key.id}\r$`, "m"),
  );
};

const shownOnce: Attempt = async (world) => {
  const created = await world.run("keys", "create", "once", "--json");
  const { key: text }: { readonly key: string } = JSON.parse(created.said);
  // It is in the hand of its owner there, and nowhere else.
  world.said.pop();
  world.secrets.add(text);
  const { text: newer } = await rotateKey(world.open, "once", 3_600_000, anAct());
  assert.ok(newer);
  world.secrets.add(newer);
  assert.notEqual(newer, text);
  assert.deepEqual([await ask(world, { text }), await ask(world, { text: newer })], [200, 200]);
  const looks = [
    ["keys", "show", "once", "--json"],
    ["gateway", "log", "list", "--json"],
  ];
  const came = await Promise.all(looks.map((argv) => world.run(...argv)));
  assert.deepEqual(
    came.map(({ code }) => code),
    [0, 0],
  );
  for (const { said } of came) {
    for (const secret of [text, newer]) assert.ok(!said.includes(secret.slice(13)), said);
  }
  for (const file of ["cmdline", "environ"]) {
    const content = await readFile(`/proc/${world.gateway.pid}/${file}`, "latin1");
    assert.ok(!content.includes("plk_"), content);
  }
  const refusal = bodyOf(await world.send(toPost("/api/pull", [`authorization: Bearer ${text}`])));
  assert.ok(!refusal.includes(text.slice(4, 12)), refusal);
};

export const LIFECYCLE_ATTACKS: Attempts<"b"> = {
  14: revoked,
  15: expired,
  16: rotated,
  17: alike,
  18: samePrefix,
  19: sameName,
  20: aboveOneself,
  21: guessedIds,
  22: shownOnce,
};
