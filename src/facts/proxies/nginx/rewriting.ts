import type { Directive } from "./directives.ts";
import { type Caller, decide, type Environment, fillIn, type Maps, type Origin, type Value } from "./variables.ts";

/** What may become of a request before nginx looks who asks (the module ngx_http_rewrite_module). */
export interface Outcome {
  /** The status it is answered with; null where it goes on. */
  readonly status: number | null;
  /** Whose values decided on the way. */
  readonly looksAt: ReadonlySet<Origin>;
  /** Whose values decided without being known, so that the other way was followed too. */
  readonly guesses: ReadonlySet<Origin>;
  readonly variables: ReadonlyMap<string, Value>;
  /** `rewrite` directives that may have changed its path. */
  readonly rewrites: readonly Directive[];
}

const MOST_STEPS = 2_000;
const MOST_OUTCOMES = 128;

/**
 * Follows `set`, `if`, `return`, `rewrite` and `break` of a server, then of a location, for one kind of caller.
 * Where a condition is not known both ways are followed. Null: there are too many ways.
 */
export function followRewriting(
  blocks: readonly (readonly Directive[])[],
  caller: Caller,
  maps: Maps,
): readonly Outcome[] | null {
  const walk = { caller, maps, steps: 0 };
  let outcomes: readonly Outcome[] = [
    { status: null, looksAt: new Set(), guesses: new Set(), variables: new Map(), rewrites: [] },
  ];
  for (const block of blocks) {
    outcomes = outcomes.flatMap((outcome) =>
      outcome.status === null ? runBlock(block, 0, outcome, walk).map(({ outcome: after }) => after) : [outcome],
    );
    if (outcomes.length > MOST_OUTCOMES || walk.steps > MOST_STEPS) return null;
  }
  return outcomes;
}

interface Walk {
  readonly caller: Caller;
  readonly maps: Maps;
  steps: number;
}

interface Ended {
  readonly outcome: Outcome;
  /** `break`, `return` and the like: what follows is not looked at. */
  readonly stops: boolean;
}

function runBlock(block: readonly Directive[], from: number, before: Outcome, walk: Walk): readonly Ended[] {
  let outcome = before;
  for (let index = from; index < block.length; index += 1) {
    const directive = block[index];
    walk.steps += 1;
    if (directive === undefined || walk.steps > MOST_STEPS) break;
    const { name, values } = directive;
    const environment: Environment = { caller: walk.caller, maps: walk.maps, variables: outcome.variables };
    if (name === "return") return [{ outcome: { ...outcome, status: toStatus(values) }, stops: true }];
    if (name === "break") return [{ outcome, stops: true }];
    if (name === "set") outcome = assign(outcome, values, environment);
    if (name === "rewrite") {
      const ways = rewrite(outcome, directive);
      if (ways.length > 1 || ways.some(({ stops }) => stops)) return continueWays(ways, block, index + 1, walk);
      outcome = ways[0]?.outcome ?? outcome;
    }
    if (name === "if" && directive.block !== null) {
      const { truths, origin } = decide(values, environment);
      const looked: Outcome = {
        ...outcome,
        looksAt: new Set([...outcome.looksAt, origin]),
        guesses: truths.length > 1 ? new Set([...outcome.guesses, origin]) : outcome.guesses,
      };
      const inner = directive.block;
      const ways = truths.flatMap((truth): readonly Ended[] =>
        truth ? runBlock(inner, 0, looked, walk) : [{ outcome: looked, stops: false }],
      );
      return continueWays(ways, block, index + 1, walk);
    }
  }
  return [{ outcome, stops: false }];
}

function continueWays(ways: readonly Ended[], block: readonly Directive[], from: number, walk: Walk): readonly Ended[] {
  return ways.flatMap((way) => (way.stops ? [way] : runBlock(block, from, way.outcome, walk)));
}

function assign(outcome: Outcome, values: readonly string[], environment: Environment): Outcome {
  const [name = "", text = ""] = values;
  return { ...outcome, variables: new Map(outcome.variables).set(name.replace(/^\$/, ""), fillIn(text, environment)) };
}

const ALWAYS = new Set(["^", ".*", "^.*$", "(.*)", "^(.*)$", "^/(.*)$", "^/(.*)", "^/", "^/.*$", "^(.*)"]);

function rewrite(outcome: Outcome, directive: Directive): readonly Ended[] {
  const [pattern = "", replacement = "", flag = ""] = directive.values;
  const redirects = flag === "redirect" || flag === "permanent" || /^(?:https?:\/\/|\$scheme)/.test(replacement);
  if (redirects) {
    const answered: Ended = { outcome: { ...outcome, status: 302 }, stops: true };
    return ALWAYS.has(pattern) ? [answered] : [answered, { outcome, stops: false }];
  }
  const rewritten = { ...outcome, rewrites: [...outcome.rewrites, directive] };
  return [{ outcome: rewritten, stops: flag === "break" || flag === "last" }];
}

function toStatus(values: readonly string[]): number {
  return /^\d{3}$/.test(values[0] ?? "") ? Number(values[0]) : 302;
}
