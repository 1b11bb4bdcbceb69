import { sortAddresses } from "./address.ts";
import { mergeFates, pushRun, type Exit, type Fate, type Fates } from "./fates.ts";

/** What a rule does to the sources it matches: segments of the address family, ascending, each with its fate. */
export interface Step {
  readonly firsts: readonly bigint[];
  readonly lasts: readonly bigint[];
  /** One for all segments, or one for each. */
  readonly fates: Fate | readonly Fate[];
}

/**
 * Runs every source through the steps of a chain. A fate without the exit `stay` settles its sources; one with it
 * adds what may happen to them before the next step; whoever is left meets `atEnd`. Each source is settled once and
 * then skipped, so the time grows with the segments, not with segments times steps.
 */
export function paintFates(steps: readonly Step[], atEnd: Fate, lastAddress: bigint): Fates {
  const axis = toAxis(steps);
  const canvas: Canvas = {
    axis,
    alive: toNextCells(axis.length),
    pending: new Map(),
    settled: Array.from<Fate | undefined>({ length: axis.length }),
    merged: new Map(),
    touched: new Map(),
  };
  for (const step of steps) paintStep(canvas, step);
  const firsts: bigint[] = [];
  const fates: Fate[] = [];
  for (const [cell, first] of axis.entries()) {
    if (first > lastAddress) break; // where a segment ends with the family
    const settled = canvas.settled[cell] ?? atEnd;
    const pending = canvas.alive[cell] === cell ? canvas.pending.get(cell) : undefined;
    pushRun(firsts, fates, first, pending === undefined ? settled : mergeOnce(canvas, pending, settled));
  }
  return { firsts, fates };
}

/** The address family cut where any segment begins or ends: within a cell all sources have one fate. */
interface Canvas {
  readonly axis: readonly bigint[];
  /** For each cell the next one, itself included, that is not settled; shortened while it is walked. */
  readonly alive: Int32Array;
  /** What may already have happened to a cell that is not settled; cells without it are left out. */
  readonly pending: Map<number, Fate>;
  readonly settled: (Fate | undefined)[];
  readonly merged: Map<Fate, Map<Fate, Fate>>;
  /** Cells to which an exit alike was not added yet, by its state; `drop` for all that drop. */
  readonly touched: Map<unknown, Int32Array>;
}

function toAxis(steps: readonly Step[]): readonly bigint[] {
  const bounds: bigint[] = [0n];
  let sorted = true;
  for (const { firsts, lasts } of steps) {
    for (let index = 0; index < firsts.length; index++) {
      const first = firsts[index] ?? 0n;
      if (first < (bounds.at(-1) ?? 0n)) sorted = false;
      bounds.push(first, (lasts[index] ?? first) + 1n);
    }
  }
  const ascending = sorted ? bounds : sortAddresses(bounds);
  const axis: bigint[] = [];
  for (const bound of ascending) if (bound !== axis.at(-1)) axis.push(bound);
  return axis;
}

function toNextCells(length: number): Int32Array {
  const next = new Int32Array(length + 1);
  for (let cell = 0; cell <= length; cell++) next[cell] = cell;
  return next;
}

function findNext(next: Int32Array, from: number): number {
  let cell = from;
  for (;;) {
    const step = next[cell] ?? cell;
    if (step === cell) return cell;
    next[cell] = next[step] ?? step;
    cell = step;
  }
}

function paintStep(canvas: Canvas, { firsts, lasts, fates }: Step): void {
  let at = 0;
  for (const [index, first] of firsts.entries()) {
    const fate = "exits" in fates ? fates : fates[index];
    if (fate === undefined) return;
    const begin = findCell(canvas.axis, first, at);
    const end = findCell(canvas.axis, (lasts[index] ?? first) + 1n, begin);
    if (fate.exits.some((exit) => exit.kind === "stay")) addPending(canvas, fate, begin, end);
    else settle(canvas, fate, begin, end);
    at = end;
  }
}

/** The cell that begins at `value`, which lies at or behind cell `from`; segments in a row are mostly near. */
function findCell(axis: readonly bigint[], value: bigint, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < axis.length && (axis[low + step] ?? value) <= value) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, axis.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const bound = axis[middle];
    if (bound !== undefined && bound < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function settle(canvas: Canvas, fate: Fate, begin: number, end: number): void {
  for (let cell = findNext(canvas.alive, begin); cell < end; cell = findNext(canvas.alive, cell + 1)) {
    const pending = canvas.pending.get(cell);
    canvas.settled[cell] = pending === undefined ? fate : mergeOnce(canvas, pending, fate);
    canvas.alive[cell] = cell + 1;
  }
}

function addPending(canvas: Canvas, fate: Fate, begin: number, end: number): void {
  const exits = fate.exits.filter((exit) => exit.kind !== "stay");
  const [exit] = exits;
  if (exit === undefined) return;
  const added = { exits, doubted: fate.doubted };
  const fresh = exits.length === 1 ? toTouched(canvas, exit) : null;
  for (let cell = findNext(canvas.alive, begin); cell < end; cell = findNext(canvas.alive, cell + 1)) {
    if (fresh !== null) {
      // Another exit alike changes nothing, so cells that have one are passed over.
      cell = findNext(fresh, cell);
      if (cell >= end) return;
      fresh[cell] = cell + 1;
      if (canvas.alive[cell] !== cell) continue;
    }
    const pending = canvas.pending.get(cell);
    canvas.pending.set(cell, pending === undefined ? added : mergeOnce(canvas, pending, added));
  }
}

function toTouched(canvas: Canvas, exit: Exit): Int32Array {
  const key = exit.kind === "accept" ? exit.state : exit.kind;
  const known = canvas.touched.get(key);
  if (known !== undefined) return known;
  const fresh = toNextCells(canvas.axis.length);
  canvas.touched.set(key, fresh);
  return fresh;
}

function mergeOnce(canvas: Canvas, earlier: Fate, later: Fate): Fate {
  const row = canvas.merged.get(earlier) ?? new Map<Fate, Fate>();
  canvas.merged.set(earlier, row);
  const known = row.get(later);
  if (known !== undefined) return known;
  const fresh = mergeFates(earlier, later);
  row.set(later, fresh);
  return fresh;
}
