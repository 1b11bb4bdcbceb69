import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { formatAddress } from "./address.ts";
import { evaluate } from "./evaluate.ts";
import { readSaved, toEntry } from "./judged.fixture.ts";
import type { Partition } from "./partition.ts";
import type { RuleSet } from "./rule-set.ts";
import {
  areSame,
  countAddresses,
  isWhole,
  subtractSets,
  isEmpty,
  toEmptySet,
  uniteSets,
  type SourceSet,
} from "./source-set.ts";
import { walkPacket, type Walk } from "./walk.ts";

/** Rule sets of iptables: a chain jumps only to chains with a higher number, as the kernel demands. */
const CHAINS = ["INPUT", "U1", "U2", "U3"] as const;
const BLOCKS = [
  "10.0.0.0/8",
  "10.1.0.0/16",
  "10.1.2.0/24",
  "10.1.2.3",
  "192.168.0.0/16",
  "0.0.0.0/1",
  "255.255.255.255",
  "0.0.0.0/0",
];
const sourceMatch = fc
  .tuple(fc.constantFrom("", "! "), fc.constantFrom(...BLOCKS))
  .map(([not, block]) => `${not}-s ${block} `);
const CERTAIN = [
  "",
  "-i eth0 ",
  "-i eth1 ",
  "! -i eth+ ",
  "-p tcp -m tcp --dport 11434 ",
  "-p tcp -m tcp --dport 22 ",
  "-m conntrack --ctstate NEW ",
  "-m conntrack --ctstate ESTABLISHED ",
];
const DOUBTFUL = ["-m limit --limit 1/sec ", "-m mac --mac-source 00:11:22:33:44:55 "];
const MARKED = ["-m mark --mark 0x1/0x1 ", "-m mark ! --mark 0x2/0x3 "];
const MARKING = ["-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x2/0xffffffff"];
const ENDS = ["-j ACCEPT", "-j DROP", "-j RETURN", "-j REJECT"];

interface Written {
  readonly policy: string;
  readonly rules: readonly { readonly chain: number; readonly text: string }[];
}

function writeRules(matches: readonly string[], targets: readonly string[]): fc.Arbitrary<Written> {
  const rule = fc
    .record({
      chain: fc.nat({ max: 3 }),
      source: fc.oneof(sourceMatch, fc.constant("")),
      match: fc.constantFrom(...matches),
      target: fc.oneof(
        fc.constantFrom(...targets),
        fc.nat({ max: 2 }).map((index) => `@${index}`),
      ),
    })
    .map(({ chain, source, match, target }) => {
      const to = Math.max(chain + 1, Number(target.slice(1)) + 1);
      const jump = target.startsWith("@") ? (to > 3 ? "-j RETURN" : `-${chain % 2 === 0 ? "j" : "g"} U${to}`) : target;
      return { chain, text: `${source}${match}${jump}` };
    });
  return fc.record({ policy: fc.constantFrom("ACCEPT", "DROP"), rules: fc.array(rule, { maxLength: 14 }) });
}

const anyRules = writeRules([...CERTAIN, ...DOUBTFUL, ...MARKED], [...ENDS, ...MARKING]);
const plainRules = writeRules(CERTAIN, ENDS);
const certainRules = writeRules([...CERTAIN, ...MARKED], [...ENDS, ...MARKING]);

function read({ policy, rules }: Written): RuleSet {
  const lines = rules.map(({ chain, text }) => `-A ${CHAINS[chain]} ${text}`);
  const heads = CHAINS.map((chain) => `:${chain} ${chain === "INPUT" ? policy : "-"} [0:0]`);
  return readSaved(`*filter\n${[...heads, ...lines].join("\n")}\nCOMMIT\n`);
}

function unite(parts: readonly { readonly sources: SourceSet }[]): SourceSet {
  return parts.reduce((sum, { sources }) => uniteSets(sum, sources), toEmptySet(4));
}

/** Everybody who gets in, or may. */
function mayPass({ admitted, undecidable }: Partition): SourceSet {
  return unite([...admitted, ...undecidable]);
}

