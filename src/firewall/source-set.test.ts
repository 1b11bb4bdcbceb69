import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { formatAddress, parseAddress, toLastAddress, type AddressFamily } from "./address.ts";
import {
  areSame,
  containsAddress,
  countAddresses,
  fromCidr,
  intersectSets,
  isEmpty,
  isWhole,
  subtractSets,
  toCidrs,
  toComplement,
  toEmptySet,
  toSourceSet,
  toWholeSet,
  uniteSets,
  type Interval,
  type SourceSet,
} from "./source-set.ts";

const ADDRESSES = [
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["10.77.0.20", "10.77.0.20"],
  ["::", "::"],
  ["::1", "::1"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8::", "2001:db8::"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["::ffff:192.0.2.1", "::ffff:c000:201"],
  ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
] as const;
for (const [text, written] of ADDRESSES) {
  test(`${text} is read and written as ${written}`, () => {
    const address = parseAddress(text);
    assert.ok(address !== null);
    assert.equal(formatAddress(address), written);
  });
}

for (const text of [
  "",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "01.2.3.4",
  "1.2.3.4 ",
  "1:2",
  ":::",
  "1::2::3",
  "fe80::1%eth0",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7::8:9",
  "12345::",
  "::1.2.3",
  "g::",
]) {
  test(`'${text}' is no address`, () => assert.equal(parseAddress(text), null));
}

test("an exact set is said in the fewest blocks", () => {
  const lan = fromCidr("10.0.0.0/8");
  const except = fromCidr("10.0.0.7");
  assert.ok(lan !== null && except !== null);
  assert.deepEqual(toCidrs(subtractSets(lan, except)).slice(0, 4), [
    "10.0.0.0/30",
    "10.0.0.4/31",
    "10.0.0.6",
    "10.0.0.8/29",
  ]);
  assert.equal(toCidrs(subtractSets(lan, except)).length, 24);
  assert.deepEqual(toCidrs(toWholeSet(4)), ["0.0.0.0/0"]);
  assert.deepEqual(toCidrs(toWholeSet(6)), ["::/0"]);
  assert.deepEqual(toCidrs(toEmptySet(6)), []);
});

for (const text of ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10/8", "/8", "10.0.0.0/8/8"]) {
  test(`'${text}' is no block`, () => assert.equal(fromCidr(text), null));
}

test("bits behind the prefix do not count", () => {
  assert.deepEqual(fromCidr("10.1.2.3/8"), fromCidr("10.0.0.0/8"));
});

/**
 * Sets that live in a window of 64 addresses at the beginning, in the middle or at the end of the family, so that
 * a naive model can list what is in them.
 */
const WINDOW = 64;
const cases = fc
  .tuple(fc.constantFrom<AddressFamily>(4, 6), fc.constantFrom("begin", "middle", "end"))
  .chain(([family, where]) => {
    const end = toLastAddress(family);
    const from = where === "begin" ? 0n : where === "end" ? end - BigInt(WINDOW - 1) : end / 2n - 32n;
    const interval = fc.tuple(fc.nat({ max: WINDOW - 1 }), fc.nat({ max: 12 })).map(([first, length]): Interval => {
      return { first: from + BigInt(first), last: from + BigInt(Math.min(first + length, WINDOW - 1)) };
    });
    const intervals = fc.array(interval, { maxLength: 12 });
    return fc.record({ family: fc.constant(family), from: fc.constant(from), one: intervals, other: intervals });
  });

function toModel(intervals: readonly Interval[], from: bigint): boolean[] {
  return Array.from({ length: WINDOW }, (_, index) => {
    const value = from + BigInt(index);
    return intervals.some(({ first, last }) => first <= value && value <= last);
  });
}

function readWindow(set: SourceSet, from: bigint): boolean[] {
  return Array.from({ length: WINDOW }, (_, index) => containsAddress(set, from + BigInt(index)));
}

function assertTidy(set: SourceSet): void {
  for (const [index, first] of set.firsts.entries()) {
    const last = set.lasts[index];
    const before = set.lasts[index - 1];
    assert.ok(last !== undefined && first <= last);
    assert.ok(before === undefined || before + 1n < first);
  }
  assert.equal(set.firsts.length, set.lasts.length);
}

test("every operation agrees with a list of addresses", () => {
  fc.assert(
    fc.property(cases, ({ family, from, one, other }) => {
      const left = toSourceSet(family, one);
      const right = toSourceSet(family, other);
      const leftModel = toModel(one, from);
      const rightModel = toModel(other, from);
      const results: readonly (readonly [SourceSet, boolean[]])[] = [
        [left, leftModel],
        [uniteSets(left, right), leftModel.map((is, index) => is || rightModel[index] === true)],
        [intersectSets(left, right), leftModel.map((is, index) => is && rightModel[index] === true)],
        [subtractSets(left, right), leftModel.map((is, index) => is && rightModel[index] === false)],
        [toComplement(left), leftModel.map((is) => !is)],
      ];
      for (const [set, model] of results) {
        assertTidy(set);
        assert.deepEqual(readWindow(set, from), model);
      }
      assert.equal(countAddresses(left), BigInt(leftModel.filter(Boolean).length));
      assert.ok(areSame(toComplement(toComplement(left)), left));
      assert.ok(isWhole(uniteSets(left, toComplement(left))));
      assert.ok(isEmpty(intersectSets(left, toComplement(left))));
    }),
  );
});

test("the blocks of a set are the set, and no two of them could be one", () => {
  fc.assert(
    fc.property(cases, ({ family, one }) => {
      const set = toSourceSet(family, one);
      const cidrs = toCidrs(set);
      const blocks = cidrs.map((cidr) => fromCidr(cidr));
      const back = blocks.reduce<SourceSet>(
        (sum, block) => (block === null ? sum : uniteSets(sum, block)),
        toEmptySet(family),
      );
      assert.ok(areSame(back, set));
      for (const [index, block] of blocks.entries()) {
        const next = blocks[index + 1];
        if (block === null || block === undefined || next === null || next === undefined) continue;
        assert.ok(fromJoined(block, next) === null, `${cidrs[index]} and ${cidrs[index + 1]}`);
      }
    }),
  );
});

/** The block that is exactly these two, or null. */
function fromJoined(one: SourceSet, other: SourceSet): string | null {
  const joined = toCidrs(uniteSets(one, other));
  return joined.length === 1 ? (joined[0] ?? null) : null;
}

test("written addresses are read as the same address, and random text never throws", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: toLastAddress(6) }),
      fc.bigInt({ min: 0n, max: toLastAddress(4) }),
      fc.string(),
      (six, four, text) => {
        assert.deepEqual(parseAddress(formatAddress({ family: 6, value: six })), { family: 6, value: six });
        assert.deepEqual(parseAddress(formatAddress({ family: 4, value: four })), { family: 4, value: four });
        parseAddress(text);
        fromCidr(text);
      },
    ),
  );
});
