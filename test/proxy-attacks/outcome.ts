import { type Attack, MARK, type Person } from "./attack.ts";
import type { Arrival } from "./model-server.ts";
import { takeAsRoute } from "./ollama-router.ts";

/** What an attack came to, from the least to the worst. */
export const HARMS = [
  /** A request reached the model server that it has no route for. */
  "stray",
  /** A header reached it that would have it believe what is not so. */
  "header",
  /** The password or key reached it. */
  "credential",
  /** A request reached a route that it may not reach. */
  "route",
  /** The next request of somebody else was broken. */
  "desync",
] as const;
export type Harm = (typeof HARMS)[number];

export interface Outcome {
  /** Status of the first answer; null where there was none. */
  readonly status: number | null;
  readonly harms: readonly Harm[];
  /** Routes that were reached and may not be, as the model server takes them. */
  readonly routes: readonly string[];
  /** What reached the model server, for whoever looks into a failure. */
  readonly heads: readonly string[];
}

export interface Seen {
  readonly answer: string;
  readonly arrivals: readonly Arrival[];
  /** Whether the request behind the attack came through as it was. */
  readonly isWell: boolean;
}

/** Says what an attack came to, by what reached the model server. */
export function judge(attack: Attack, person: Person, { answer, arrivals, isWell }: Seen): Outcome {
  const owed = [...attack.may];
  const strays: string[] = [];
  const routes: string[] = [];
  for (const { text, head } of arrivals) {
    const taken = head === null ? null : takeAsRoute(head.method, head.target);
    const [asked = ""] = head === null ? [] : `${head.method} ${head.target}`.split("?");
    if (taken === asked && owed.includes(asked)) owed.splice(owed.indexOf(asked), 1);
    else if (taken === null) strays.push(text);
    else routes.push(taken);
  }
  const heads = arrivals.map(({ text }) => text);
  const found: Readonly<Record<Harm, boolean>> = {
    stray: strays.length > 0,
    header: heads.some((head) => head.includes(MARK)),
    credential: heads.some((head) => holdsCredential(head, person)),
    route: routes.length > 0,
    desync: !isWell,
  };
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(answer) ?? [];
  return {
    status: status === undefined ? null : Number(status),
    harms: HARMS.filter((harm) => found[harm]),
    routes,
    heads,
  };
}

function holdsCredential(head: string, { value, secret }: Person): boolean {
  return head.includes(secret) || head.includes(value.slice(value.indexOf(" ") + 1));
}
