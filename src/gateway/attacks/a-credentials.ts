import assert from "node:assert/strict";
import { ROUTES } from "../policy/routes.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  byThemselves,
  expectRefused,
  expectServed,
  toGet,
  toPost,
} from "./attempt.ts";
import type { World } from "./world.ts";

const CHAT = "/api/chat";

/** Bearer, `x-api-key` and basic password alike. */
function withEach(value: string): readonly string[] {
  return [
    `authorization: Bearer ${value}`,
    `x-api-key: ${value}`,
    `authorization: Basic ${Buffer.from(`any:${value}`, "latin1").toString("base64")}`,
  ];
}

async function expectNobody(world: World, values: readonly string[], statuses: readonly number[] = [401]) {
  await expectRefused(
    world,
    statuses,
    byThemselves(values.flatMap(withEach), (header) => toPost(CHAT, [header])),
  );
}

const noKey: Attempt = async (world) => {
  const concrete = (id: string): string =>
    id
      .replace("{digest}", `sha256:${"a".repeat(64)}`)
      .replace("{model}", "qwen3")
      .replace("{key}", "abc");
  await expectRefused(
    world,
    [401],
    byThemselves(
      ROUTES.map(({ id }) => concrete(id)),
      (line) => {
        const [method = "", path = ""] = line.split(" ");
        return method === "GET" || method === "HEAD" ? toGet(path, [], method) : toPost(path, [], "{}", method);
      },
    ),
  );
};

const emptyBearer: Attempt = (world) =>
  expectRefused(
    world,
    [401],
    byThemselves(
      ["authorization: Bearer", "authorization: Bearer ", "authorization:", "authorization: Basic", "x-api-key:"],
      (header) => toPost(CHAT, [header]),
    ),
  ).then(() => {});

const schemeCase: Attempt = async (world) => {
  const { text } = world.alice;
  await expectServed(
    world,
    byThemselves(
      ["Bearer", "bearer", "BEARER"].map((scheme) => `authorization: ${scheme} ${text}`),
      (header) => toPost(CHAT, [header]),
    ),
  );
  await expectRefused(
    world,
    [401],
    byThemselves(
      [`Bearer  ${text}`, `Bearer\t${text}`, `Token ${text}`, `Bearer:${text}`, `Bearer=${text}`, text],
      (value) => toPost(CHAT, [`authorization: ${value}`]),
    ),
  );
};

const flippedCase: Attempt = async (world) => {
  const { text } = world.alice;
  const flip = (letter: string): string =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  const at = text.search(/[A-Za-z](?=[^A-Za-z]*$)/);
  const one = text.slice(0, at) + flip(text.charAt(at)) + text.slice(at + 1);
  await expectNobody(world, [one, text.toUpperCase(), text.toLowerCase(), text.replaceAll(/[A-Za-z]/g, flip)]);
};

const trailingSigns: Attempt = async (world) => {
  const { text } = world.alice;
  // Blanks at the end of a line belong to no value (RFC 9110, 5.5); in a password every byte counts.
  await expectServed(
    world,
    byThemselves([`${text} `, `${text}\t`], (value) => toPost(CHAT, [`authorization: Bearer ${value}`])),
  );
  const basic = (value: string): string => `authorization: Basic ${Buffer.from(`any:${value}`).toString("base64")}`;
  const values = [`${text} `, `${text}\t`, `${text}\0`, ` ${text}`, `${text}\n`];
  await expectRefused(
    world,
    [401],
    byThemselves(values.map(basic), (header) => toPost(CHAT, [header])),
  );
  await expectRefused(
    world,
    [400],
    byThemselves([`${text}\0`, `\0${text}`, `${text}\r`], (value) => toPost(CHAT, [`authorization: Bearer ${value}`])),
  );
};

const otherLength: Attempt = (world) => {
  const { text } = world.alice;
  const prefix = text.slice(0, text.lastIndexOf("_"));
  return expectNobody(world, [text.slice(0, -1), text.slice(1), `${text}A`, `A${text}`, prefix, `${text},${text}`]);
};

