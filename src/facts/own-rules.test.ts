import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseOwnTable, parseOwnUnit } from "./own-rule-files.ts";
import { gatherOwnRules } from "./own-rules.ts";
import { openWrittenHost, type WrittenHost } from "./written-host.fixture.ts";

const UNITS = "/etc/systemd/system";
const NAME = "portlock-firewall-11434.service";
const FILE = "/etc/portlock/firewall-11434.nft";
const LOAD = `/usr/bin/env nft -f ${FILE}`;
const LINK = { [`${UNITS}/sysinit.target.wants/${NAME}`]: `${UNITS}/${NAME}` };
const UNIT = `# Written by Portlock, and taken back by \`portlock undo\`.
[Unit]
Description=Port 11434 closed to other machines by Portlock
DefaultDependencies=no
After=local-fs.target nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${LOAD}
ExecStop=-/usr/bin/env nft delete table inet portlock_11434

[Install]
WantedBy=sysinit.target
`;
const TABLE = `# Written by Portlock, and taken back by \`portlock undo\`.
table inet portlock_11434
delete table inet portlock_11434
table inet portlock_11434 {
\tchain input {
\t\ttype filter hook input priority 0; policy accept;
\t\tiifname "lo" accept
\t\ttcp dport 11434 drop
\t}
}
`;
const DROP_IN = `[Service]\nExecStartPost=-${LOAD}\nExecReload=-${LOAD}\n`;
const FILES = {
  [`${UNITS}/${NAME}`]: UNIT,
  [FILE]: TABLE,
  [`${UNITS}/nftables.service.d/portlock-firewall-11434.conf`]: DROP_IN,
};

test("where Portlock has set up nothing, one folder is listed and nothing else is asked", async () => {
  const host = openWrittenHost({ files: { [`${UNITS}/ollama.service`]: "" } });
  const read = await gatherOwnRules(host);
  assert.deepEqual(read.ok ? read.value : read, []);
  assert.deepEqual(host.asked, [UNITS]);
  const none = await gatherOwnRules(openWrittenHost({}));
  assert.deepEqual(none.ok ? none.value : none, []);
});

test("a folder that may not be read is not one without such services", async () => {
  const host = openWrittenHost({ files: FILES, denied: [UNITS] });
  assert.equal((await gatherOwnRules(host)).ok, false);
});

const CASES: readonly (readonly [
  what: string,
  host: WrittenHost,
  rules: number | string,
  isStarted: boolean,
  isAgain: boolean,
])[] = [
  ["it is enabled, and its file is there", { files: FILES, links: LINK }, 2, true, true],
  ["somebody disabled it", { files: FILES }, 2, false, true],
  ["its file is gone", { files: { [`${UNITS}/${NAME}`]: UNIT }, links: LINK }, "absent", true, false],
  ["its file may not be read", { files: FILES, links: LINK, denied: [FILE] }, "denied", true, true],
  ["it is masked", { files: { ...FILES, [`${UNITS}/${NAME}`]: "" }, links: LINK }, "unparsed", true, true],
  [
    "somebody gave it a drop-in",
    { files: { ...FILES, [`${UNITS}/${NAME}.d/mine.conf`]: "[Unit]\nConditionPathExists=/x\n" }, links: LINK },
    "unparsed",
    true,
    true,
  ],
  [
    "the drop-in of nftables.service loads it at a start only",
    {
      files: {
        ...FILES,
        [`${UNITS}/nftables.service.d/portlock-firewall-11434.conf`]: `[Service]\nExecStartPost=-${LOAD}\n`,
      },
    },
    2,
    false,
    false,
  ],
];
for (const [what, host, rules, isStarted, isAgain] of CASES) {
  test(`a service of Portlock's own: ${what}`, async () => {
    const read = await gatherOwnRules(openWrittenHost(host));
    assert.ok(read.ok);
    const [own, ...others] = read.value;
    assert.deepEqual(others, []);
    assert.ok(own !== undefined);
    assert.equal(own.rules.ok ? own.rules.value.length : own.rules.why, rules);
    assert.deepEqual([own.startedBy !== null, own.loadedAgain !== null], [isStarted, isAgain]);
  });
}

const NOT_OURS: readonly (readonly [what: string, unit: string])[] = [
  ["a condition", UNIT.replace("[Service]", "ConditionPathExists=/srv/x\n[Service]")],
  ["another user", UNIT.replace("Type=oneshot", "Type=oneshot\nUser=nobody")],
  ["another file", UNIT.replace(FILE, "/srv/rules.nft")],
  ["a command more", UNIT.replace("ExecStop=", "ExecStart=/usr/bin/env nft flush ruleset\nExecStop=")],
  ["a line that goes on", UNIT.replace("nftables.service\n", "nftables.service \\\nx\n")],
  ["nothing", ""],
];
for (const [what, unit] of NOT_OURS) {
  test(`a unit with ${what} is not one that Portlock wrote`, () => {
    assert.notEqual(unit, UNIT);
    assert.equal(parseOwnUnit(unit), null);
  });
}

const OTHER_TABLES: readonly (readonly [what: string, text: string])[] = [
  ["includes another file", `${TABLE}include "/srv/more.nft"\n`],
  ["flushes everything", TABLE.replace("delete table", "flush ruleset\ndelete table")],
  ["hooks its chain in elsewhere", TABLE.replace("hook input", "hook output")],
  ["has a set", TABLE.replace("\tchain input {", "\tset mine {\n\t}\n\tchain input {")],
  ["ends in the middle", TABLE.replace("\t}\n}\n", "")],
  ["is of another name", TABLE.replaceAll("portlock_11434", "mine")],
  ["has no rules", TABLE.replaceAll(/^\t\t(?:iifname|tcp).*\n/gm, "")],
];
for (const [what, text] of OTHER_TABLES) {
  test(`a file that ${what} is not one that Portlock wrote`, () => {
    assert.notEqual(text, TABLE);
    assert.equal(parseOwnTable(text), null);
  });
}

test("random text never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parseOwnUnit(text);
      parseOwnTable(text);
      parseOwnUnit(`${UNIT}${text}`);
      parseOwnTable(`${TABLE}${text}`);
    }),
  );
});
