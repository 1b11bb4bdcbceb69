import assert from "node:assert/strict";
import { toRequest, toStatuses } from "../testing/raw-request.ts";
import type { Reached } from "../testing/recording-upstream.ts";
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
import { ORIGIN, type World } from "./world.ts";

/** Names a client may not decide about; each once more in a case of its own. */
const IDENTITY = [
  "remote-user",
  "x-remote-user",
  "x-forwarded-user",
  "x-forwarded-email",
  "x-auth-request-user",
  "x-authenticated-userid",
  "x-webauth-user",
  "x-portlock-key",
  "x-ssl-client-verify",
];
const FORWARDED = [
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "cf-connecting-ip",
  "true-client-ip",
  "x-original-url",
  "x-rewrite-url",
  "x-original-uri",
  "via",
];

function lastReached(world: World): Reached {
  return world.upstream.reached.at(-1) ?? assert.fail("nothing has come");
}

function namesOf({ rawHeaders }: Reached): readonly string[] {
  return rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
}

const constantHost: Attempt = async (world) => {
  const { text } = world.alice;
  const headers = [
    `x-api-key: ${text}`,
    "content-type: application/json",
    "cookie: session=1",
    "proxy-authorization: Basic YTpi",
    "te: trailers",
    "range: bytes=0-1",
    "referer: http://evil.example/",
    "accept-encoding: gzip",
    ...[...IDENTITY, ...FORWARDED].map((name) => `${name}: 10.0.0.1`),
  ];
  for (const credential of [
    bearer(world.alice),
    `authorization: Basic ${Buffer.from(`x:${text}`).toString("base64")}`,
  ]) {
    await expectServed(world, { [credential.slice(0, 22)]: toPost("/api/chat", [credential, ...headers]) });
    const reached = lastReached(world);
    assert.deepEqual(reached.rawHeaders.slice(0, 2), ["host", `127.0.0.1:${world.upstream.port}`]);
    assert.deepEqual(namesOf(reached).toSorted(), ["connection", "content-length", "content-type", "host"]);
    assert.ok(!JSON.stringify(reached.rawHeaders).includes(text));
  }
  await expectServed(
    world,
    byThemselves(["evil.example", "127.0.0.1:1", "localhost", "[::1]"], (host) =>
      toPost("/api/chat", [bearer(world.alice)]).replace("host: 127.0.0.1", `host: ${host}`),
    ),
  );
  assert.equal(lastReached(world).rawHeaders[1], `127.0.0.1:${world.upstream.port}`);
};

const listedInConnection: Attempt = async (world) => {
  const listed = "connection: close, authorization, content-type, content-length, host, x-request-id, x-forwarded-for";
  const post = toPost("/api/chat", [bearer(world.alice), "content-type: application/json"]);
  const [answer = ""] = await expectServed(world, { listed: post.replace("connection: close", listed) });
  assert.match(answer, /^x-request-id: /m);
  assert.deepEqual(namesOf(lastReached(world)).toSorted(), ["connection", "content-length", "content-type", "host"]);
};

const underscores: Attempt = (world) =>
  expectRefused(
    world,
    [400],
    byThemselves(
      ["x_forwarded_for", "X_Forwarded_User", "remote_user", "content_length", "transfer_encoding", "x-api_key", "_x"],
      (name) => toPost("/api/chat", [bearer(world.alice), `${name}: 1`]),
    ),
  ).then(() => {});

const spoofed: Attempt = async (world) => {
  const key = await world.makeKey({ from: ["10.0.0.0/8"] });
  const values = FORWARDED.map((name) => `${name}: ${name === "forwarded" ? "for=10.0.0.1" : "10.0.0.1"}`);
  await expectRefused(
    world,
    [403],
    byThemselves([...values, values.join("\r\n")], (headers) => toPost("/api/chat", [bearer(key), headers])),
  );
  const posing = IDENTITY.map((name) => `${name}: owner`);
  await expectRefused(world, [401], { "no key": toPost("/api/chat", posing) });
  await expectRefused(world, [403], { "a small key": toPost("/api/pull", [bearer(world.alice), ...posing]) });
};

const loopback: Attempt = async (world) => {
  // Whoever comes through a proxy on this host comes from 127.0.0.1, and is nobody all the same.
  await expectRefused(
    world,
    [401],
    byThemselves(["/api/tags", "/api/version", "/", "/v1/models", "/portlock/verify?x"], (path) =>
      toGet(path, ["x-forwarded-for: 127.0.0.1", "user-agent: kube-probe/1.30"]),
    ),
  );
  await expectRefused(world, [400], { "verify without a request": toGet("/portlock/verify", []) });
  await expectRefused(world, [401], {
    "verify without a key": toGet("/portlock/verify", ["x-original-method: GET", "x-original-uri: /api/tags"]),
  });
  // What a proxy does not show is not taken for harmless.
  const away = await world.makeKey({ from: ["10.0.0.0/8"] });
  await expectRefused(world, [403], {
    "from elsewhere": toGet("/portlock/verify", [
      bearer(away),
      "x-original-method: POST",
      "x-original-uri: /api/chat",
      "x-forwarded-for: 10.0.0.1",
    ]),
  });
};

const browsers: Attempt = async (world) => {
  const before = world.upstream.reached.length;
  const wishes = ["access-control-request-method: POST", "access-control-request-headers: authorization"];
  const preflight = (origin: string): string =>
    toRequest("OPTIONS /api/chat", [`origin: ${origin}`, ...wishes, "connection: close"]);
  const allowed = await world.send(preflight(ORIGIN));
  assert.deepEqual(toStatuses(allowed), [204]);
  assert.match(allowed, new RegExp(`^access-control-allow-origin: ${ORIGIN}\r$`, "m"));
  assert.doesNotMatch(allowed, /allow-credentials|: \*/);
  const others = [
    "https://evil.example",
    "null",
    "*",
    `${ORIGIN}.evil.example`,
    "http://chat.example.com",
    `${ORIGIN}:444`,
  ];
  const refused = await expectRefused(world, [403], byThemselves(others, preflight));
  for (const text of refused) assert.doesNotMatch(text, /access-control/i);
  await expectRefused(
    world,
    [403],
    byThemselves(others, (origin) => toPost("/api/chat", [bearer(world.alice), `origin: ${origin}`])),
  );
  await expectRefused(world, [400, 403], {
    "without an origin": toRequest("OPTIONS /api/chat", [bearer(world.owner), "connection: close"]),
    "for everything": toRequest("OPTIONS *", [bearer(world.owner), "connection: close"]),
  });
  assert.equal(world.upstream.reached.length, before);
  world.upstream.behave = (response) => {
    response
      .writeHead(200, { "access-control-allow-origin": "*", "access-control-allow-credentials": "true" })
      .end("{}");
  };
  const [own = ""] = await expectServed(world, {
    own: toPost("/api/chat", [bearer(world.alice), `origin: ${ORIGIN}`]),
  });
  assert.deepEqual(own.match(/^access-control-allow-\S+: [^\r]*/gm), [`access-control-allow-origin: ${ORIGIN}`]);
};

export const TRUST_ATTACKS: Attempts<"h"> = {
  53: constantHost,
  54: listedInConnection,
  55: underscores,
  56: spoofed,
  57: loopback,
  58: browsers,
};
