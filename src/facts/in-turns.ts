/**
 * Does the same for every item, at most `atATime` at once, so that a host with thousands of processes costs
 * neither thousands of open files nor thousands of promises at a time. Results keep the order of the items.
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  async function takeTurns(): Promise<void> {
    for (const [index, item] of queue) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, takeTurns));
  return results;
}
