import assert from "node:assert/strict";
import {
  type Attempt,
  type Attempts,
  bearer,
  byThemselves,
  expectRefused,
  expectServed,
  lengthOf,
  toBody,
  toGet,
  toPost,
} from "./attempt.ts";
import type { World } from "./world.ts";

/**
 * Each with the key that may do everything: what is refused is the writing of the path, so that no other reading of it
 * is left to the model server.
 */
async function expectNoRoute(world: World, paths: readonly string[]): Promise<void> {
  for (const key of [world.alice, world.owner]) {
    await expectRefused(
      world,
      [400, 403],
      byThemselves(paths, (path) => toPost(path, [bearer(key)])),
    );
  }
}

const uncleanPaths: Attempt = (world) =>
  expectNoRoute(world, [
    "//api/pull",
    "/api//pull",
    "/api/pull/",
    "/api/./pull",
    "/./api/pull",
    "/x/../api/pull",
    "/api/chat/../pull",
    "/api/../api/pull",
    "/../api/pull",
    "/api/pull/.",
    "/api/pull/..",
    "/API/PULL",
    "/Api/Pull",
    "/api/Pull",
    "/api/chat/",
    "/api/chat//",
    "api/pull",
  ]);

const encodedPaths: Attempt = (world) =>
  expectNoRoute(world, [
    "/api%2Fpull",
    "/api%2fpull",
    "/api%5Cpull",
    "/%61pi/pull",
    "/api/%70ull",
    "/api/pul%6c",
    "/api/%2e/pull",
    "/x/%2e%2e/api/pull",
    "/x/%2E%2E/api/pull",
    "/api/%2570ull",
    "/api%252Fpull",
    "/%2fapi/pull",
    "/api/pull%2f",
    "/api/pull%",
    "/api/pull%zz",
    "/%2561pi/pull",
  ]);

const oddSigns: Attempt = (world) =>
  expectNoRoute(world, [
    "/api/pull;x",
    "/api;/pull",
    "/api/pull;a=b",
    "/api/pull#f",
    "/api/pull%23f",
    "/api/pull%00",
    "/api/pull%20",
    "/api/pull%09",
    "/api/pull%0d%0a",
    "/api/pull\\",
    "\\api\\pull",
    "/api\\pull",
    "/api/pull%c0%af",
    "/api%c0%afpull",
    "/api%e0%80%afpull",
    "/api/%c1%b0ull",
    "/api/pull*",
    "/api/*",
    "/api/pull\u00e9",
    "/api/pull|x",
    "/api/pull:11434",
    "/api/{pull}",
  ]);

const belowV1: Attempt = (world) =>
  expectNoRoute(world, [
    "/v1/../api/pull",
    "/v1/%2e%2e/api/pull",
    "/v1/..%2fapi/pull",
    "/v1/..%2Fapi%2Fpull",
    "/v1/..;/api/pull",
    "/v1/.;/api/pull",
    "/v1//../api/pull",
    "/v1/./../api/pull",
    "/v1/models/../../api/pull",
    "/v1/models/..%2f..%2fapi%2fpull",
    "/v1/models/%2e%2e/%2e%2e/api/pull",
    "/v1/chat/completions/../../../api/pull",
    "/v1api/pull",
    "/v1",
    "/v1/",
  ]);

const otherTargets: Attempt = async (world) => {
  const key = bearer(world.owner);
  const body = toBody();
  const toLine = (target: string): string =>
    `POST ${target} HTTP/1.1\r\nhost: x\r\n${key}\r\n${lengthOf(body)}\r\nconnection: close\r\n\r\n${body}`;
  await expectRefused(
    world,
    [400],
    byThemselves(
      [
        `http://127.0.0.1:${world.upstream.port}/api/pull`,
        "http://127.0.0.1/api/chat",
        "http://other.example/api/chat",
        "https://127.0.0.1/api/chat",
        "HTTP://127.0.0.1/api/chat",
        "*",
        "/api/chat /api/pull",
        "?/api/chat",
        "#/api/chat",
      ],
      toLine,
    ),
  );
  await expectRefused(
    world,
    [400, 403, 405],
    byThemselves(
      [`127.0.0.1:${world.upstream.port}`, "//127.0.0.1/api/chat", "/http://127.0.0.1/api/chat", "@127.0.0.1/api/chat"],
      toLine,
    ),
  );
};

const encodedModels: Attempt = async (world) => {
  await expectServed(world, {
    plain: toGet("/v1/models/qwen3", [bearer(world.narrow)]),
    "with a tag": toGet("/v1/models/qwen3:8b", [bearer(world.narrow)]),
    "with an encoded colon": toGet("/v1/models/qwen3%3A8b", [bearer(world.narrow)]),
    "with a namespace": toGet("/v1/models/alice%2Fqwen3", [bearer(world.manager)]),
  });
  assert.deepEqual(
    world.upstream.reached.slice(-4).map(({ target }) => target),
    ["/v1/models/qwen3", "/v1/models/qwen3:8b", "/v1/models/qwen3:8b", "/v1/models/alice%2Fqwen3"],
  );
  await expectRefused(
    world,
    [403],
    byThemselves(["llama3.2", "alice%2Fqwen3", "hf.co%2Fa%2Fqwen3", "qwen3x"], (name) =>
      toGet(`/v1/models/${name}`, [bearer(world.narrow)]),
    ),
  );
  await expectRefused(
    world,
    [400, 403],
    byThemselves(
      [
        "..%2f..%2fapi%2ftags",
        "alice/qwen3",
        "qwen3%252F",
        "qwen3%00",
        "qwen3%2e%2e%2f",
        "%2Fqwen3",
        "qwen3%",
        "",
        "%71wen3/",
      ],
      (name) => toGet(`/v1/models/${name}`, [bearer(world.manager)]),
    ),
  );
};

export const PATH_ATTACKS: Attempts<"d"> = {
  30: uncleanPaths,
  31: encodedPaths,
  32: oddSigns,
  33: belowV1,
  34: otherTargets,
  35: encodedModels,
};
