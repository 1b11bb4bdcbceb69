import assert from "node:assert/strict";
import { test } from "node:test";
import { dropInFolders, isServiceName, mainFileNames, selectDropIns } from "./unit-paths.ts";

const FOLDERS: readonly [names: string[], folders: string[]][] = [
  [["ollama.service"], ["ollama.service.d"]],
  [["foo-bar.service"], ["foo-bar.service.d", "foo-.service.d"]],
  [["a-b-c.service"], ["a-b-c.service.d", "a-b-.service.d", "a-.service.d"]],
  [["tpl@one.service"], ["tpl@one.service.d", "tpl@.service.d"]],
  [["a-b@c-d.service"], ["a-b@c-d.service.d", "a-b@.service.d", "a-@c-d.service.d", "a-@.service.d"]],
  [
    ["ollama.service", "llm.service"],
    ["ollama.service.d", "llm.service.d"],
  ],
];
for (const [names, folders] of FOLDERS) {
  test(`drop-in folders of ${names.join(", ")}`, () => assert.deepEqual(dropInFolders(names), folders));
}

test("an instance may stand in its template's file", () => {
  assert.deepEqual(mainFileNames("tpl@one.service"), ["tpl@one.service", "tpl@.service"]);
  assert.deepEqual(mainFileNames("ollama.service"), ["ollama.service"]);
});

test("drop-ins apply by file name; of one name the first folder wins; capitals come first (seen with systemd 252)", () => {
  const chosen = selectDropIns([
    { path: "d1/foo-bar.service.d", names: ["05.conf", "40.conf"] },
    { path: "d1/foo-.service.d", names: ["10.conf", "40.conf"] },
    { path: "d2/foo-bar.service.d", names: [".h.conf", "10.conf", "20.conf", "Z.conf", "_.conf", "a.conf", "x.txt"] },
    { path: "d1/service.d", names: ["20.conf", "30.conf"] },
  ]);
  assert.deepEqual(chosen, [
    "d1/foo-bar.service.d/05.conf",
    "d1/foo-.service.d/10.conf",
    "d2/foo-bar.service.d/20.conf",
    "d1/service.d/30.conf",
    "d1/foo-bar.service.d/40.conf",
    "d2/foo-bar.service.d/Z.conf",
    "d2/foo-bar.service.d/_.conf",
    "d2/foo-bar.service.d/a.conf",
  ]);
});

test("names that would be a pattern or a path are not asked for; a leading dash stands behind `--`", () => {
  const names = [
    "ollama.service",
    "a@b\\x2dc.service",
    "*.service",
    "-x.service",
    "a/b.service",
    "a b.service",
    "a.socket",
  ];
  assert.deepEqual(names.filter(isServiceName), ["ollama.service", "a@b\\x2dc.service", "-x.service"]);
});
