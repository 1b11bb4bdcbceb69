/** The attacks by their numbers, in the groups of the list: one file each. */
export interface Groups {
  readonly a: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13;
  readonly b: 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21 | 22;
  readonly c: 23 | 24 | 25 | 26 | 27 | 28 | 29;
  readonly d: 30 | 31 | 32 | 33 | 34 | 35;
  readonly e: 36 | 37 | 38 | 39 | 40 | 41;
  readonly f: 42 | 43 | 44 | 45 | 46 | 47;
  readonly g: 48 | 49 | 50 | 51 | 52;
  readonly h: 53 | 54 | 55 | 56 | 57 | 58;
  readonly i: 59 | 60 | 61 | 62 | 63;
  readonly j: 64 | 65 | 66 | 67 | 68 | 69 | 70 | 71;
  readonly k: 72 | 73 | 74 | 75 | 76 | 77 | 78;
}

export type Group = keyof Groups;
export type AttackNumber = Groups[Group];