test("admitted, stopped and undecidable part all addresses, none twice", () => {
  fc.assert(
    fc.property(anyRules, anyRules, (one, other) => {
      const { admitted, stopped, undecidable } = evaluate([read(one), read(other)], toEntry());
      const parts = [...admitted, ...stopped, ...undecidable];
      assert.ok(isWhole(unite(parts)));
      assert.equal(
        parts.reduce((sum, { sources }) => sum + countAddresses(sources), 0n),
        2n ** 32n,
      );
      assert.ok(parts.every(({ sources }) => !isEmpty(sources)));
    }),
    { numRuns: 300 },
  );
});

test("without an accepting rule nobody more gets in", () => {
  fc.assert(
    fc.property(plainRules, fc.nat(), (written, pick) => {
      const accepting = written.rules.filter(({ text }) => text.endsWith("ACCEPT"));
      const gone = accepting[pick % Math.max(accepting.length, 1)];
      const less = { ...written, rules: written.rules.filter((rule) => rule !== gone) };
      const before = mayPass(evaluate([read(written)], toEntry()));
      assert.ok(isEmpty(subtractSets(mayPass(evaluate([read(less)], toEntry())), before)));
    }),
    { numRuns: 300 },
  );
});

test("with a drop before all other rules nobody it names gets in, and nobody more", () => {
  fc.assert(
    fc.property(anyRules, sourceMatch, (written, source) => {
      const more = { ...written, rules: [{ chain: 0, text: `${source}-j DROP` }, ...written.rules] };
      const before = evaluate([read(written)], toEntry());
      const after = evaluate([read(more)], toEntry());
      assert.ok(isEmpty(subtractSets(mayPass(after), mayPass(before))));
      const named = unite(evaluate([read({ policy: "ACCEPT", rules: more.rules.slice(0, 1) })], toEntry()).stopped);
      assert.ok(isEmpty(subtractSets(named, unite(after.stopped))));
    }),
    { numRuns: 300 },
  );
});

test("with a drop at the head of every base chain of several tables nobody more gets in", () => {
  fc.assert(
    fc.property(fc.array(anyRules, { minLength: 1, maxLength: 3 }), sourceMatch, (tables, source) => {
      const drop = { chain: 0, text: `${source}-j DROP` };
      const more = tables.map((written) => ({ ...written, rules: [drop, ...written.rules] }));
      const before = evaluate(tables.map(read), toEntry());
      assert.ok(isEmpty(subtractSets(mayPass(evaluate(more.map(read), toEntry())), mayPass(before))));
    }),
    { numRuns: 200 },
  );
});

test("what is certain for every rule is certain in the end", () => {
  fc.assert(
    fc.property(certainRules, (written) => assert.deepEqual(evaluate([read(written)], toEntry()).undecidable, [])),
    { numRuns: 300 },
  );
});

test("the order of what one engine printed makes no difference to who gets in", () => {
  fc.assert(
    fc.property(plainRules, plainRules, (one, other) => {
      const there = evaluate([read(one), read(other)], toEntry());
      const back = evaluate([read(other), read(one)], toEntry());
      assert.ok(areSame(unite(there.admitted), unite(back.admitted)));
    }),
    { numRuns: 200 },
  );
});

/** What the last step of a walk comes to, without the verdict. */
function readEnd({ steps }: Walk): string {
  const last = steps.at(-1);
  if (last?.kind === "policy") return last.at.base.policy === "drop" ? "stopped" : "admitted";
  if (last?.kind !== "rule") return "admitted";
  return last.does === "drop" ? "stopped" : "admitted";
}

test("a single packet, walked rule by rule, meets the fate of its part, at every border between parts", () => {
  fc.assert(
    fc.property(certainRules, (written) => {
      const ruleSets = [read(written)];
      const { admitted, stopped } = evaluate(ruleSets, toEntry());
      const borders = [...admitted, ...stopped].flatMap(({ sources }) => [...sources.firsts, ...sources.lasts]);
      for (const value of borders.slice(0, 40)) {
        const walk = walkPacket(ruleSets, toEntry(), formatAddress({ family: 4, value }));
        assert.ok(walk !== null);
        assert.equal(readEnd(walk), walk.verdict.kind);
      }
    }),
    { numRuns: 150 },
  );
});
