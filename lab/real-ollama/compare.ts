/**
 * Asks a real Ollama and Portlock's stand-in the same requests and prints where they answer differently. By hand: a
 * real one is on nobody's machine of ours but where somebody has put it.
 *
 * usage: sh scripts/node.sh lab/real-ollama/compare.ts /path/to/ollama [VERSION]
 *
 * VERSION is what the stand-in claims to be, for an executable built from source, which says 0.0.0. Exits with 0 where
 * both answer alike, 1 where they differ, 64 where the executable does not start.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startStandIn } from "../../src/demo/stand-in/start.ts";
import { ask, type Answered, type Asked } from "./exchange.ts";
import { KNOWN_DIFFERENCES, MODEL, REQUESTS } from "./requests.ts";
import { makeTinyModel, startReal } from "./serve.ts";

const [executable, claimed] = process.argv.slice(2);
if (executable === undefined) {
  process.stderr.write("usage: compare.ts /path/to/ollama [VERSION]\n");
  process.exitCode = 64;
} else {
  const home = mkdtempSync(join(tmpdir(), "portlock-compare-"));
  try {
    process.exitCode = await compare(executable, home, claimed);
  } finally {
    rmSync(home, { recursive: true });
  }
}

async function compare(executable: string, home: string, claimed: string | undefined): Promise<number> {
  const real = await startReal(executable, home);
  if (real === null) {
    process.stderr.write(`${executable} serve does not listen\n`);
    return 64;
  }
  const standIn = await startStandIn({
    host: "127.0.0.1:0",
    version: claimed ?? real.version,
    models: [MODEL],
    modelsDirectory: join(home, ".ollama", "models"),
  });
  try {
    await makeTinyModel(real.port, MODEL);
    const differing = await askBoth(real.port, standIn.port);
    process.stdout.write(`${REQUESTS.length} requests, ${differing} answered differently\n`);
    return differing === 0 ? 0 : 1;
  } finally {
    await real.end();
    await standIn.close();
  }
}

async function askBoth(real: number, standIn: number): Promise<number> {
  let differing = 0;
  for (const asked of REQUESTS) {
    const theirs = await ask(real, asked);
    const ours = await ask(standIn, asked);
    const lines = listDifferences(theirs, ours);
    if (lines.length === 0) continue;
    const known = KNOWN_DIFFERENCES.find((difference) => difference.asked.test(describe(asked)));
    if (known !== undefined) {
      process.stdout.write(`${describe(asked)}\n  known: ${known.why}\n`);
      continue;
    }
    differing += 1;
    process.stdout.write(`${describe(asked)}\n${lines.join("")}`);
  }
  return differing;
}

function listDifferences(theirs: Answered, ours: Answered): readonly string[] {
  const parts = ["status", "headers", "body"] as const;
  return parts
    .filter((part) => theirs[part] !== ours[part])
    .map((part) => `  ${part}\n    real     ${theirs[part]}\n    stand-in ${ours[part]}\n`);
}

function describe({ method, path, headers, body }: Asked): string {
  const told = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return [method, path, ...told, ...(body === undefined ? [] : [JSON.stringify(body)])].join("  ");
}
