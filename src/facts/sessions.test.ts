import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { HostReader, Reading } from "../host/host.ts";
import type { FirewallPresence } from "./firewall.ts";
import { gatherSessions, parseSessions } from "./sessions.ts";

// iproute2 6.1 on Debian 12, of a server on every address.
const DEBIAN_12 = `0      0      [::ffff:10.77.0.10]:11434 [::ffff:10.77.0.20]:51724
0      0      [::ffff:10.77.0.10]:11434 [::ffff:10.77.0.20]:51726
0      0        [2001:db8:77::10]:11434   [2001:db8:77::20]:40112
0      0      [fe80::77:10]%eth0:11434       [fe80::77:20]:43210
`;
// iproute2 4.11 (CentOS 7): no brackets.
const CENTOS_7 = `0      0      10.77.0.10:11434                10.77.0.20:51724              
0      0      ::ffff:10.77.0.10:11434               ::ffff:10.77.0.21:51730              
`;

function summarize(text: string): readonly string[] {
  return parseSessions(text).sessions.map(({ peer, address, port, interface: link }) =>
    [peer, address, port, link ?? "-"].join(" "),
  );
}

test("each caller once, whichever port he calls from", () => {
  assert.deepEqual(summarize(DEBIAN_12), [
    "10.77.0.20 10.77.0.10 11434 -",
    "2001:db8:77::20 2001:db8:77::10 11434 -",
    "fe80::77:20 fe80::77:10 11434 eth0",
  ]);
});

test("as older ones print it", () => {
  assert.deepEqual(summarize(CENTOS_7), ["10.77.0.20 10.77.0.10 11434 -", "10.77.0.21 10.77.0.10 11434 -"]);
});

test("what is no connection is counted", () => {
  assert.equal(parseSessions("Netid State\n0 0 a:1 b:2\n0 0 10.0.0.1:99999 10.0.0.2:1\n").unparsed, 3);
});

test("random text does not throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("0", " ", ":", "[", "]", "%", ".", "\n", "f", "e") }), (text) => {
      const { sessions, unparsed } = parseSessions(text);
      assert.ok(sessions.length + unparsed <= text.split("\n").length);
    }),
  );
});

const EVIDENCE = { from: "nft", text: "table ip filter" };

async function gather(stdout: string, tables: number, ports: readonly number[]) {
  const asked: string[] = [];
  const host: Pick<HostReader, "run"> = {
    run: async (argv) => {
      asked.push(argv.join(" "));
      const value = { exitCode: 0, stdout, stderr: "" };
      return { ok: true, from: "ss", value };
    },
  };
  const ruleSets = Array.from({ length: tables }, () => {
    return { engine: "nftables", family: "ip", table: "filter", evidence: EVIDENCE } as const;
  });
  const firewall: Reading<FirewallPresence> = { ok: true, from: "nft", value: { ruleSets, evidence: [] } };
  return { asked, reading: await gatherSessions(host, Promise.resolve(firewall), ports) };
}

test("only the ports of servers are asked for, by the kernel's own filter", async () => {
  const { asked, reading } = await gather(DEBIAN_12, 1, [11_434, 8080, 11_434]);
  assert.deepEqual(asked, ["ss -H -tn state established sport = :11434 or sport = :8080"]);
  assert.equal(reading?.ok === true ? reading.value.sessions.length : null, 3);
});

test("nobody is asked where no rules are that could stop anybody", async () => {
  assert.deepEqual(await gather(DEBIAN_12, 0, [11_434]), { asked: [], reading: undefined });
  assert.deepEqual(await gather(DEBIAN_12, 1, []), { asked: [], reading: undefined });
});

test("a crowd is cut, and counted", async () => {
  const lines = Array.from({ length: 300 }, (_, index) => `0 0 10.0.0.1:11434 10.1.${index >> 8}.${index & 255}:5000`);
  const { reading } = await gather(lines.join("\n"), 1, [11_434]);
  assert.equal(reading?.ok === true ? reading.value.left : null, 44);
});

test("what was not understood is not taken for nobody", async () => {
  const { reading } = await gather("something else\n", 1, [11_434]);
  assert.equal(reading?.ok === false ? reading.why : null, "unparsed");
});
