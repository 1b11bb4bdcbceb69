/** What the pages about `portlock proxy` say in figures is what is written for the proxies. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UPLOAD_SCRIPT } from "../src/host/upload-script.ts";
import { CONNECTIONS_PER_ADDRESS, SILENCE_SECONDS } from "../src/proxy/shared-texts.ts";
import { MOST_GROWTH_MIB } from "../src/verify/upload-to-site.ts";

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

for (const [page, growth, spare] of [
  ["proxy.md", /; more than (\d+) MiB is not as expected/, /has room for it and a GiB more/],
  ["proxy.zh-CN.md", /；超过 (\d+) MiB 即与预期不符/, /能放下下一段并仍余 1 GiB/],
] as const) {
  test(`docs/${page} tells what an upload may take of the proxy's memory and of the server's disk`, () => {
    const text = readFileSync(join(import.meta.dirname, "../docs", page), "utf8");
    assert.equal(growth.exec(text)?.[1], String(MOST_GROWTH_MIB));
    assert.match(text, spare);
    assert.match(UPLOAD_SCRIPT, new RegExp(`\\bspare=${2 ** 30}\\b`));
  });
}
