/**
 * Compiles src/ to dist/ for the published package: readable JavaScript, split where the sources import
 * lazily, with the few libraries inside, so that nothing is fetched or floats at a user's install.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Whose work a package under the MIT licence is that ships no text of it, as the repository or readme of it says. */
const HOLDERS = new Map([
  ["@redis/client", "Copyright (c) 2022-2025, Redis, inc."],
  ["pg-types", "Copyright (c) 2014 Brian M. Carlson"],
  ["pgpass", "Copyright (c) 2013-2016 Hannes Hörl"],
]);

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

/** Package folders whose modules ended up in the bundle. */
function bundledPackages(modules: readonly string[]): readonly string[] {
  const names = modules.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].toSorted();
}

/**
 * Name, version and the whole text of the licence of a package, and its NOTICE where it has one. A package that
 * names the Apache licence and ships no text is under the text this project has itself, one of `HOLDERS` under the MIT
 * licence; any other without a text may not be bundled.
 */
function noticeOf(name: string): string {
  const folder = join(root, "node_modules", name);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { version, license, author } = Object(manifest);
  const files = readdirSync(folder);
  const licence = files.find((file) => /^licen[cs]e/i.test(file));
  const text = licence === undefined ? textOf(name, license, author) : readFileSync(join(folder, licence), "utf8");
  const notices = files.filter((file) => /^notice/i.test(file)).map((file) => readFileSync(join(folder, file), "utf8"));
  return `${name} ${version} (${license})\n\n${[text, ...notices].map((each) => each.trim()).join("\n\n")}\n`;
}

function textOf(name: string, license: unknown, author: unknown): string {
  const holder = HOLDERS.get(name);
  if (license === "MIT" && holder !== undefined) return `${holder}\n\n${MIT}`;
  if (license !== "Apache-2.0") throw new Error(`${name} ships no licence text`);
  return `By ${String(author)}\n\n${readFileSync(join(root, "LICENSE"), "utf8")}`;
}

rmSync(dist, { recursive: true, force: true });
const bundle = await rolldown({ input: join(root, "src/main.ts"), platform: "node", treeshake: true });
const { output } = await bundle.write({
  dir: dist,
  format: "esm",
  minify: false,
  banner: (chunk) => (chunk.isEntry ? "#!/usr/bin/env node" : ""),
});
await bundle.close();

const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
const notices = bundledPackages(modules).map(noticeOf);
writeFileSync(join(dist, "THIRD-PARTY-NOTICES.txt"), notices.join(`\n${"-".repeat(78)}\n\n`));
if (!existsSync(join(dist, "main.js"))) throw new Error("the build made no dist/main.js");
chmodSync(join(dist, "main.js"), 0o755);
