import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../judge/judge.ts";
import { aHost, type AHost } from "../../judge/testing/a-host.ts";
import type { FileText } from "../file-edit.ts";
import type { Plan, Planned } from "../plan.ts";
import type { GatewayChoices } from "./gateway-choices.ts";
import { makeGatewayPlan } from "./make-gateway-plan.ts";

type Wanted = GatewayChoices["gateway"];

const WANTED: Wanted = {
  listen: { address: "127.0.0.1", port: 11_435 },
  upstream: "http://127.0.0.1:11434",
  data: { kind: "state", name: "portlock-gateway" },
  tls: { kind: "none" },
  clientCa: null,
  origins: [],
  parallel: null,
  maxWaiting: null,
  redis: null,
  metrics: null,
  drainMs: 600_000,
  evenSo: false,
  program: { node: "/usr/bin/node", main: "/usr/lib/node_modules/portlock/dist/main.js" },
};
const UNIT = "/etc/systemd/system/portlock-gateway.service";

interface Situation {
  readonly host?: AHost;
  readonly unit?: FileText;
  readonly isActive?: boolean;
  readonly keys?: number;
}

function plan(
  wanted: Partial<Wanted>,
  { host = aHost().ollama("127.0.0.1"), unit = null, isActive = false, keys = 1 }: Situation = {},
): Planned {
  const input = {
    facts: host.facts,
    judgement: judge(host.facts),
    choices: { gateway: { ...WANTED, ...wanted } },
    isActive,
    keys,
  };
  const context = { version: "0.0.0", madeAt: "2026-11-22T10:00:00.000Z" };
  const first = makeGatewayPlan({ ...input, texts: new Map() }, context);
  if (first.kind !== "needs-files") return first;
  assert.deepEqual(first.paths, [UNIT]);
  return makeGatewayPlan({ ...input, texts: new Map([[UNIT, unit]]) }, context);
}

function made(wanted: Partial<Wanted>, situation?: Situation): Plan {
  const planned = plan(wanted, situation);
  assert.ok(planned.kind === "plan", JSON.stringify(planned));
  return planned.plan;
}

function toUnit({ steps: [step] }: Plan): string {
  const edit = step?.files[0]?.edit;
  assert.ok(edit?.kind === "write");
  return edit.text;
}

function linesOf(unit: string, name: string): readonly string[] {
  return unit.split("\n").flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
}

test("a service that was not there: written, enabled, started, asked without a key; its undo stops it first", () => {
  const { steps } = made({});
  assert.equal(steps.length, 1);
  assert.deepEqual(steps[0]?.commands, [
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--", "portlock-gateway.service"],
    ["systemctl", "restart", "--", "portlock-gateway.service"],
  ]);
  assert.deepEqual(steps[0]?.undo, {
    before: [["systemctl", "stop", "--", "portlock-gateway.servic?"]],
    after: [["systemctl", "daemon-reload"]],
  });
  assert.deepEqual(
    steps[0]?.expect.map(({ kind }) => kind),
    ["unit-active", "refuses-strangers"],
  );
});

test("as it is wanted and running: nothing to do; stopped: it is started", () => {
  const unit = toUnit(made({}));
  assert.deepEqual(made({}, { unit, isActive: true }).steps, []);
  assert.equal(made({}, { unit, isActive: false }).steps.length, 1);
});

test("another place than now: the undo starts what was there before anew", () => {
  const unit = toUnit(made({}));
  const [step] = made({ listen: { address: "127.0.0.1", port: 11_436 } }, { unit, isActive: true }).steps;
  assert.deepEqual(step?.undo.before, []);
  assert.deepEqual(step?.undo.after.at(-1), ["systemctl", "restart", "--", "portlock-gateway.service"]);
});

test("before each start root looks whether others get round it, unless that was not wanted", () => {
  const check =
    "+/usr/bin/node /usr/lib/node_modules/portlock/dist/main.js gateway check --upstream http://127.0.0.1:11434";
  assert.deepEqual(linesOf(toUnit(made({})), "ExecStartPre"), [check]);
  assert.deepEqual(linesOf(toUnit(made({ evenSo: true })), "ExecStartPre"), []);
});

test("files of TLS are handed over by systemd, so that a key may stay root's", () => {
  const unit = toUnit(made({ tls: { kind: "files", certificate: "/etc/ssl/50%.pem", key: "/etc/ssl/private/k.pem" } }));
  assert.deepEqual(linesOf(unit, "LoadCredential"), ["tls-cert:/etc/ssl/50%%.pem", "tls-key:/etc/ssl/private/k.pem"]);
  const [command = ""] = linesOf(unit, "ExecStart");
  assert.match(
    command,
    / --tls-cert=\$\{CREDENTIALS_DIRECTORY\}\/tls-cert --tls-key=\$\{CREDENTIALS_DIRECTORY\}\/tls-key /,
  );
});

test("a low port is the only right it is ever given", () => {
  const low = toUnit(made({ listen: { address: "::", port: 443 }, tls: { kind: "self-signed" } }));
  assert.deepEqual(linesOf(low, "CapabilityBoundingSet"), ["CAP_NET_BIND_SERVICE"]);
  assert.match(linesOf(low, "ExecStart")[0] ?? "", / --listen=\[::\]:443 /);
  const high = toUnit(made({}));
  assert.deepEqual(linesOf(high, "CapabilityBoundingSet"), [""]);
  assert.deepEqual(linesOf(high, "PrivateUsers"), ["yes"]);
});

const REMARKS: readonly (readonly [what: string, wanted: Partial<Wanted>, keys: number, codes: readonly string[]])[] = [
  ["on loopback with a key", {}, 1, ["keys-stay-after-undo"]],
  ["without a key", {}, 0, ["no-key-yet", "keys-stay-after-undo"]],
  [
    "for the network",
    { listen: { address: "0.0.0.0", port: 11_435 }, tls: { kind: "self-signed" } },
    1,
    ["makes-own-certificate", "firewall-untouched", "keys-stay-after-undo"],
  ],
];

for (const [what, wanted, keys, codes] of REMARKS) {
  test(`what is to mind ${what}`, () => {
    assert.deepEqual(
      made(wanted, { keys }).steps[0]?.remarks.map(({ code }) => code),
      codes,
    );
  });
}

const REFUSED: readonly (readonly [what: string, wanted: Partial<Wanted>, host: AHost, code: string])[] = [
  [
    "a blank in a path",
    { program: { ...WANTED.program, main: "/opt/my portlock/main.js" } },
    aHost(),
    "word-not-plain",
  ],
  ["a variable in a place", { upstream: "unix:/run/${USER}.sock" }, aHost(), "word-not-plain"],
  ["a line end in an origin", { origins: ["https://a\nExecStart=/bin/sh"] }, aHost(), "word-not-plain"],
  [
    "a port of somebody else's",
    { listen: { address: "127.0.0.1", port: 11_434 } },
    aHost().ollama("0.0.0.0"),
    "gateway-port-held",
  ],
];

for (const [what, wanted, host, code] of REFUSED) {
  test(`refused: ${what}`, () => {
    const planned = plan(wanted, { host });
    assert.ok(planned.kind === "refused");
    assert.equal(planned.refusal.code, code);
  });
}
