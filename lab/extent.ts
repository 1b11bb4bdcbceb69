/**
 * How much of what takes minutes is done: in CI every so-manieth case, with `PORTLOCK_LAB=full` all of them. A case
 * that is left out is none of the run's, and not skipped.
 */
export const isFull: boolean = process.env["PORTLOCK_LAB"] === "full";

/** Every `nth` of the cases, or all. */
export function pickCases<T>(cases: readonly T[], nth: number): readonly T[] {
  return isFull ? cases : cases.filter((_, index) => index % nth === 0);
}
