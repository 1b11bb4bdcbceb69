/** The attacks by their numbers, in the groups of the list. */
export const NUMBERS = {
  a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  b: [14, 15, 16, 17, 18, 19, 20, 21, 22],
  c: [23, 24, 25, 26, 27, 28, 29],
  d: [30, 31, 32, 33, 34, 35],
  e: [36, 37, 38, 39, 40, 41],
  f: [42, 43, 44, 45, 46, 47],
  g: [48, 49, 50, 51, 52],
  h: [53, 54, 55, 56, 57, 58],
  i: [59, 60, 61, 62, 63],
  j: [64, 65, 66, 67, 68, 69, 70, 71],
  k: [72, 73, 74, 75, 76, 77, 78],
} as const;

export type Group = keyof typeof NUMBERS;
/** The numbers of a group. */
export type NumbersOf<G extends Group> = (typeof NUMBERS)[G][number];
export type AttackNumber = NumbersOf<Group>;

/** Where each group is tried. */
export const FILES: Readonly<Record<Group, string>> = {
  a: "src/gateway/attacks/a-credentials.ts",
  b: "src/gateway/attacks/b-lifecycle.ts",
  c: "src/gateway/attacks/c-scope.ts",
  d: "src/gateway/attacks/d-path.ts",
  e: "src/gateway/attacks/e-models.ts",
  f: "src/gateway/attacks/f-bodies.ts",
  g: "src/gateway/attacks/g-framing.ts",
  h: "src/gateway/attacks/h-trust.ts",
  i: "src/gateway/attacks/i-exhaustion.ts",
  j: "src/gateway/attacks/j-streams.ts",
  k: "src/gateway/attacks/k-operations.ts",
};

export function isGroup(text: string): text is Group {
  return Object.hasOwn(NUMBERS, text);
}

export function isAttack(number: number): number is AttackNumber {
  return Object.values(NUMBERS).flat<readonly (readonly number[])[]>().includes(number);
}
