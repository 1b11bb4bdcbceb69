import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES } from "./routes.ts";
import { ROUTES_OF_NO_SCOPE, ROUTES_OF_SCOPE } from "./scopes.ts";

test("every route of Ollama belongs to one scope, or to none by decision", () => {
  const decided = [...Object.values(ROUTES_OF_SCOPE).flat(), ...ROUTES_OF_NO_SCOPE];
  const known = ROUTES.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
  assert.deepEqual(decided.toSorted(), known.toSorted());
});

test("whatever can change models or the sign-in is in no scope but `manage`", () => {
  const harmless = new Set([...ROUTES_OF_SCOPE.inference, ...ROUTES_OF_SCOPE.read]);
  const dangerous = ROUTES.filter(({ dangers }) => dangers.includes("manage"));
  const reached = dangerous.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
  assert.deepEqual(
    reached.filter((route) => harmless.has(route)),
    [],
  );
});
