import type { Attack } from "./attack.ts";
import { CREDENTIAL_ATTACKS } from "./credential-attacks.ts";
import { FRAMING_ATTACKS } from "./framing-attacks.ts";
import { HEADER_ATTACKS } from "./header-attacks.ts";
import { METHOD_ATTACKS } from "./method-attacks.ts";
import type { Outcome } from "./outcome.ts";
import { PATH_ATTACKS } from "./path-attacks.ts";
import type { Target } from "./targets.ts";
import { tryAttack } from "./try-attack.ts";

/** The whole list, in the order of the page. */
export const ATTACKS: readonly Attack[] = [
  ...PATH_ATTACKS,
  ...METHOD_ATTACKS,
  ...FRAMING_ATTACKS,
  ...CREDENTIAL_ATTACKS,
  ...HEADER_ATTACKS,
];

/** What each attack of the list came to, in its order. The target is ended. */
export async function runAttacks(starting: Promise<Target>): Promise<readonly Outcome[]> {
  const target = await starting;
  try {
    const outcomes: Outcome[] = [];
    for (const [number, attack] of ATTACKS.entries()) outcomes.push(await tryUntilAnswered(attack, target, number));
    return outcomes;
  } finally {
    await target.end();
  }
}

/** Whoever closes a connection on which more is coming may take his own answer back: then it is tried again. */
async function tryUntilAnswered(attack: Attack, target: Target, number: number): Promise<Outcome> {
  let outcome = await tryAttack(attack, target, number);
  for (let tries = 1; tries < 3; tries += 1) {
    if (outcome.status !== null || outcome.harms.length > 0 || attack.leaves) return outcome;
    outcome = await tryAttack(attack, target, number);
  }
  return outcome;
}
