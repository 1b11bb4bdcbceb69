import type { AttackNumber, Group } from "./groups.ts";

/** The attack list in one language. */
export interface AttackWords {
  readonly title: string;
  /** Paragraphs. */
  readonly intro: readonly string[];
  readonly triedIn: string;
  /** Stands between what is tried and what it comes to. */
  readonly colon: string;
  readonly groups: Readonly<Record<Group, string>>;
  readonly attacks: Readonly<Record<AttackNumber, readonly [tried: string, comesTo: string]>>;
}
