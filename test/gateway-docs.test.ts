/**
 * Holds the table of routes in docs/gateway.md and docs/gateway.zh-CN.md to what the gateway lets through.
 *
 *   sh scripts/node.sh test/gateway-docs.test.ts --update     writes the tables anew; review the diff
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Grant, SCOPES } from "../src/gateway/key.ts";
import { listRoutes } from "../src/gateway/policy/routes.ts";

const PAGES: readonly (readonly [file: string, head: readonly [string, string, string]])[] = [
  ["gateway.md", ["scope", "with", "routes"]],
  ["gateway.zh-CN.md", ["权限", "另需", "路由"]],
];
const TABLE = /(?<=<!-- routes -->\n\n).*?(?=<!-- \/routes -->)/s;

function toTable(head: readonly string[]): string {
  const rows = SCOPES.flatMap((scope) => {
    const byGrant = Map.groupBy(listRoutes(scope), ({ grant }) => grant);
    return [...byGrant].map(([grant, routes]) => [
      `\`${scope}\``,
      toGrant(grant),
      routes.map(({ id }) => `\`${id}\``).join(", "),
    ]);
  });
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n\n`;
}

function toGrant(grant: Grant | null): string {
  return grant === null ? "" : `\`--grant ${grant}\``;
}

/** Formatters pad the cells of a table. */
function toBare(table: string): string {
  return table.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---").replaceAll("| |", "||");
}

for (const [name, head] of PAGES) {
  test(`the routes in docs/${name} are those that the gateway lets through`, () => {
    const file = join(import.meta.dirname, "../docs", name);
    const text = readFileSync(file, "utf8");
    const wanted = toTable(head);
    if (process.argv.includes("--update"))
      writeFileSync(
        file,
        text.replace(TABLE, () => wanted),
      );
    else assert.equal(toBare(TABLE.exec(text)?.[0] ?? ""), toBare(wanted));
  });
}
