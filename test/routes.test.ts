/** The gateway and the configurations of proxies are two rooms with a table each, and let through the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listRoutes } from "../src/gateway/policy/routes.ts";
import { ROUTE_SCOPES, ROUTES_OF_NO_SCOPE, ROUTES_OF_SCOPE } from "../src/servers/ollama/scopes.ts";

function toOneForm(route: string): string {
  return route.replace(/:[A-Za-z]+$|\{[a-z]+\}$/, "*");
}

for (const scope of ROUTE_SCOPES) {
  test(`a proxy lets through for ${scope} what the gateway does without a grant`, () => {
    const gateway = listRoutes(scope).filter(({ grant }) => grant === null);
    assert.deepEqual(
      ROUTES_OF_SCOPE[scope].map(toOneForm).toSorted(),
      gateway.map(({ id }) => toOneForm(id)).toSorted(),
    );
  });
}

test("what a proxy lets nobody at needs a grant of its own at the gateway, or is not there", () => {
  const free = ROUTE_SCOPES.flatMap((scope) => listRoutes(scope)).filter(({ grant }) => grant === null);
  const known = new Set(free.map(({ id }) => toOneForm(id)));
  assert.deepEqual(
    ROUTES_OF_NO_SCOPE.filter((route) => known.has(toOneForm(route))),
    [],
  );
});
