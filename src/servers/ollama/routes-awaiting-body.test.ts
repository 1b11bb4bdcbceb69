import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES_AWAITING_BODY } from "./routes-awaiting-body.ts";
import { ROUTES } from "./routes.ts";

/** Those that act at once, each of which asks ollama.com. */
const ACTING = ["POST /api/me", "POST /api/signout", "DELETE /api/user/keys/:encodedKey"];
/** Known by their documents alone. */
const UNREAD = ["POST /v1/systemone", "POST /v1/audio/speech"];

test("of every route that is not read by GET or HEAD it is decided whether it waits for its body", () => {
  const known = ROUTES.flatMap(({ methods, path }) =>
    methods.filter((method) => method !== "GET" && method !== "HEAD").map((method) => `${method} ${path}`),
  );
  assert.deepEqual([...ROUTES_AWAITING_BODY, ...ACTING, ...UNREAD].toSorted(), known.toSorted());
});
