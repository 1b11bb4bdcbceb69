/** Who waits, a line for each key: the keys take turns, and within a key who came first goes first. */
export class FairQueue<T extends { readonly keyId: string }> {
  /** The key whose turn is next first. */
  readonly #lines = new Map<string, T[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  lengthOf(keyId: string): number {
    return this.#lines.get(keyId)?.length ?? 0;
  }

  add(item: T): void {
    const line = this.#lines.get(item.keyId);
    if (line === undefined) this.#lines.set(item.keyId, [item]);
    else line.push(item);
    this.#length += 1;
  }

  /** The first of each key, in the order in which their turns come. */
  heads(): readonly T[] {
    return [...this.#lines.values()].flatMap((line) => line.slice(0, 1));
  }

  /** Takes out one that leaves; false where it does not wait. Its key keeps its place. */
  remove(item: T): boolean {
    const line = this.#lines.get(item.keyId);
    const index = line?.indexOf(item) ?? -1;
    if (line === undefined || index < 0) return false;
    line.splice(index, 1);
    if (line.length === 0) this.#lines.delete(item.keyId);
    this.#length -= 1;
    return true;
  }

  /** Takes out one whose turn it is: its key is the last now. */
  give(item: T): void {
    if (!this.remove(item)) return;
    const line = this.#lines.get(item.keyId);
    if (line === undefined) return;
    this.#lines.delete(item.keyId);
    this.#lines.set(item.keyId, line);
  }

  /** How many get a turn before the one at that index of a key's line, if every key takes its turns. */
  countAhead(keyId: string, index: number): number {
    let ahead = index;
    let isBefore = true;
    for (const [otherId, line] of this.#lines) {
      if (otherId === keyId) isBefore = false;
      else ahead += Math.min(line.length, isBefore ? index + 1 : index);
    }
    return ahead;
  }

  indexOf(item: T): number {
    return this.#lines.get(item.keyId)?.indexOf(item) ?? -1;
  }

  all(): readonly T[] {
    return [...this.#lines.values()].flat();
  }
}
