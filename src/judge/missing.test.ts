import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.ts";
import { aHost, alwaysReplies, type AHost } from "./testing/a-host.ts";
import { NO_MANAGERS } from "./testing/managers.ts";

const DENIED = { ok: false, why: "denied", from: "/somewhere" } as const;
const ABSENT = { ok: false, why: "absent", from: "/run/docker.sock" } as const;
const EXPOSED = aHost().ollama("0.0.0.0");

const CASES: readonly (readonly [title: string, host: AHost, missing: readonly string[]])[] = [
  ["everything was read", EXPOSED, []],
  ["the rules, with a server they may close", EXPOSED.with({ firewall: DENIED }), ["firewall denied /somewhere"]],
  ["the rules, where there is no server to close", aHost().with({ firewall: DENIED }), []],
  [
    "what ufw was told, where it is installed",
    EXPOSED.with({ managers: { ...NO_MANAGERS, ufw: DENIED } }),
    ["managers denied /somewhere"],
  ],
  ["what no manager was told, where none is installed", EXPOSED.with({ managers: NO_MANAGERS }), []],
  ["no engine is installed", EXPOSED.with({ containers: ABSENT }), []],
  ["an engine is there and did not answer", aHost().with({ containers: DENIED }), ["containers denied /somewhere"]],
  [
    "without root",
    aHost().with({ unseen: { processes: 12, namespaces: [], holders: 0 } }),
    ["unseen denied /proc/PID/ns/net"],
  ],
  ["listeners nobody asked", aHost().with({ unasked: 2 }), ["answers too-large GET /"]],
  [
    "the switch that hands loopback to neighbours",
    aHost().link("eth0", ["192.168.1.10/24"], { routeLocalnet: null }).ollama("127.0.0.1"),
    ["networks denied /proc/sys/net/ipv4/conf/*/route_localnet"],
  ],
  [
    "the environment of the server",
    aHost().ollama("127.0.0.1", { process: { environment: DENIED } }),
    ["processes denied /somewhere"],
  ],
  ["its units", EXPOSED.with({ units: DENIED }), ["units denied /somewhere"]],
  [
    "a file that need not be there",
    EXPOSED.with({
      environmentFiles: [
        { path: "/etc/environment", kind: "pam", modifiedAt: null, uid: null, unit: null, assignments: ABSENT },
      ],
    }),
    [],
  ],
  [
    "a file that is there and closed",
    EXPOSED.with({
      environmentFiles: [
        { path: "/root/.bashrc", kind: "shell", modifiedAt: null, uid: null, unit: null, assignments: DENIED },
      ],
    }),
    ["environmentFiles denied /somewhere"],
  ],
  [
    "an answer",
    aHost().ollama("127.0.0.1", { replies: alwaysReplies("timeout") }),
    ["answers timeout GET http://127.0.0.1:11434/"],
  ],
  [
    "what could not be asked, once for each reason",
    aHost()
      .ollama("127.0.0.1", { replies: alwaysReplies("not-possible") })
      .listens("127.0.0.1", 9000)
      .answers("127.0.0.1", 9000, alwaysReplies("not-possible")),
    ["answers failed GET http://127.0.0.1:11434/"],
  ],
];

for (const [title, host, expected] of CASES) {
  test(`missing: ${title}`, () => {
    const { missing } = judge(host.facts);
    assert.deepEqual(
      missing.map(({ fact, why, from }) => `${fact} ${why} ${from}`),
      expected,
    );
  });
}

test("the same thing missing in a thousand places is said once, and a list of them has an end", () => {
  const files = Array.from({ length: 1000 }, (_, index) => ({
    path: `/etc/default/${index}`,
    kind: "defaults" as const,
    modifiedAt: null,
    uid: null,
    unit: null,
    assignments: { ok: false, why: "denied", from: index < 500 ? "/etc" : `/etc/${index}` } as const,
  }));
  const { missing } = judge(EXPOSED.with({ environmentFiles: files, files: [] }).facts);
  assert.equal(missing.length, 100);
  assert.equal(missing.filter((each) => each.from === "/etc").length, 1);
});

test("a listener that could not be asked may be a server; one of a known process that stays silent is none", () => {
  const other = aHost()
    .process(900, { name: "python3", executable: "/usr/bin/python3", arguments: ["python3", "serve.py"] })
    .listens("0.0.0.0", 9000, { pids: [900] });
  const verdictOf = (reply: "not-possible" | "timeout"): string =>
    judge(other.answers("127.0.0.1", 9000, alwaysReplies(reply)).facts).verdict;
  assert.deepEqual([verdictOf("not-possible"), verdictOf("timeout")], ["unknown", "none"]);
});
