/**
 * Measures what `portlock harden` takes on a lab host, from the command to its end with verify, apart from the
 * service's own restart, and where that time goes by the times of its journal. Needs root.
 *
 *   sh scripts/node.sh bench/harden.ts           five rounds of each way to close the host
 *   sh scripts/node.sh bench/harden.ts --small   one round: this one shows that it can run
 *   sh scripts/node.sh bench/harden.ts --json    the rows as JSON
 */
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import type { JournalEvent } from "../src/apply/journal.ts";
import type { HardenDocument } from "../src/commands/harden-outcome.ts";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "../lab/audit.ts";
import type { Host } from "../lab/host.ts";
import { openLab } from "../lab/lab.ts";

const small = process.argv.includes("--small");
const json = process.argv.includes("--json");
const ROUNDS = small ? 1 : 5;
const BAR_MS = 5_000;
const TIMEOUT_MS = 120_000;
const PORTLOCK = [NODE_INSIDE, `${CHECKOUT_INSIDE}/dist/main.js`];
const WAYS: readonly (readonly string[])[] = [[], ["--sandbox"], ["--firewall", "auto"]];

/** One run, in milliseconds. */
interface Split {
  readonly whole: number;
  /** The service's own restart, measured beside it. */
  readonly restart: number;
  /** Until the journal begins: reading, judging and planning. */
  readonly plan: number;
  /** Until the watch is at its post. */
  readonly arm: number;
  /** All steps, the restart and the looks after it included. */
  readonly steps: number;
  /** Judging again, and connecting from beside the host. */
  readonly verify: number;
}

async function measure(host: Host, args: readonly string[]): Promise<Split> {
  const restart = args.includes("--firewall") ? 0 : await time(() => host.systemd("restart", "ollama"));
  await host.waitForPort(11434);
  let begunAt = 0;
  let text = "";
  const whole = await time(async () => {
    begunAt = Date.now();
    const argv = [...PORTLOCK, "harden", "--yes", "--json", ...args];
    text = (await host.attempt(argv, { timeoutMs: TIMEOUT_MS })).stdout;
  });
  const { journal, proofs }: HardenDocument = JSON.parse(text);
  // What is measured must be the whole work.
  if (journal?.state !== "applied" || proofs === null) throw new Error(`not closed: ${text.slice(0, 2_000)}`);
  await host.run([...PORTLOCK, "undo"], { timeoutMs: TIMEOUT_MS });
  const at = (what: JournalEvent["what"]): number =>
    Date.parse(journal.events.findLast((event) => event.what === what)?.at ?? "");
  const firstStep = Date.parse(journal.events.find(({ what }) => what === "step-begun")?.at ?? "");
  return {
    whole,
    restart,
    plan: at("begun") - begunAt,
    arm: firstStep - at("begun"),
    steps: at("step-done") - firstStep,
    verify: at("verified") - at("step-done"),
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined || !Number.isFinite(middle)) throw new Error("nothing was measured");
  return middle;
}

/** The medians of a way to close the host: the bar is about all but the service's own restart. */
function toRow(args: readonly string[], splits: readonly Split[]) {
  const toMedian = (part: keyof Split): number => Math.round(median(splits.map((split) => split[part])));
  const parts = (["plan", "arm", "steps", "verify", "restart"] as const).map((part) => [part, toMedian(part)] as const);
  const figure = Math.round(median(splits.map(({ whole, restart }) => whole - restart)));
  const what = ["portlock harden", ...args].join(" ");
  return { what, figure, unit: "ms", bar: { is: "at most", figure: BAR_MS }, parts: Object.fromEntries(parts) };
}

type Row = ReturnType<typeof toRow>;

function print({ what, figure, parts }: Row): void {
  if (json) return;
  const verdict = small ? "" : figure <= BAR_MS ? "held" : "MISSED";
  const { plan, arm, steps, verify, restart } = parts;
  console.log(
    `${verdict.padEnd(8)}${`${figure} ms`.padEnd(12)}${what}, with verify, but for the service's own restart`,
  );
  console.log(
    `${" ".repeat(20)}plan ${plan}, watch ${arm}, steps ${steps} (restart alone ${restart}), verify ${verify} ms`,
  );
}

async function benchAll(): Promise<readonly Row[]> {
  const lab = openLab();
  try {
    const host = await lab.host({ systemd: true });
    await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
    const rows: Row[] = [];
    for (const args of WAYS) {
      const splits: Split[] = [];
      for (let round = 0; round < ROUNDS; round += 1) splits.push(await measure(host, args));
      const row = toRow(args, splits);
      print(row);
      rows.push(row);
    }
    return rows;
  } finally {
    lab.close();
  }
}

const build = spawnSync(process.execPath, [join(import.meta.dirname, "../scripts/build.ts")], { encoding: "utf8" });
if (build.status !== 0) throw new Error(build.stderr);
if (!json) {
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `${availableParallelism()} × ${cpus()[0]?.model}, Node.js ${process.version}, load before ${load}; medians\n`,
  );
}
const rows = await benchAll();
if (json) console.log(JSON.stringify(rows));
