import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseShow } from "./unit-show.ts";

const VARIABLES = ["OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_MODELS", "X1", "X3", "X5"];

/** systemd 252.39 (Debian 12), the unit of the Ollama installer with drop-ins and an alias. */
const OLLAMA = `MainPID=116
ExecMainStartTimestamp=Sun 2026-11-22 20:58:27 UTC
IPAddressAllow=127.0.0.0/8 ::1/128 10.0.0.0/8
IPAddressDeny=::/0 0.0.0.0/0
Environment=PATH=/usr/local/bin:/bin OLLAMA_HOST=127.0.0.1:11434 "OLLAMA_ORIGINS=a b\\"c'd" "OLLAMA_MODELS=/x\\\\y \\$HOME é" "X1=a\\tb" X3= "X5=\\\`x\\\`" API_KEY=hunter2
EnvironmentFiles=/etc/default/ollama (ignore_errors=yes)
EnvironmentFiles=/etc/sysc?nfig/* (ignore_errors=no)
User=ollama
Id=ollama.service
Names=ollama.service llm.service
LoadState=loaded
ActiveState=active
FragmentPath=/etc/systemd/system/ollama.service
DropInPaths=/run/systemd/system/ollama.service.d/10.conf /etc/systemd/system/ollama.service.d/override.conf
UnitFileState=indirect
NeedDaemonReload=no
`;

const MASKED = `MainPID=0
ExecMainStartTimestamp=
IPAddressAllow=
IPAddressDeny=
Environment=
User=
Id=masked.service
Names=masked.service
LoadState=masked
ActiveState=inactive
FragmentPath=/etc/systemd/system/masked.service
DropInPaths=
UnitFileState=masked
NeedDaemonReload=yes
`;

test("a loaded unit, every quoting undone, other variables dropped", () => {
  assert.deepEqual(parseShow(`${OLLAMA}\n${MASKED}`, VARIABLES), [
    {
      id: "ollama.service",
      names: ["ollama.service", "llm.service"],
      loadState: "loaded",
      unit: {
        activeState: "active",
        mainPid: 116,
        needsDaemonReload: false,
        mainFile: "/etc/systemd/system/ollama.service",
        dropIns: ["/run/systemd/system/ollama.service.d/10.conf", "/etc/systemd/system/ollama.service.d/override.conf"],
        environment: {
          OLLAMA_HOST: "127.0.0.1:11434",
          OLLAMA_ORIGINS: `a b"c'd`,
          OLLAMA_MODELS: "/x\\y $HOME é",
          X1: "a\tb",
          X3: "",
          X5: "`x`",
        },
        environmentFiles: [
          { path: "/etc/default/ollama", optional: true },
          { path: "/etc/sysc?nfig/*", optional: false },
        ],
        user: "ollama",
        enabled: "indirect",
        startedAt: "2026-11-22T20:58:27.000Z",
        ipAddressDeny: ["::/0", "0.0.0.0/0"],
        ipAddressAllow: ["127.0.0.0/8", "::1/128", "10.0.0.0/8"],
      },
    },
    {
      id: "masked.service",
      names: ["masked.service"],
      loadState: "masked",
      unit: {
        activeState: "inactive",
        mainPid: null,
        needsDaemonReload: false,
        mainFile: "/etc/systemd/system/masked.service",
        dropIns: [],
        environment: {},
        environmentFiles: [],
        user: null,
        enabled: "masked",
        startedAt: null,
        ipAddressDeny: [],
        ipAddressAllow: [],
      },
    },
  ]);
});

test("a time in another zone is not guessed: CST is both Shanghai and Chicago", () => {
  const shown = parseShow(OLLAMA.replace("20:58:27 UTC", "20:58:27 CST"), VARIABLES);
  assert.equal(shown[0]?.unit.startedAt, null);
});

test("older systemd quotes with $'...'", () => {
  const shown = parseShow("Id=a.service\nEnvironment=$'OLLAMA_HOST=a b' OLLAMA_ORIGINS=c\n", VARIABLES);
  assert.deepEqual(shown[0]?.unit.environment, { OLLAMA_HOST: "a b", OLLAMA_ORIGINS: "c" });
});

test("damaged and random output never throws", () => {
  const damaged = fc
    .tuple(fc.nat(OLLAMA.length), fc.string({ unit: "binary" }), fc.nat(60))
    .map(([at, text, cut]) => OLLAMA.slice(0, at) + text + OLLAMA.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: "binary" })), (text) => {
      for (const { unit } of parseShow(text, VARIABLES)) {
        assert.ok(Object.keys(unit.environment).every((name) => VARIABLES.includes(name)));
      }
    }),
    { numRuns: 500 },
  );
});
