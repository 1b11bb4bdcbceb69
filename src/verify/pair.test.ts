import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { covers, overlaps } from "../judge/addresses.ts";
import { expectVerdict } from "../judge/expected-verdict.ts";
import { judge } from "../judge/judge.ts";
import { aHost } from "../judge/testing/a-host.ts";
import { choosePair, withPairs, type Guest } from "./pair.ts";

const BOTH = [4, 6] as const;

describe("a pair beside a host", () => {
  const cases: readonly (readonly [what: string, taken: readonly string[], ipv4: string, ipv6: string])[] = [
    ["that uses no test range", [], "198.18.0.1", "2001:2::1"],
    ["that uses the first test range", ["198.18.0.7/24"], "198.18.1.1", "2001:2::1"],
    ["whose subnet holds half of the IPv4 ranges", ["198.18.3.4/16"], "198.19.0.1", "2001:2::1"],
    ["that uses the first IPv6 range", ["2001:2::5/64"], "198.18.0.1", "2001:2:0:1::1"],
  ];
  for (const [what, taken, ipv4, ipv6] of cases) {
    test(what, () => {
      const { facts } = aHost().link("test0", taken);
      const pair = choosePair(facts.networks, { link: "pl-1", as: "neighbour", number: 0, families: BOTH });
      assert.deepEqual(
        pair.addresses.map(({ host }) => host),
        [ipv4, ipv6],
      );
    });
  }

  test("is never in a range to which the host has a route", () => {
    const { facts } = aHost().gateway("eth0", "10.77.0.1", "198.18.0.0/15");
    const pair = choosePair(facts.networks, { link: "pl-1", as: "neighbour", number: 0, families: BOTH });
    assert.deepEqual(
      pair.addresses.map(({ family }) => family),
      [6],
    );
  });

  for (const as of ["neighbour", "stranger"] as const satisfies readonly Guest[]) {
    test(`gives a ${as} a source on its own side`, () => {
      const { facts } = aHost();
      for (const each of choosePair(facts.networks, { link: "pl-1", as, number: 1, families: BOTH }).addresses) {
        const near = `${each.host}/${each.prefixLength}`;
        assert.ok(covers(near, each.guest));
        assert.equal(covers(near, each.source), as === "neighbour");
        if (each.range !== null) assert.ok(covers(each.range, each.source) && !overlaps(each.range, near));
        assert.equal(each.range === null, as === "neighbour");
      }
    });
  }

  test("is judged as a link of its own", () => {
    const { facts } = aHost().ollama("::");
    const pairs = (["neighbour", "stranger"] as const).map((as, number) =>
      choosePair(facts.networks, { link: `pl-${number}`, as, number, families: BOTH }),
    );
    const joined = withPairs(facts, pairs);
    const [server] = judge(joined).servers;
    const named = server?.routes.flatMap(({ from }) =>
      from.interface?.startsWith("pl-") === true ? [`${from.vantage} ${from.interface}`] : [],
    );
    assert.deepEqual([...new Set(named)].toSorted(), ["internet pl-1", "neighbour pl-0", "neighbour pl-1"]);
    for (const { link, addresses } of pairs) {
      for (const { source, host } of addresses) {
        const door = { address: host, port: 11_434 };
        assert.equal(expectVerdict(joined, server?.routes ?? [], { interface: link, source }, door), "open");
      }
    }
  });
});
