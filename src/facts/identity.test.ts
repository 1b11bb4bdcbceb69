import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseBootTime, parseEffectiveUid, parseOsRelease, parsePasswd } from "./identity.ts";

const OS_RELEASES: readonly (readonly [string, string | null])[] = [
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n', "Debian GNU/Linux 12 (bookworm)"],
  ["NAME=x\nPRETTY_NAME='Arch Linux'\n", "Arch Linux"],
  ["PRETTY_NAME=Void\n", "Void"],
  ['PRETTY_NAME="The \\"Best\\" \\$5"\n', 'The "Best" $5'],
  ['PRETTY_NAME=""\n', null],
  ["NAME=x\n", null],
];
for (const [text, name] of OS_RELEASES) {
  test(`os-release ${JSON.stringify(text)} is called ${name}`, () => assert.equal(parseOsRelease(text), name));
}

test("the boot time is the btime of /proc/stat", () => {
  assert.equal(parseBootTime("cpu  1 2 3\nintr 99 1\nbtime 1795380000\nprocesses 1\n"), "2026-11-22T20:40:00.000Z");
  assert.equal(parseBootTime("cpu  1 2 3\n"), null);
});

test("the reader's rights are its effective user, not the one it was started by", () => {
  assert.equal(parseEffectiveUid("Name:\tcat\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t1000\t0\t0\t0\n"), 0);
  assert.equal(parseEffectiveUid("Name:\tUid:\\t0\n"), null);
});

test("accounts are kept by name, uid and home; passwords, comments and NIS markers are not", () => {
  const text =
    "root:x:0:0:root:/root:/bin/bash\n# note\n+::::::\nollama:SECRET:998:998::/usr/share/ollama:/bin/false\ntoor:x:0:0::/:/bin/sh\n";
  assert.deepEqual(parsePasswd(text), [
    { uid: 0, name: "root", home: "/root" },
    { uid: 998, name: "ollama", home: "/usr/share/ollama" },
  ]);
});

test("random text never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parseOsRelease(`PRETTY_NAME=${text}`);
      parsePasswd(text);
      parseBootTime(text);
      parseEffectiveUid(text);
    }),
  );
});
