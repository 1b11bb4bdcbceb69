/**
 * Measures what the README and the issue claim about speed, each figure beside another of the same run.
 *
 *   sh scripts/node.sh bench/audit.ts           full form: needs root and, for one row, Debian's lynis
 *   sh scripts/node.sh bench/audit.ts --small   a busy host of a tenth of the size, fewer runs, no lynis
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "../lab/audit.ts";
import type { Host } from "../lab/host.ts";
import { openLab } from "../lab/lab.ts";
import type { Cost } from "./measure.ts";

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly held: boolean | null;
}

const root = join(import.meta.dirname, "..");
const small = process.argv.includes("--small");
const RUNS = small ? 5 : 21;
const BUSY = small ? { processes: 500, sockets: 2000 } : { processes: 5000, sockets: 20_000 };
const COMMAND_INSIDE = `${CHECKOUT_INSIDE}/dist/main.js`;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function toMilliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function parseCost(text: string): Cost {
  const { milliseconds, peakMegabytes, exitCode } = Object(JSON.parse(text));
  return { milliseconds, peakMegabytes, exitCode };
}

function measureHere(argv: readonly string[]): Cost {
  const script = join(import.meta.dirname, "measure.ts");
  const run = spawnSync(process.execPath, [script, String(RUNS), process.execPath, ...argv], { encoding: "utf8" });
  return parseCost(run.stdout);
}

async function measureInside(host: Host, runs: number, argv: readonly string[]): Promise<Cost> {
  const measure = [NODE_INSIDE, `${CHECKOUT_INSIDE}/bench/measure.ts`, String(runs)];
  const { stdout } = await host.run([...measure, ...argv], { timeoutMs: 300_000 });
  return parseCost(stdout);
}

function benchStartUp(): Row {
  const bare = median(measureHere(["-e", "0"]).milliseconds);
  const version = median(measureHere([join(root, "dist/main.js"), "--version"]).milliseconds);
  return {
    what: "portlock --version, over `node -e 0`",
    measured: `${toMilliseconds(version)} against ${toMilliseconds(bare)}: ${toMilliseconds(version - bare)} more`,
    bar: "within 40 ms",
    held: version - bare <= 40,
  };
}

async function benchPlainHost(host: Host): Promise<Row[]> {
  await host.installOllama({ start: true });
  const audit = await measureInside(host, RUNS, [NODE_INSIDE, COMMAND_INSIDE, "audit"]);
  const auditTime = median(audit.milliseconds);
  const whole: Row = {
    what: "portlock audit, cold, one Ollama under systemd",
    measured: `${toMilliseconds(auditTime)}, peak ${audit.peakMegabytes?.toFixed(0)} MB`,
    bar: "under 500 ms",
    held: auditTime < 500,
  };
  const lynis = await host.attempt(["sh", "-c", "command -v lynis"]);
  if (small || lynis.exitCode !== 0) {
    const measured = small ? "left out of the small form" : "lynis is not installed";
    return [whole, { what: "against lynis audit system --quick", measured, bar: "50 times faster", held: null }];
  }
  const rival = await measureInside(host, 1, ["lynis", "audit", "system", "--quick", "--no-colors"]);
  const ratio = median(rival.milliseconds) / auditTime;
  return [
    whole,
    {
      what: "against lynis audit system --quick",
      measured: `${toMilliseconds(median(rival.milliseconds))}: ${ratio.toFixed(0)} times`,
      bar: "50 times faster",
      held: ratio >= 50,
    },
  ];
}

async function benchRecording(host: Host): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-bench-"));
  try {
    const file = join(folder, "host.json");
    writeFileSync(file, await host.record());
    const cost = median(measureHere([join(root, "dist/main.js"), "audit", "--from", file]).milliseconds);
    return {
      what: "portlock audit --from a recording",
      measured: toMilliseconds(cost),
      bar: "under 200 ms",
      held: cost < 200,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchBusyHost(host: Host): Promise<Row[]> {
  const script = `${CHECKOUT_INSIDE}/bench/busy-host.ts`;
  await host.spawn([NODE_INSIDE, script, String(BUSY.processes), String(BUSY.sockets)]);
  await host.waitForPort(20_000 + BUSY.sockets - 1);
  await sleep(1000);
  const startUp = median((await measureInside(host, RUNS, [NODE_INSIDE, "-e", "0"])).milliseconds);
  const sockets = median((await measureInside(host, RUNS, ["ss", "-H", "-tlnp"])).milliseconds);
  const audit = await measureInside(host, 5, [NODE_INSIDE, COMMAND_INSIDE, "audit"]);
  const ratio = (median(audit.milliseconds) - startUp) / sockets;
  const peak = audit.peakMegabytes ?? Number.POSITIVE_INFINITY;
  return [
    {
      what: `portlock audit, ${BUSY.processes} processes, ${BUSY.sockets} listening sockets, over \`ss -H -tlnp\``,
      measured: `${toMilliseconds(median(audit.milliseconds))} against ${toMilliseconds(sockets)} + ${toMilliseconds(startUp)} start-up: ${ratio.toFixed(2)} times`,
      bar: "2 times",
      held: ratio <= 2,
    },
    { what: "  its peak memory", measured: `${peak.toFixed(0)} MB`, bar: "under 150 MB", held: peak < 150 },
  ];
}

function print(rows: readonly Row[]): void {
  for (const { what, measured, bar, held } of rows) {
    const verdict = held === null ? "not measured" : held ? "held" : "MISSED";
    console.log(`${what}\n    ${measured}\n    bar: ${bar}: ${verdict}`);
  }
}

const build = spawnSync(process.execPath, [join(root, "scripts/build.ts")], { encoding: "utf8" });
if (build.status !== 0) throw new Error(build.stderr);
print([benchStartUp()]);
const lab = openLab();
try {
  const plain = await lab.host({ systemd: true });
  print(await benchPlainHost(plain));
  print([await benchRecording(plain)]);
  plain.close();
  const busy = await lab.host();
  print(await benchBusyHost(busy));
} finally {
  lab.close();
}
