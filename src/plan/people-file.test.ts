import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCredential } from "../commands/make-credential.ts";
import { PROXY_KINDS } from "../proxy/site.ts";
import { applyEdit } from "./file-edit.ts";
import { listPeople } from "./people-file.ts";

for (const proxy of PROXY_KINDS) {
  for (const auth of ["basic", "bearer"] as const) {
    test(`people come into the ${auth} file of ${proxy} and go again, each alone`, async () => {
      const names = ["alice", "b-2_c", "0"];
      const made = await Promise.all(names.map((name) => makeCredential(proxy, auth, name)));
      const lines = new Map(made.map(({ name, line }) => [name, line]));
      const all = applyEdit(null, { kind: "people", adds: names, removes: [], mode: 0o600 }, lines);
      assert.ok(all.ok);
      assert.deepEqual(listPeople(all.text), names);
      const fewer = applyEdit(all.text, { kind: "people", adds: [], removes: ["b-2_c"], mode: null });
      assert.deepEqual(fewer.ok && listPeople(fewer.text), ["alice", "0"]);
      const none = applyEdit(all.text, { kind: "people", adds: [], removes: names, mode: null });
      assert.deepEqual(none.ok && none.text, "# Nobody is let in.\n");
      // What was shown is in the file only where the proxy can compare nothing else.
      const isAsItIs = made.some(({ secret }) => all.text?.includes(secret));
      assert.equal(isAsItIs, proxy === "nginx" && auth === "bearer");
    });
  }
}

test("an edit does not fit a file that is not as it was planned for", () => {
  const text = "alice:$2y$05$abc\n";
  const lines = new Map([["alice", "alice:$2y$05$def"]]);
  const moved = { ok: false, why: "moved-on" };
  const mode = null;
  assert.deepEqual(applyEdit(text, { kind: "people", adds: ["alice"], removes: [], mode }, lines), moved);
  assert.deepEqual(applyEdit(text, { kind: "people", adds: [], removes: ["bob"], mode }), moved);
  assert.deepEqual(
    applyEdit(null, { kind: "people", adds: ["bob"], removes: [], mode }),
    moved,
    "nobody made his line",
  );
});

test("lines of nobody are nobody's", () => {
  assert.deepEqual(listPeople("# alice\n\nalice\nalice:plain\nABCD alice\n"), []);
  assert.deepEqual(listPeople(null), []);
});
