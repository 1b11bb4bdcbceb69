/** What the pages about `portlock proxy` say in figures is what is written for the proxies. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CONNECTIONS_PER_ADDRESS, SILENCE_SECONDS } from "../src/proxy/shared-texts.ts";

const PAGES: readonly (readonly [page: string, connections: RegExp, silence: RegExp])[] = [
  [
    "proxy.md",
    /^\| connections of one address \| (\d+) +\| no limit +\| (\d+) +\|$/m,
    /; (\d+) minutes of silence are borne/,
  ],
  ["proxy.zh-CN.md", /^\| 单个地址的连接数 +\| (\d+) +\| 不限 +\| (\d+) +\|$/m, /可容忍 (\d+) 分钟的静默/],
];

for (const [page, connections, silence] of PAGES) {
  test(`docs/${page} tells the connections of one address and the silence that is borne`, () => {
    const text = readFileSync(join(import.meta.dirname, "../docs", page), "utf8");
    const limit = String(CONNECTIONS_PER_ADDRESS);
    assert.deepEqual(connections.exec(text)?.slice(1), [limit, limit]);
    assert.deepEqual(silence.exec(text)?.slice(1), [String(SILENCE_SECONDS / 60)]);
  });
}
