/**
 * The list of attacks against what Portlock writes for each proxy, and against what people copy: nothing gets through
 * the former that may not, and both tables in docs/ say what happened here.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { PROXY_KINDS } from "../../src/proxy/site.ts";
import { readInstalledVersion } from "../proxy-programs.ts";
import { attackAll } from "./attack-all.ts";
import { formatPage, listBreaches } from "./page.ts";
import { ATTACKS } from "./run-attacks.ts";

const missing = PROXY_KINDS.find((kind) => readInstalledVersion(kind) === null);
/** Of a head that reached the model server: all that Portlock's configurations hand on. */
const HANDED_ON = new Set([
  "host",
  "content-type",
  "accept",
  "user-agent",
  "content-length",
  "transfer-encoding",
  "connection",
]);

function listNames(head: string): readonly string[] {
  return head
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
}

describe("attacks on proxies", { skip: missing === undefined ? false : `${missing} is not installed` }, () => {
  const attacked = missing === undefined ? attackAll() : Promise.reject(new Error(missing));
  attacked.catch(() => {});

  test("through what Portlock writes nothing gets that may not", async () => {
    const { generated } = await attacked;
    assert.deepEqual(generated.flatMap(listBreaches), []);
  });

  test("through what Portlock writes gets what may", async () => {
    const { generated } = await attacked;
    const number = ATTACKS.findIndex(({ name }) => name.en === "the right one");
    assert.deepEqual(
      generated.map(({ outcomes }) => [outcomes[number]?.status, outcomes[number]?.heads.length]),
      generated.map(() => [200, 1]),
    );
  });

  test("the model server is handed a Host of its own, and no header that is not named", async () => {
    const { generated } = await attacked;
    for (const { name, outcomes } of generated) {
      for (const head of outcomes.flatMap(({ heads }) => heads)) {
        assert.deepEqual(
          listNames(head).filter((each) => !HANDED_ON.has(each)),
          [],
          `${name.en}: ${head}`,
        );
        assert.match(head, /^host: localhost:11434\r?$/im, name.en);
      }
    }
  });

  test("of what people copy each lets something through", async () => {
    const { copied } = await attacked;
    for (const column of copied) assert.ok(listBreaches(column).length > 0, column.name.en);
  });

  for (const [file, language] of [
    ["proxy-attacks.md", "en"],
    ["proxy-attacks.zh-CN.md", "zh"],
  ] as const) {
    test(`docs/${file} says what happened (sh scripts/node.sh scripts/print-proxy-attacks.ts)`, async () => {
      const { generated, copied } = await attacked;
      const kept = readFileSync(join(import.meta.dirname, "../../docs", file), "utf8");
      assert.equal(kept, formatPage(generated, copied, language));
    });
  }
});
