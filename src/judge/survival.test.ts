import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FirewallManagers } from "../facts/firewall-managers.ts";
import { judge } from "./judge.ts";
import type { Declaration, DeclarationReason, Server, Setting } from "./server.ts";
import { foretellBind } from "./survival-of-bind.ts";
import { foretell, type SurvivalEvent } from "./survival.ts";
import { foretellOwnRule } from "./survival-of-own-rules.ts";
import { aHost } from "./testing/a-host.ts";
import { NO_MANAGERS } from "./testing/managers.ts";
import { flushes, OWN_CHAIN, OWN_IN_EFFECT, OWN_TABLE } from "./testing/own-rules.ts";
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

const NONE = { ok: false, why: "denied", from: "x" } as const;
const DEBIAN = { ok: true, value: [flushes(false)], from: "/etc/nftables.conf" } as const;
const STARTED = { ok: true, value: [flushes(true)], from: "/etc/nftables.conf" } as const;
const OTHER_RULES = {
  ...OWN_TABLE,
  rules: { ok: true, value: [{ table: "inet portlock_11434", chain: "input", text: "accept" }], from: "x" },
} as const;

function owns(own: typeof OWN_TABLE, more: Partial<FirewallManagers> = {}): FirewallManagers {
  return { ...NO_MANAGERS, ownRules: { ok: true, value: [own], from: "/etc/systemd/system" }, ...more };
}

type OwnRow = readonly [what: string, FirewallManagers, SurvivalEvent, boolean | null, string];

const OWN_ROWS: readonly OwnRow[] = [
  ["its service is enabled", owns(OWN_TABLE), "reboot", true, "own-service-loads-it"],
  ["nothing else loads rules", owns(OWN_TABLE), "firewall-reload", true, "declared-and-effective-agree"],
  ["somebody disabled its service", owns({ ...OWN_TABLE, startedBy: null }), "reboot", false, "rule-not-saved"],
  ["somebody wrote something else in its file", owns(OTHER_RULES), "reboot", null, "own-file-differs"],
  ["its file could not be read", owns({ ...OWN_TABLE, rules: NONE }), "reboot", null, "facts-missing"],
  ["its services could not be listed", { ...NO_MANAGERS, ownRules: NONE }, "reboot", null, "facts-missing"],
  [
    "it was loaded by hand, and no service is there",
    { ...NO_MANAGERS, ownRules: { ok: true, value: [], from: "x" } },
    "reboot",
    null,
    "rule-not-saved",
  ],
  ["an older version recorded the host", NO_MANAGERS, "reboot", null, "rule-not-saved"],
  [
    "nftables.service flushes all rules before it",
    owns(OWN_TABLE, { loaders: STARTED }),
    "reboot",
    true,
    "own-service-loads-it",
  ],
  [
    "nftables.service is restarted, and loads it again",
    owns(OWN_TABLE, { loaders: STARTED }),
    "firewall-reload",
    true,
    "own-service-loads-it",
  ],
  [
    "nftables.service is there and not enabled, and loads it again",
    owns(OWN_TABLE, { loaders: DEBIAN }),
    "firewall-reload",
    true,
    "own-service-loads-it",
  ],
  [
    "somebody removed the drop-in of nftables.service",
    owns({ ...OWN_TABLE, loadedAgain: null }, { loaders: STARTED }),
    "firewall-reload",
    false,
    "managers-fight",
  ],
  [
    "the drop-in is gone, and nftables.service is not enabled",
    owns({ ...OWN_TABLE, loadedAgain: null }, { loaders: DEBIAN }),
    "firewall-reload",
    null,
    "managers-fight",
  ],
  [
    "its service no longer waits for nftables.service",
    owns({ ...OWN_TABLE, startsAfter: [] }, { loaders: STARTED }),
    "reboot",
    null,
    "managers-fight",
  ],
  ["what loads rules could not be read", owns(OWN_TABLE, { loaders: NONE }), "reboot", null, "facts-missing"],
];

describe("a port that Portlock closed in a table of its own", () => {
  for (const [what, managers, event, holds, because] of OWN_ROWS) {
    test(`${what}: after ${event} ${String(holds)}`, () => {
      const { facts } = aHost().ollama("0.0.0.0").with({ managers, firewall: OWN_IN_EFFECT });
      const found = foretell(facts, judge(facts)).filter((each) => each.event === event);
      assert.deepEqual(
        found.map((each) => [each.holds, each.because]),
        [[holds, because]],
      );
    });
  }

  test("the service restarts, and the rules stay as they are", () => {
    const { facts } = aHost()
      .ollama("0.0.0.0")
      .with({ managers: owns(OWN_TABLE), firewall: OWN_IN_EFFECT });
    const [first] = foretell(facts, judge(facts));
    assert.deepEqual([first?.event, first?.holds], ["service-restart", true]);
  });
});

const CHAIN_ROWS: readonly OwnRow[] = [
  ["its service is enabled", owns(OWN_CHAIN), "reboot", true, "own-service-loads-it"],
  ["somebody disabled its service", owns({ ...OWN_CHAIN, startedBy: null }), "reboot", false, "rule-not-saved"],
  [
    "nftables.service flushes all rules, before or behind it",
    owns(OWN_CHAIN, { loaders: STARTED }),
    "reboot",
    null,
    "managers-fight",
  ],
  [
    "nftables.service flushes all rules when it is reloaded",
    owns(OWN_CHAIN, { loaders: STARTED }),
    "firewall-reload",
    false,
    "managers-fight",
  ],
];

describe("a published port that Portlock closed in DOCKER-USER", () => {
  const name = { kind: "rule", table: "ip filter", chain: "PORTLOCK-11434" } as const;
  const by = { manager: "iptables", name, written: null } as const;
  const barrier = { kind: "firewall", stops: true, why: "rules-stop", evidence: null, by } as const;
  for (const [what, managers, event, holds, because] of CHAIN_ROWS) {
    test(`${what}: after ${event} ${String(holds)}`, () => {
      assert.ok(event === "reboot" || event === "firewall-reload");
      const { facts } = aHost().with({ firewall: OWN_IN_EFFECT });
      assert.deepEqual(foretellOwnRule(facts, managers, barrier, event), { holds, because });
    });
  }
});
