import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { INSTALLED, tell, UNIT } from "../../../test/story.ts";
import type { Story } from "../../../test/story.ts";
import { IP_FILTER_UNPROVEN } from "./ip-filter-unproven.ts";

const FILTER = "IPAddressDeny=::/0 0.0.0.0/0\nIPAddressAllow=127.0.0.0/8 ::1/128\n";
const DECLARED = { [UNIT]: `${INSTALLED}IPAddressDeny=any\nIPAddressAllow=localhost\n` };
const CASES: readonly [name: string, story: Story, unified: boolean | null, severity: string | undefined][] = [
  ["no filter", { files: { [UNIT]: INSTALLED }, running: null }, true, undefined],
  ["loaded, on unified control groups", { files: DECLARED, loaded: { more: FILTER }, running: null }, true, "info"],
  [
    "loaded, on control groups that cannot carry it",
    { files: DECLARED, loaded: { more: FILTER }, running: null },
    false,
    "medium",
  ],
  ["loaded, control groups unknown", { files: DECLARED, loaded: { more: FILTER }, running: null }, null, "info"],
  ["declared, and the manager could not be asked", { files: DECLARED, loaded: null, running: null }, true, "info"],
  [
    "declared and taken back",
    { files: { [UNIT]: `${INSTALLED}IPAddressDeny=any\nIPAddressDeny=\n` }, loaded: null, running: null },
    true,
    undefined,
  ],
  [
    "of a user's service, whose manager cannot apply it",
    {
      files: { "/home/ann/.config/systemd/user/ollama.service": DECLARED[UNIT] ?? "" },
      running: null,
      cgroup: { kind: "user-unit", unit: "ollama.service", uid: 1000 },
    },
    true,
    "medium",
  ],
];
for (const [name, story, unifiedCgroups, severity] of CASES) {
  test(name, async () => {
    const { facts } = await tell(story);
    assert.ok(facts.identity.ok);
    const identity = { ...facts.identity, value: { ...facts.identity.value, unifiedCgroups } };
    const [finding] = findingsOf(IP_FILTER_UNPROVEN, { ...facts, identity });
    assert.equal(finding?.severity, severity);
    if (severity !== undefined) assert.deepEqual(finding?.data, { unit: "ollama.service", unifiedCgroups });
  });
}
