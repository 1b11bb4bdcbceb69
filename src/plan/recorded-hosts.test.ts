/** Plans for recorded hosts, as they are and with hostile names in them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Facts } from "../facts/facts.ts";
import { parseRecording } from "../facts/recording.ts";
import { judge } from "../judge/judge.ts";
import { isOnLoopback } from "../judge/loopback-value.ts";
import { findOpenRoutes } from "../judge/rules/others-routes.ts";
import { type Choices, DEFAULT_CHOICES, METHODS } from "./choices.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import { planOf, planWith } from "./testing/plan-of.ts";

const SCENARIOS = join(import.meta.dirname, "../../scenarios");
const HOSTS = readdirSync(SCENARIOS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({ name, text: readFileSync(join(SCENARIOS, name, "recording.json"), "utf8") }));
const EVERYTHING: Partial<Choices> = {
  sandbox: true,
  ipFilter: true,
  restartProcess: true,
  mends: ["permissions", "origins", "leftovers", "cloud"],
};

function toFacts(text: string): Facts | null {
  const parsed = parseRecording(text);
  return parsed.ok ? parsed.recording.facts : null;
}

describe("of every recorded host", () => {
  for (const { name, text } of HOSTS) {
    test(`${name}: each exposed server gets a step, or is left with a reason`, () => {
      const facts = toFacts(text);
      assert.ok(facts !== null);
      const { servers } = judge(facts);
      const plan = planOf(facts);
      for (const server of servers.filter(({ verdict }) => verdict === "exposed")) {
        const about = [...plan.steps, ...plan.leaves].filter((each) => each.server === server.id);
        assert.notEqual(about.length, 0, server.id);
        const isClosed = plan.steps.some((step) => step.server === server.id);
        if (isClosed && !isOnLoopback(server)) {
          const claimed = plan.claims.filter((claim) => claim.server === server.id);
          assert.equal(claimed.length, findOpenRoutes(server).length, "every open route is closed by the bind");
        }
      }
      for (const server of servers.filter(({ verdict }) => verdict === "local")) {
        assert.ok(!plan.steps.some((step) => step.server === server.id), `${server.id} is local`);
      }
    });
  }

  test("the same facts give the same plan, and some of them have steps", () => {
    const plans = HOSTS.flatMap(({ text }) => toFacts(text) ?? []).map((facts) => [planOf(facts), planOf(facts)]);
    for (const [one, other] of plans) assert.deepEqual(one, other);
    assert.ok(plans.filter(([plan]) => plan !== undefined && plan.steps.length > 0).length > 30);
  });
});

/** Texts that do something where a unit file, a path or a command takes them for more than names. */
const NAMES: readonly string[] = [
  "-e1e touch owned",
  "--exec=touch owned",
  "$(touch owned)",
  'x"\nExecStartPre=/bin/touch owned\nEnvironment="',
  "x'; touch owned; '",
  "../../kernel/core_pattern",
  "a\r\nb",
  "%n%h${HOME}",
  "\u202eevil",
  "\ud800",
  "x y",
  "模型",
  "a".repeat(5_000),
];
const MEMBERS: readonly string[] =
  "name unit user home hostname executable container file mainFile dropIns files path arguments value from".split(" ");
/** Units that Portlock itself names: of others a recording cannot speak there. */
const OWN_WORDS: ReadonlySet<unknown> = new Set(["nftables.service", "netfilter-persistent.service"]);

function withHostileTexts(recording: string, name: string, instead: boolean, members: readonly string[]): string {
  // A unit is a service by its ending alone, and others are not planned for.
  const toHostile = (text: string): string =>
    text.endsWith(".service") ? `${instead ? "" : text.slice(0, -8)}${name}.service` : instead ? name : text + name;
  const document: unknown = JSON.parse(recording);
  const facts: unknown = JSON.parse(JSON.stringify(Object(document).facts), (key, value: unknown) => {
    if (!members.includes(key) || OWN_WORDS.has(value)) return value;
    if (Array.isArray(value)) return value.map((each: unknown) => (typeof each === "string" ? toHostile(each) : each));
    return typeof value === "string" && !/^(?:OLLAMA_\w+|)$/.test(value) ? toHostile(value) : value;
  });
  return JSON.stringify({ ...Object(document), facts });
}

