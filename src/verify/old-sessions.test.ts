import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judge } from "../judge/judge.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import { parseConnections } from "../facts/connections.ts";
import { pickOldSessions } from "./old-sessions.ts";

const LAN = "0 0 10.77.0.10:11434 10.77.0.20:50000";
const FAR = "0 0 10.77.0.10:11434 198.51.100.10:50001";
const SSH = "0 0 10.77.0.10:22 198.51.100.10:50002";
const OWN = "0 0 127.0.0.1:11434 127.0.0.1:50003";
const ITSELF = "0 0 10.77.0.10:11434 10.77.0.10:50004";

const CASES: readonly (readonly [scenario: string, remotes: readonly string[]])[] = [
  ["ufw-active", ["10.77.0.20:50000", "198.51.100.10:50001"]],
  ["ufw-for-the-lan", ["198.51.100.10:50001"]],
  ["all-addresses", []],
  ["legacy-drop", ["10.77.0.20:50000", "198.51.100.10:50001"]],
  // Whether that filter blocks is not known: nobody can say that such a session is older than it.
  ["ip-filter-that-blocks", []],
];

describe("sessions that outlived the rules", () => {
  for (const [scenario, remotes] of CASES) {
    test(`on ${scenario}: ${remotes.length}`, () => {
      const facts = readRecordedHost(scenario);
      const [server] = judge(facts).servers;
      assert.ok(server);
      const old = pickOldSessions(facts, server, parseConnections([LAN, FAR, SSH, OWN, ITSELF].join("\n")).connections);
      assert.deepEqual(
        old.map(({ remote }) => remote),
        remotes,
      );
    });
  }
});
