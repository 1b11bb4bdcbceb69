export type AddressFamily = 4 | 6;

/**
 * A set of addresses of one family: disjoint intervals in ascending order, never touching, both ends included.
 */
export interface SourceSet {
  readonly family: AddressFamily;
  readonly firsts: readonly bigint[];
  readonly lasts: readonly bigint[];
}
