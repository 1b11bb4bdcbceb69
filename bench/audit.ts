/**
 * Measures every figure about speed that Portlock promises, each beside the one it is compared with, in the same
 * run. Needs root: the hosts are the lab's. Ends with 1 where something could not be measured, and only then.
 *
 *   sh scripts/node.sh bench/audit.ts           needs Debian's lynis; a few minutes
 *   sh scripts/node.sh bench/audit.ts --small   some seconds: a tenth of the busy host, few rounds, no lynis. The
 *                                               promises are about the full form; this one shows that it can run
 *   sh scripts/node.sh bench/audit.ts --json    the rows as JSON
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "../lab/audit.ts";
import type { Host } from "../lab/host.ts";
import { openLab } from "../lab/lab.ts";
import type { Cost } from "./measure.ts";

/** One promise: the figure that was measured, and what it may come to. */
interface Row {
  readonly what: string;
  readonly figure: number;
  readonly unit: "ms" | "MB" | "times";
  readonly bar: { readonly is: "at most" | "at least"; readonly figure: number };
  /** The measured values behind the figure. */
  readonly detail: string;
}

const root = join(import.meta.dirname, "..");
const small = process.argv.includes("--small");
const json = process.argv.includes("--json");
const ROUNDS = small ? 3 : 21;
const BUSY = small ? { processes: 500, sockets: 2_000, rounds: 3 } : { processes: 5_000, sockets: 20_000, rounds: 11 };
const BUSY_TIMEOUT_MS = 120_000;
const MEASURE_TIMEOUT_MS = 900_000;
const COMMAND = join(root, "dist/main.js");
const COMMAND_INSIDE = `${CHECKOUT_INSIDE}/dist/main.js`;
const AUDIT_INSIDE = [NODE_INSIDE, COMMAND_INSIDE, "audit"];
/** Findings, and a verdict that could not be reached, are answers too. */
const HIGHEST_ANSWER = 2;
/** Refreshes the package lists, which in a host without a network is a minute and a half of waiting. */
const LYNIS_PROFILE = "skip-test=PKGS-7392\n";