const twoAuthorizations: Attempt = async (world) => {
  const [right, wrong] = [bearer(world.alice), `authorization: Bearer ${world.alice.text.slice(0, -2)}xx`];
  await expectRefused(world, [400], {
    "right first": toPost(CHAT, [right, wrong]),
    "wrong first": toPost(CHAT, [wrong, right]),
    "the same twice": toPost(CHAT, [right, right]),
    "of two keys": toPost(CHAT, [right, bearer(world.manager)]),
  });
};

const disagreeing: Attempt = async (world) => {
  await expectRefused(world, [400], {
    "two keys": toPost(CHAT, [bearer(world.alice), `x-api-key: ${world.manager.text}`]),
    "a key and a wrong one": toPost(CHAT, [bearer(world.alice), "x-api-key: wrong"]),
    "a wrong one and a key": toPost(CHAT, ["authorization: Bearer wrong", `x-api-key: ${world.alice.text}`]),
    "two of the other": toPost(CHAT, [`x-api-key: ${world.alice.text}`, `x-api-key: ${world.alice.text}`]),
  });
  await expectServed(world, { agreeing: toPost(CHAT, [bearer(world.alice), `x-api-key: ${world.alice.text}`]) });
};

const inQuery: Attempt = async (world) => {
  const { text } = world.alice;
  const queries = ["key", "api_key", "api-key", "access_token", "token", "authorization", "x-api-key"];
  await expectRefused(
    world,
    [401],
    byThemselves(
      queries.map((name) => `${CHAT}?${name}=${text}`),
      (path) => toPost(path, []),
    ),
  );
  await expectRefused(world, [401], {
    cookie: toPost(CHAT, [`cookie: key=${text}; authorization=Bearer ${text}`]),
    "in the body": toPost(CHAT, [], JSON.stringify({ model: "qwen3", api_key: text })),
  });
  await expectServed(world, { "beside a key": toPost(`${CHAT}?key=${world.manager.text}`, [bearer(world.alice)]) });
  // The model server keeps logs too.
  assert.equal(world.upstream.reached.at(-1)?.target, CHAT);
};

const nonAscii: Attempt = async (world) => {
  const { text } = world.alice;
  const values = ["\u00e9", `${text}\u00e9`, `\u00ff${text}`, `${text.slice(0, -1)}\u00c1`, "\u0080\u0081"];
  await expectNobody(world, values);
  await expectRefused(
    world,
    [400, 401],
    byThemselves(values, (value) => toPost(CHAT, [`authorization: ${value} ${text}`])),
  );
};

const hostileText: Attempt = (world) =>
  expectNobody(world, [
    "' or 1=1 --",
    "'; drop table portlock_keys; --",
    "plk_%_%",
    'plk_x" or "1"="1',
    '{"key":"alice"}',
    '{"$ne":null}',
    "__proto__",
    "constructor",
    "toString",
    "[object Object]",
    "null",
    "undefined",
    "true",
    "alice",
    world.alice.key.id,
    "../../../../etc/passwd",
    "$(id)",
    "${jndi:ldap://127.0.0.1/a}",
    "%s%n%x",
    "*",
  ]);

const longKey: Attempt = async (world) => {
  const long = "x".repeat(1024 * 1024);
  await expectRefused(world, [0, 431], {
    bearer: toPost(CHAT, [`authorization: Bearer ${long}`]),
    "x-api-key": toPost(CHAT, [`x-api-key: ${long}`]),
    "a real one with more behind it": toPost(CHAT, [`${bearer(world.alice)}${long}`]),
    "5 kB": toPost(CHAT, [`authorization: Bearer ${"x".repeat(5000)}`]),
  });
};

const storedHash: Attempt = async (world) => {
  const stored = await world.open.store.findKey("alice");
  const values = (stored?.secrets ?? []).flatMap(({ prefix, value }) => [value, `plk_${prefix}_${value}`, prefix]);
  assert.equal(values.length, 3);
  await expectNobody(world, values);
};

export const CREDENTIAL_ATTACKS: Attempts<"a"> = {
  1: noKey,
  2: emptyBearer,
  3: schemeCase,
  4: flippedCase,
  5: trailingSigns,
  6: otherLength,
  7: twoAuthorizations,
  8: disagreeing,
  9: inQuery,
  10: nonAscii,
  11: hostileText,
  12: longKey,
  13: storedHash,
};
