import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES } from "../../servers/ollama/routes.ts";
import { STAND_IN_ROUTES } from "./routes.ts";

test("the stand-in has the routes that Portlock knows of Ollama, for the same releases", () => {
  const known = ROUTES.flatMap(({ methods, path, since, until }) =>
    methods.map((method) => `${method} ${path} ${since} ${until ?? "still"}`),
  );
  const answered = STAND_IN_ROUTES.map(
    ({ method, path, since, until }) => `${method} ${path} ${since} ${until ?? "still"}`,
  );
  assert.deepEqual(answered.toSorted(), known.toSorted());
});