function median(cost: Cost | undefined): number {
  const sorted = cost?.milliseconds.toSorted((one, other) => one - other) ?? [];
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

function inMilliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

const Costs = z.array(
  z.object({
    milliseconds: z.array(z.number()),
    peakMegabytes: z.number().nullable(),
    exitCode: z.number().max(HIGHEST_ANSWER),
  }),
);

function parseCosts(text: string): readonly Cost[] {
  return Costs.parse(JSON.parse(text));
}

function measureHere(rounds: number, commands: readonly (readonly string[])[]): readonly Cost[] {
  const script = join(import.meta.dirname, "measure.ts");
  const run = spawnSync(process.execPath, [script, String(rounds), JSON.stringify(commands)], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return parseCosts(run.stdout);
}

async function measureInside(
  host: Host,
  rounds: number,
  commands: readonly (readonly string[])[],
): Promise<readonly Cost[]> {
  const script = `${CHECKOUT_INSIDE}/bench/measure.ts`;
  const argv = [NODE_INSIDE, script, String(rounds), JSON.stringify(commands)];
  return parseCosts((await host.run(argv, { timeoutMs: MEASURE_TIMEOUT_MS })).stdout);
}

function benchStartUp(): Row {
  const [bare, version] = measureHere(ROUNDS, [
    [process.execPath, "-e", "0"],
    [process.execPath, COMMAND, "--version"],
  ]);
  return {
    what: "portlock --version, beyond `node -e 0`",
    figure: median(version) - median(bare),
    unit: "ms",
    bar: { is: "at most", figure: 40 },
    detail: `${inMilliseconds(median(version))} against ${inMilliseconds(median(bare))}`,
  };
}

/** What is measured must be the whole work: an audit that missed the server would be fast. */
async function expectOllama(host: Host): Promise<void> {
  const { report } = await host.audit();
  const kinds = report.servers.map(({ kind }) => kind).join(", ");
  if (kinds !== "ollama") throw new Error(`the audit of the measured host found: ${kinds || "nothing"}`);
}

async function benchPlainHost(host: Host): Promise<readonly Row[]> {
  await expectOllama(host);
  const [audit] = await measureInside(host, ROUNDS, [AUDIT_INSIDE]);
  const row: Row = {
    what: "portlock audit, one Ollama on an otherwise plain host",
    figure: median(audit),
    unit: "ms",
    bar: { is: "at most", figure: 500 },
    detail: `peak memory ${audit?.peakMegabytes?.toFixed(0)} MB`,
  };
  return small ? [row] : [row, await benchLynis(host)];
}

async function benchLynis(host: Host): Promise<Row> {
  const lynis = ["lynis", "audit", "system", "--quick", "--no-colors"];
  const installed = await host.attempt(["sh", "-c", "command -v lynis"]);
  if (installed.exitCode !== 0) throw new Error("lynis is missing: apt-get install lynis");
  await host.write("/etc/lynis/custom.prf", LYNIS_PROFILE);
  const [rival, audit] = await measureInside(host, 1, [lynis, AUDIT_INSIDE]);
  return {
    what: "portlock audit, faster than `lynis audit system --quick`",
    figure: median(rival) / median(audit),
    unit: "times",
    bar: { is: "at least", figure: 50 },
    detail: `${inMilliseconds(median(audit))} against ${inMilliseconds(median(rival))}, its test PKGS-7392 (network) left out`,
  };
}

async function benchRecording(host: Host): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-bench-"));
  try {
    const file = join(folder, "host.json");
    writeFileSync(file, await host.record());
    const [cost] = measureHere(ROUNDS, [[process.execPath, COMMAND, "audit", "--from", file]]);
    return {
      what: "portlock audit --from the recording of that host",
      figure: median(cost),
      unit: "ms",
      bar: { is: "at most", figure: 200 },
      detail: `peak memory ${cost?.peakMegabytes?.toFixed(0)} MB`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeBusy(host: Host): Promise<string> {
  const argv = [NODE_INSIDE, `${CHECKOUT_INSIDE}/bench/busy-host.ts`, String(BUSY.processes), String(BUSY.sockets)];
  const busy = await host.spawn(argv);
  for (const deadline = Date.now() + BUSY_TIMEOUT_MS; !busy.output().includes("ready"); await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`the host did not become busy:\n${busy.output()}`);
  }
  const count = "ls /proc | grep -c '^[0-9]'; ss -H -tln | wc -l";
  const [processes = 0, sockets = 0] = (await host.run(["sh", "-c", count])).stdout.trim().split("\n").map(Number);
  if (processes < BUSY.processes || sockets < BUSY.sockets) throw new Error("the host is less busy than it should be");
  return `${processes} processes, ${sockets} listening sockets`;
}

async function benchBusyHost(host: Host): Promise<readonly Row[]> {
  const busy = await makeBusy(host);
  await expectOllama(host);
  const commands = [[NODE_INSIDE, "-e", "0"], ["ss", "-H", "-tlnp"], AUDIT_INSIDE];
  const [bare, sockets, audit] = await measureInside(host, BUSY.rounds, commands);
  const figures = [audit, sockets, bare].map((cost) => inMilliseconds(median(cost)));
  return [
    {
      what: `portlock audit, ${busy}, beyond start-up, to \`ss -H -tlnp\``,
      figure: (median(audit) - median(bare)) / median(sockets),
      unit: "times",
      bar: { is: "at most", figure: 2 },
      detail: `${figures[0]} against ${figures[1]}, start-up ${figures[2]}`,
    },
    {
      what: "  its peak memory",
      figure: audit?.peakMegabytes ?? Number.NaN,
      unit: "MB",
      bar: { is: "at most", figure: 150 },
      detail: "the largest resident size of the process",
    },
  ];
}

function isHeld({ figure, bar }: Row): boolean {
  return bar.is === "at most" ? figure <= bar.figure : figure >= bar.figure;
}

function print(rows: readonly Row[]): void {
  for (const row of rows) {
    if (!Number.isFinite(row.figure)) throw new Error(`not measured: ${row.what}`);
    if (json) continue;
    const figure = `${row.figure.toFixed(row.figure < 10 ? 2 : 0)} ${row.unit}`;
    const verdict = small ? "" : isHeld(row) ? "held" : "MISSED";
    console.log(`${verdict.padEnd(8)}${figure.padEnd(12)}${row.what}`);
    console.log(
      `${" ".repeat(20)}${row.detail}${small ? "" : `; promised: ${row.bar.is} ${row.bar.figure} ${row.unit}`}`,
    );
  }
}

async function benchAll(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const tell = (...told: readonly Row[]): void => {
    print(told);
    rows.push(...told);
  };
  tell(benchStartUp());
  const lab = openLab();
  try {
    const plain = await lab.host({ systemd: true });
    await plain.installOllama();
    tell(...(await benchPlainHost(plain)));
    tell(await benchRecording(plain));
    plain.close();
    const busy = await lab.host({ systemd: true });
    await busy.installOllama();
    tell(...(await benchBusyHost(busy)));
  } finally {
    lab.close();
  }
  return rows;
}

const build = spawnSync(process.execPath, [join(root, "scripts/build.ts")], { encoding: "utf8" });
if (build.status !== 0) throw new Error(build.stderr);
if (!json) {
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `${availableParallelism()} × ${cpus()[0]?.model}, Node.js ${process.version}, load before ${load}; medians\n`,
  );
}
const rows = await benchAll();
if (json) console.log(JSON.stringify(rows.map((row) => ({ ...row, held: isHeld(row) }))));
