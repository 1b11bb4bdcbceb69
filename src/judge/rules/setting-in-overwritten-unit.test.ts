import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { DROP_IN, environment, INSTALLED, tell, UNIT } from "../../../test/story.ts";
import { SETTING_IN_OVERWRITTEN_UNIT } from "./setting-in-overwritten-unit.ts";

const CASES: readonly [name: string, files: Readonly<Record<string, string>>, found: string[]][] = [
  ["the unit as the installer writes it", { [UNIT]: `${INSTALLED}Environment="PATH=/bin"\n` }, []],
  [
    "an address in the installer's unit",
    { [UNIT]: `${INSTALLED}Environment=OLLAMA_HOST=127.0.0.1\n` },
    ["medium OLLAMA_HOST"],
  ],
  ["an IP filter in the installer's unit", { [UNIT]: `${INSTALLED}IPAddressDeny=any\n` }, ["medium IPAddressDeny"]],
  [
    "one finding a setting, with the others",
    { [UNIT]: `${INSTALLED}Environment=OLLAMA_HOST=1 OLLAMA_ORIGINS=*\nEnvironment=OLLAMA_HOST=2\n` },
    ["medium OLLAMA_HOST", "low OLLAMA_ORIGINS"],
  ],
  ["in a drop-in it stays", { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") }, []],
  [
    "a drop-in that says it too outlives the upgrade",
    {
      [UNIT]: `${INSTALLED}Environment=OLLAMA_HOST=127.0.0.1 OLLAMA_ORIGINS=*\n`,
      [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
    },
    ["low OLLAMA_ORIGINS"],
  ],
  [
    "a package's unit is not the installer's",
    { "/usr/lib/systemd/system/ollama.service": `${INSTALLED}Environment=OLLAMA_HOST=1\n` },
    [],
  ],
  ["a line systemd throws away is lost already", { [UNIT]: `${INSTALLED}Environment=“OLLAMA_HOST=1”\n` }, []],
];
for (const [name, files, found] of CASES) {
  test(name, async () => {
    const { facts } = await tell({ files, running: null });
    assert.deepEqual(
      findingsOf(SETTING_IN_OVERWRITTEN_UNIT, facts).map(({ severity, data }) => `${severity} ${data.setting}`),
      found,
    );
  });
}

test("the data names file and unit", async () => {
  const { facts } = await tell({ files: { [UNIT]: `${INSTALLED}Environment=OLLAMA_HOST=1\n` }, running: "1" });
  const [finding] = findingsOf(SETTING_IN_OVERWRITTEN_UNIT, facts);
  assert.deepEqual(finding?.data, { setting: "OLLAMA_HOST", file: UNIT, unit: "ollama.service" });
  assert.deepEqual(finding?.evidence, [{ from: UNIT, line: 3, text: "Environment=OLLAMA_HOST=1" }]);
});
