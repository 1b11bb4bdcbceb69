/**
 * Bundles the stand-in for Ollama into one executable file, for hosts and containers that have Node.js and
 * nothing of this checkout:
 *
 *   sh scripts/node.sh scripts/bundle-stand-in.ts /path/to/usr/local/bin/ollama [/path/to/node]
 *
 * The file's first line names the Node.js that will run it; the process then shows as `ollama` in ps and ss.
 */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

/** Writes the bundle to `file`, to be run by `node` (an absolute path as that host sees it). */
export async function bundleStandIn(file: string, node: string = process.execPath): Promise<void> {
  const input = join(import.meta.dirname, "../src/demo/stand-in/main.ts");
  const bundle = await rolldown({ input, platform: "node", treeshake: true });
  await bundle.write({ file, format: "esm", minify: false, banner: `#!${node}` });
  await bundle.close();
  chmodSync(file, 0o755);
}

if (import.meta.main) {
  const [file, node] = process.argv.slice(2);
  if (file === undefined) {
    throw new Error("usage: bundle-stand-in.ts FILE [NODE]");
  }
  await bundleStandIn(file, node);
}
