/**
 * Compiles src/ to dist/ for the published package: readable JavaScript, split where the sources import
 * lazily, with the few libraries inside, so that nothing is fetched or floats at a user's install.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Package folders whose modules ended up in the bundle. */
function bundledPackages(modules: readonly string[]): readonly string[] {
  const names = modules.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].toSorted();
}

/**
 * The whole text of a package's licence: a file of its own, or the last section of its readme. A package that names the
 * Apache licence and ships no text is under the text this project has itself; any other without one may not be bundled.
 */
function licenceOf(name: string, folder: string, licence: unknown): string {
  const files = readdirSync(folder);
  const file = files.find((each) => /^licen[cs]e/i.test(each));
  if (file !== undefined) return readFileSync(join(folder, file), "utf8");
  if (licence === "Apache-2.0") return readFileSync(join(root, "LICENSE"), "utf8");
  const readme = files.find((each) => /^readme/i.test(each));
  const text = readme === undefined ? "" : readFileSync(join(folder, readme), "utf8");
  const section = /^#+ licen[cs]e\s+([^]*permission is hereby granted[^]*)$/im.exec(text)?.[1];
  if (section === undefined) throw new Error(`${name} ships no licence text`);
  return section;
}

/** Name, version and the whole text of the licence of a package, and its NOTICE where it has one. */
function noticeOf(name: string): string {
  const folder = join(root, "node_modules", name);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { version, license, author } = Object(manifest);
  const files = readdirSync(folder);
  const text = licenceOf(name, folder, license);
  const notices = files.filter((file) => /^notice/i.test(file)).map((file) => readFileSync(join(folder, file), "utf8"));
  const holder =
    files.every((file) => !/^licen[cs]e/i.test(file)) && license === "Apache-2.0" ? `By ${String(author)}\n\n` : "";
  return `${name} ${version} (${license})\n\n${holder}${[text, ...notices].map((each) => each.trim()).join("\n\n")}\n`;
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
