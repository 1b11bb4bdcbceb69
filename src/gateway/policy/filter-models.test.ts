import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../key.ts";
import { filterModels, seesSomeModels } from "./filter-models.ts";
import { ROUTES } from "./routes.ts";
import { aKey } from "./testing/a-key.ts";

const TAGS = {
  models: [
    { name: "qwen3:8b", model: "qwen3:8b", size: 5e9, details: { family: "qwen3" } },
    { name: "llama3.2:latest", model: "llama3.2:latest", size: 2e9 },
    { name: "gpt-oss:120b-cloud", model: "gpt-oss:120b-cloud", remote_host: "https://ollama.com:443" },
    { name: "mine:latest", model: "mine:latest", remote_model: "x", remote_host: "https://ollama.com:443" },
  ],
};

function namesFor(key: Key): readonly string[] {
  const text = filterModels(JSON.stringify(TAGS), key);
  const list: typeof TAGS = JSON.parse(text ?? "");
  return list.models.map(({ name }) => name);
}

test("case 41: a list shows what the key may use, and keeps what it says of that", () => {
  const key = aKey({ models: ["qwen3:*"], grants: [] });
  assert.deepEqual(JSON.parse(filterModels(JSON.stringify(TAGS), key) ?? ""), { models: [TAGS.models[0]] });
  const openai = {
    object: "list",
    data: [
      { id: "qwen3:8b", object: "model" },
      { id: "llama3.2:latest", object: "model" },
    ],
  };
  assert.deepEqual(JSON.parse(filterModels(JSON.stringify(openai), key) ?? ""), {
    object: "list",
    data: [openai.data[0]],
  });
});

test("case 25: models that are asked elsewhere are shown with the grant, under whatever name", () => {
  assert.deepEqual(namesFor(aKey({ grants: [] })), ["qwen3:8b", "llama3.2:latest"]);
  assert.deepEqual(
    namesFor(aKey({ grants: ["cloud"] })),
    TAGS.models.map(({ name }) => name),
  );
  assert.deepEqual(
    namesFor(aKey({ models: ["*"], grants: ["cloud"] })),
    TAGS.models.map(({ name }) => name),
  );
  assert.deepEqual(namesFor(aKey({ models: [] })), []);
});

test("a model that says two names is shown where both are allowed", () => {
  const text = '{"models":[{"name":"qwen3:8b","model":"llama3.2"},{"name":7},{},null,"qwen3:8b",{"name":"qwen3 8b"}]}';
  assert.equal(filterModels(text, aKey({ models: ["qwen3:*"] })), '{"models":[]}');
});

test("what is no list of models is not passed on", () => {
  for (const text of ["", "x", "[]", "null", "{}", '{"models":{}}', '{"data":7}', '{"error":"x"}', '{"models":[}']) {
    assert.equal(filterModels(text, aKey({ models: [] })), null, text);
  }
  assert.equal(filterModels('{"object":"list","data":null}', aKey({ models: [] })), '{"object":"list","data":null}');
});

test("case 41: every route that lists models is known as one, and only keys that see all get it as it is", () => {
  const lists = ROUTES.filter((route) => seesSomeModels(route, aKey({ models: ["x"] })));
  assert.deepEqual(
    lists.map(({ id }) => id),
    ["GET /api/tags", "HEAD /api/tags", "GET /api/ps", "GET /v1/models"],
  );
  assert.ok(!ROUTES.some((route) => seesSomeModels(route, aKey())));
  assert.equal(ROUTES.filter((route) => seesSomeModels(route, aKey({ grants: [] }))).length, 4);
});
