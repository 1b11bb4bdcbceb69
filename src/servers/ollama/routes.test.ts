import assert from "node:assert/strict";
import { test } from "node:test";
import { lt, valid } from "semver";
import { OLLAMA } from "./ollama.ts";
import { ROUTES } from "./routes.ts";

for (const route of ROUTES) {
  const { methods, path, since, until, dangers } = route;
  test(`${methods.join(",")} ${path}`, () => {
    assert.match(path, /^\/(?:[a-z0-9_-]+|:[a-zA-Z]+)?(?:\/(?:[a-z0-9_-]+|:[a-zA-Z]+))*$/);
    assert.ok(methods.length > 0 && dangers.length > 0);
    assert.equal(new Set(dangers).size, dangers.length);
    assert.equal(valid(since), since);
    if (until !== null) assert.ok(lt(since, until));
    // What only reads must not be a POST that spends, and what is asked by GET must not run a model.
    if (methods.includes("GET")) assert.ok(!dangers.includes("inference"));
    if (methods.includes("DELETE")) assert.ok(dangers.includes("manage"));
  });
}

test("each method of a path stands in one row", () => {
  const pairs = ROUTES.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
  assert.equal(new Set(pairs).size, pairs.length);
});

test("whatever Portlock asks an Ollama is a route that only reads", () => {
  for (const question of [...OLLAMA.identifiedBy, ...OLLAMA.questions]) {
    const route = ROUTES.find(({ methods, path }) => path === question.path && methods.includes(question.method));
    assert.deepEqual(route?.dangers, ["read"], question.id);
  }
});
