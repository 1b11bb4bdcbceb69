import type { Result } from "./order.ts";

/** Whether a packet passes these depends on the moment or on the sender: what is built with them may be undecidable. */
const UNCERTAIN: readonly string[] = ["limit", "source port", "dnat to several ports"];

/** What a run has come to so far. */
export class Tally {
  #ruleSets = 0;
  #connections = 0;
  #impossible = 0;
  #late = 0;
  #wrongCases = 0;
  #wrong = 0;
  readonly #complaints: string[] = [];
  readonly #proofs: string[] = [];
  readonly #dialects = new Map<string, number>();
  readonly #features = new Map<string, { ways: number; undecidable: number; reasons: Set<string> }>();

  add(result: Result): void {
    this.#ruleSets += 1;
    this.#dialects.set(result.dialect, (this.#dialects.get(result.dialect) ?? 0) + 1);
    if ("complaint" in result) {
      this.#complaints.push(`case ${result.number} (${result.dialect}): ${result.complaint}`);
      return;
    }
    this.#connections += result.connections;
    this.#impossible += result.impossible;
    this.#late += result.late;
    this.#wrong += result.wrong;
    if (result.wrong > 0) this.#wrongCases += 1;
    if (result.proof !== undefined) this.#proofs.push(`case ${result.number} (${result.dialect}):\n${result.proof}`);
    const uncertain = result.features.filter((feature) => UNCERTAIN.includes(feature));
    const about = uncertain.length > 0 ? uncertain : [`${result.dialect}, all decidable`, ...result.features];
    for (const feature of about) this.#addFeature(feature, result.doubts);
  }

  #addFeature(feature: string, doubts: readonly (readonly string[])[]): void {
    const known = this.#features.get(feature) ?? { ways: 0, undecidable: 0, reasons: new Set() };
    known.ways += doubts.length;
    known.undecidable += doubts.filter((reasons) => reasons.length > 0).length;
    for (const reason of doubts.flat()) if (known.reasons.size < 3) known.reasons.add(reason);
    this.#features.set(feature, known);
  }

  get ruleSets(): number {
    return this.#ruleSets;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Connections whose fate was not the predicted one. */
  get wrong(): number {
    return this.#wrong;
  }

  /** Cases that could not be tried, with why. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  /** Failing cases, made small. */
  get proofs(): readonly string[] {
    return this.#proofs;
  }

  /** Share of the ways, among cases that hold nothing uncertain, some of whose sources are undecidable. */
  get undecidableShare(): number {
    const rows = [...this.#features].filter(([name]) => name.endsWith(", all decidable")).map(([, row]) => row);
    const ways = rows.reduce((sum, row) => sum + row.ways, 0);
    return ways === 0 ? 0 : rows.reduce((sum, row) => sum + row.undecidable, 0) / ways;
  }

  /** What a run prints at its end. */
  describe(): string {
    const rows = [...this.#features].toSorted(([one], [other]) => one.localeCompare(other));
    return [
      `rule sets                ${this.#ruleSets} (${[...this.#dialects].map(([name, count]) => `${name} ${count}`).join(", ")})`,
      `connections              ${this.#connections} (${this.#impossible} could not be sent, ${this.#late} answered late)`,
      `wrong verdicts           ${this.#wrong} in ${this.#wrongCases} rule sets`,
      `could not be tried       ${this.#complaints.length}`,
      `undecidable, where everything can be decided: ${(100 * this.undecidableShare).toFixed(2)} % of the ways`,
      "undecidable ways by feature:",
      ...rows.map(([name, { ways, undecidable, reasons }]) => {
        const share = `${((100 * undecidable) / ways).toFixed(1)} %`.padStart(8);
        return `  ${share} of ${String(ways).padStart(6)}  ${name}${reasons.size === 0 ? "" : `  (${[...reasons].join("; ").slice(0, 120)})`}`;
      }),
      "",
    ].join("\n");
  }
}