const OPTIONS = /^(?:-[su]|--(?:user|collect|quiet|(?:unit|uid|property|setenv)=.*))$/;

/** What a plan runs and writes holds nothing but plain words where names of the host stand. */
function assertPlain({ steps }: Plan, what: string): void {
  for (const step of steps) {
    const commands = [...step.commands, ...step.undo.before, ...step.undo.after];
    for (const word of commands.flat()) assert.match(word, /^[\w./:@,+=*[\]-][\w./:@,+=*[\]\\-]*$/, what);
    for (const command of commands) {
      const end = command.findIndex((word) => word === "--");
      const words = end < 0 ? command : command.slice(0, end);
      for (const word of words.filter((each) => each.startsWith("-"))) assert.match(word, OPTIONS, what);
    }
    for (const path of [...step.folders, ...step.files.map((file) => file.path)]) {
      assert.match(path, /^(?:\/[\w.@:+\\-]+)+$/, what);
      assert.ok(!path.split("/").includes(".."), `${what}: ${path}`);
    }
    for (const { path } of step.modes) assert.doesNotMatch(path, /[\r\n]|\/\.\.\//, what);
    for (const { edit } of step.files) {
      if (edit.kind !== "write") continue;
      for (const line of edit.text.split("\n"))
        assert.match(line, /^(?:#.*|\[Service\]|[A-Z_a-z]+=["\w ./:@,+=*[\]-]*|)$/, what);
    }
  }
}

/** Every name in all members at once; and each member alone, for one that is refused hides what others would do. */
const PLACED: readonly (readonly [name: string, members: readonly string[]])[] = [
  ...NAMES.map((name) => [name, MEMBERS] as const),
  ...MEMBERS.flatMap((member) => NAMES.slice(0, 4).map((name) => [name, [member]] as const)),
];

describe("of a host with hostile names", () => {
  for (const { name: host, text } of HOSTS) {
    test(`${host}: names stay names`, () => {
      let plans = 0;
      for (const [index, [name, members]] of PLACED.entries()) {
        const what = `${host} ${members.join(" ")} ${JSON.stringify(name.slice(0, 20))}`;
        const facts = toFacts(withHostileTexts(text, name, index % 3 === 0, members));
        assert.ok(facts !== null, what);
        const method = index % 4 === 3 ? "session" : "auto";
        const planned = planWith(facts, { ...EVERYTHING, method }, { "/etc/environment": `A=1\n${name}` });
        if (planned.kind !== "plan") continue;
        plans += 1;
        assertPlain(planned.plan, what);
      }
      assert.ok(plans >= NAMES.length, `${plans} plans`);
    });
  }
});

test("no facts make it throw", () => {
  const documents = HOSTS.slice(0, 12).map(({ text }): unknown => JSON.parse(text));
  let judged = 0;
  fc.assert(
    fc.property(fc.constantFrom(...documents), fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (document, cuts) => {
      const facts = toFacts(JSON.stringify(cuts.reduce(cut, document)));
      if (facts === null) return;
      judged += 1;
      const judgement = judge(facts);
      for (const method of METHODS) {
        const choices = { ...DEFAULT_CHOICES, ...EVERYTHING, method };
        const planned = makePlan(
          { facts, judgement, choices, texts: new Map(), inspected: new Map(), operators: [] },
          { version: "0", madeAt: "x" },
        );
        assert.ok(["plan", "refused", "needs-files", "needs-inspection"].includes(planned.kind));
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(judged > 40, `${judged} were judged`);
});

/** The document without one element of one of its lists. */
function cut(document: unknown, choice: number): unknown {
  const lists: unknown[][] = [];
  const copy: unknown = JSON.parse(JSON.stringify(document), (_key, value: unknown) => {
    if (Array.isArray(value) && value.length > 0) lists.push(value);
    return value;
  });
  const list = lists[choice % lists.length];
  list?.splice(choice % list.length, 1);
  return copy;
}
