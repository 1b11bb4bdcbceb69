import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judge } from "./judge.ts";
import type { Declaration, DeclarationReason, Server, Setting } from "./server.ts";
import { foretellBind } from "./survival-of-bind.ts";
import { foretell, type SurvivalEvent } from "./survival.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";

type Row = readonly [scenario: string, event: SurvivalEvent, holds: boolean | null, because: string];

/** Recorded hosts; an event that is not told of one is not in its list. */
const ROWS: readonly Row[] = [
  ["loopback-ipv4", "service-restart", true, "declared-and-effective-agree"],
  ["loopback-ipv4", "reboot", true, "declared-and-effective-agree"],
  ["loopback-ipv4", "vendor-upgrade", true, "drop-in-stays"],
  ["fresh-install", "vendor-upgrade", true, "declared-and-effective-agree"],
  ["ufw-active", "service-restart", true, "declared-and-effective-agree"],
  ["ufw-active", "firewall-reload", true, "declared-and-effective-agree"],
  ["ufw-active", "reboot", true, "declared-and-effective-agree"],
  ["ufw-and-nftables", "reboot", null, "managers-fight"],
  ["ufw-and-nftables", "firewall-reload", false, "managers-fight"],
  ["legacy-drop", "reboot", null, "rule-not-saved"],
  ["nftables-table", "reboot", null, "rule-not-saved"],
  ["firewalld-unsaved", "firewall-reload", false, "rule-not-saved"],
  ["firewalld-unsaved", "reboot", false, "rule-not-saved"],
  ["docker-published-loopback", "docker-restart", true, "engine-writes-it-again"],
  ["docker-rule-in-forward", "docker-restart", false, "engine-writes-it-again"],
  ["docker-user-drop", "docker-restart", true, "declared-and-effective-agree"],
  ["by-hand-loopback", "reboot", null, "started-by-hand"],
  ["audited-by-nobody", "reboot", null, "facts-missing"],
];

describe("what stays closed on a recorded host", () => {
  for (const [scenario, event, holds, because] of ROWS) {
    test(`${scenario}, after ${event}: ${String(holds)}, ${because}`, () => {
      const facts = readRecordedHost(scenario);
      const found = foretell(facts, judge(facts)).filter((each) => each.event === event);
      assert.deepEqual(
        found.map((each) => [each.holds, each.because, each.rehearsed]),
        [[holds, because, false]],
      );
    });
  }

  test("nothing is told of a server that nobody is kept from", () => {
    const facts = readRecordedHost("all-addresses");
    assert.deepEqual(foretell(facts, judge(facts)), []);
  });
});

const DROP_IN = "/etc/systemd/system/ollama.service.d/override.conf";
const RUNTIME = "/run/systemd/system/ollama.service.d/zz.conf";
const MAIN = "/etc/systemd/system/ollama.service";

function declare(value: string, file: string, why: DeclarationReason): Declaration {
  return { value, file, line: 1, reaches: why === "in-effect", why };
}

/** The recorded server, with what is declared of its listen address made up. */
function withSetting(effective: string | null, declared: readonly Declaration[]): Server {
  const [server] = judge(readRecordedHost("loopback-ipv4")).servers;
  assert.ok(server);
  const setting: Setting = { name: "OLLAMA_HOST", effective, effectiveKnown: true, listensOn: null, declared };
  return { ...server, settings: [setting] };
}

describe("a server that listens on loopback", () => {
  const closed = "127.0.0.1:11434";
  const rows: readonly (readonly [string, Server, SurvivalEvent, boolean | null, string])[] = [
    ["by its own default", withSetting(null, []), "reboot", true, "declared-and-effective-agree"],
    [
      "and was told to open at the next start",
      withSetting(closed, [declare("0.0.0.0", DROP_IN, "restart-missing")]),
      "service-restart",
      false,
      "restart-missing",
    ],
    [
      "and whose files say open",
      withSetting(closed, [
        declare(closed, DROP_IN, "in-effect"),
        declare("0.0.0.0", DROP_IN, "daemon-reload-missing"),
      ]),
      "daemon-reload",
      false,
      "daemon-reload-missing",
    ],
    [
      "and whose files say open, until they are read",
      withSetting(closed, [
        declare(closed, DROP_IN, "in-effect"),
        declare("0.0.0.0", DROP_IN, "daemon-reload-missing"),
      ]),
      "service-restart",
      true,
      "declared-and-effective-agree",
    ],
    [
      "until the next boot, open before",
      withSetting(closed, [declare("0.0.0.0", DROP_IN, "overridden-later"), declare(closed, RUNTIME, "in-effect")]),
      "reboot",
      false,
      "runtime-only",
    ],
    [
      "until the next boot, and nothing else is said",
      withSetting(closed, [declare(closed, RUNTIME, "in-effect")]),
      "reboot",
      true,
      "declared-and-effective-agree",
    ],
    [
      "by the installer's file, open in a drop-in before it",
      withSetting(closed, [declare("0.0.0.0", DROP_IN, "overridden-later"), declare(closed, MAIN, "in-effect")]),
      "vendor-upgrade",
      false,
      "in-overwritten-unit",
    ],
    ["by a value that nothing declares", withSetting(closed, []), "reboot", null, "facts-missing"],
    [
      "and will by a name nobody can look up",
      withSetting(closed, [declare("gpu-1", DROP_IN, "restart-missing")]),
      "service-restart",
      null,
      "restart-missing",
    ],
  ];
  for (const [what, server, event, holds, because] of rows) {
    test(`${what}: after ${event} ${String(holds)}`, () => {
      assert.deepEqual(foretellBind(readRecordedHost("loopback-ipv4"), server, event), { holds, because });
    });
  }
});
