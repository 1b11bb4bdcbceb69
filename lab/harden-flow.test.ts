/** How people meet `portlock harden` and `portlock undo`: what is asked, what is refused, and what is left as it was. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Journal } from "../src/apply/journal.ts";
import type { HardenDocument } from "../src/commands/harden-outcome.ts";
import type { Plan } from "../src/plan/plan.ts";
import { CHECKOUT_INSIDE, PORTLOCK_ENVIRONMENT } from "./audit.ts";
import { assertAsBefore, isOpen, readJournals, waitForEnd } from "./changes.ts";
import type { Output } from "./command.ts";
import type { Host } from "./host.ts";
import { type HostState, readHostState } from "./host-state.ts";
import { type Lab, openLab } from "./lab.ts";
import { runPortlock } from "./portlock.ts";
import { missingRequirement } from "./requirements.ts";
import { atTerminal, type Keys } from "./terminal.ts";

const skip = missingRequirement() ?? false;
const timeout = 240_000;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const OVERRIDE = "/etc/systemd/system/ollama.service.d/override.conf";
const DROP_IN = "/etc/systemd/system/ollama.service.d/zz-portlock.conf";
/** Where the state of the host is not compared. */
const PLAN = "/tmp/plan.json";
const COMMAND = `sh ${CHECKOUT_INSIDE}/bin/portlock`;

let host: Host;
/** The host with its open server: so every test finds it, and leaves it. */
let exposed: HostState;

before(async () => {
  if (lab === null) return;
  host = await lab.host({ systemd: true });
  await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
  exposed = await readHostState(host);
});

function portlock(...args: readonly string[]): Promise<Output> {
  return runPortlock(host, args);
}

function asNobody(...args: readonly string[]): Promise<Output> {
  return host.attempt([...COMMAND.split(" "), ...args], { env: PORTLOCK_ENVIRONMENT, user: "nobody" });
}

async function harden(...args: readonly string[]): Promise<HardenDocument> {
  const { stdout, stderr } = await portlock("harden", "--yes", "--json", ...args);
  const document: HardenDocument = JSON.parse(stdout);
  assert.equal(document.journal?.state, "applied", stderr + JSON.stringify(document.journal?.events));
  return document;
}

async function undo(...args: readonly string[]): Promise<Journal> {
  const { stdout, stderr } = await portlock("undo", "--json", ...args);
  assert.notEqual(stdout, "", stderr);
  const journal: Journal = JSON.parse(stdout);
  return journal;
}

/** One error, by its code; the sentence and what to do follow it. */
function assertRefused({ stderr, exitCode }: Output, code: string, says: RegExp, exit: number): void {
  assert.ok(stderr.startsWith(`portlock: error ${code}: `), stderr);
  assert.match(stderr, says);
  assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", /^ {2}What to do: ./, stderr);
  assert.equal(exitCode, exit, stderr);
}

describe("until somebody says yes nothing is changed", { skip, timeout }, () => {
  for (const [who, run] of [
    ["root", portlock],
    ["a user without rights", asNobody],
  ] as const) {
    test(`${who} may look at the plan with --dry-run`, async () => {
      const { stdout, exitCode } = await run("harden", "--dry-run");
      assert.match(stdout, /^Plan for gpu-1: 1 step, .* Nothing has been changed yet\.\n/);
      assert.ok(stdout.includes(DROP_IN), stdout);
      // What only root may read is named, and that it takes root.
      assert.equal(
        /\nFacts are missing: [^]*firewall rules: permission denied[^]* sudo/.test(stdout),
        run === asNobody,
        stdout,
      );
      assert.equal(exitCode, 1);
      await assertAsBefore(host, exposed);
      assert.equal((await host.attempt(["ls", "/var/lib/portlock"])).exitCode, 2, "a folder was made for a plan");
    });
  }

  test("a script without --yes is refused, and told how", async () => {
    assertRefused(await portlock("harden"), "confirmation-missing", /--dry-run, then .* --yes/, 64);
    await assertAsBefore(host, exposed);
  });

  for (const [what, keys, exitCode] of [
    ["n", "n\\r", 1],
    ["nothing but Enter", "\\r", 1],
    ["the end of the input", "\\004", 1],
    ["something else", "yeah right\\r", 1],
    ["Ctrl-C", "\\003", 130],
  ] as const) {
    test(`asked at a terminal, ${what} means no`, async () => {
      const asked = await atTerminal(host, `${COMMAND} harden`, [["[y/N]", keys]]);
      assert.match(asked.stdout, /Change gpu-1 like this\? \[y\/N\] /);
      assert.match(asked.stdout, /Nothing was changed\./);
      assert.equal(asked.exitCode, exitCode, asked.stdout);
      await assertAsBefore(host, exposed);
      assert.deepEqual(await readJournals(host), []);
    });
  }
});

describe("whoever says yes", { skip, timeout }, () => {
  test("at the terminal gets what the plan said, once, and as before by an undo", async () => {
    const { stdout, exitCode } = await atTerminal(host, `${COMMAND} harden`, [["[y/N]", "y\\r"]]);
    assert.match(stdout, /Done and looked at again\. Take it back with: portlock undo \S+/);
    assert.equal(exitCode, 0, stdout);
    assert.equal(await isOpen(host), false);

    const again = await portlock("harden", "--yes");
    assert.match(again.stdout, /^Nothing to do on gpu-1: /);
    assert.equal(again.exitCode, 0);
    assert.equal((await readJournals(host)).length, 1);

    const { state, id } = await undo();
    assert.equal(state, "undone");
    await assertAsBefore(host, exposed);
    assert.equal((await undo(id)).state, "undone");
    assertRefused(await portlock("undo"), "nothing-to-undo", /history/, 2);
    await assertAsBefore(host, exposed);
  });

  const interrupted: readonly (readonly [when: string, keys: Keys])[] = [
    ["while a step is done", ["step 1 of 1", "\\003"]],
    ["while it is looked at again", ["looking again", "\\003"]],
  ];
  for (const [when, keys] of interrupted) {
    test(`and presses Ctrl-C ${when} finds the host as it was`, async () => {
      const told = await atTerminal(host, `${COMMAND} harden`, [["[y/N]", "y\\r"], keys]);
      assert.equal(told.exitCode, 130, told.stdout);
      assert.match(told.stdout, /interrupted\. The host itself takes back what was begun; `portlock history` tells/);
      const journal = await waitForEnd(host);
      assert.equal(journal?.state, "undone", JSON.stringify(journal?.events));
      await assertAsBefore(host, exposed);
    });
  }
});

describe("a plan in a file", { skip, timeout }, () => {
  before(async () => {
    if (lab === null) return;
    const { stderr, exitCode } = await portlock("harden", "--plan", PLAN);
    assert.match(stderr, /^Plan written to .*plan\.json\. Apply it with: portlock harden --apply \/tmp\/plan\.json\n$/);
    assert.equal(exitCode, 1);
  });

  test("is what is applied", async () => {
    await assertAsBefore(host, exposed);
    const saved: Plan = JSON.parse((await host.run(["cat", PLAN])).stdout);
    const { plan, journal } = await harden("--apply", PLAN);
    assert.deepEqual({ ...plan, madeAt: "" }, { ...saved, madeAt: "" });
    assert.deepEqual(journal?.plan, plan);
    assert.equal(await isOpen(host), false);
    assertRefused(
      await portlock("harden", "--apply", PLAN, "--yes"),
      "moved-on",
      /portlock harden --plan \/tmp\/plan\.json/,
      2,
    );
    await undo();
    await assertAsBefore(host, exposed);
  });

  test("is refused where somebody has changed the unit since", async () => {
    await host.run(["cp", "-a", OVERRIDE, "/tmp/override.conf"]);
    await host.write(OVERRIDE, '[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0:8080"\n');
    await host.systemd("daemon-reload");
    await host.systemd("restart", "ollama");
    await host.waitForPort(8080);
    const changed = await readHostState(host);
    assertRefused(await portlock("harden", "--apply", PLAN, "--yes"), "moved-on", /has changed since the plan/, 2);
    assert.deepEqual(await readHostState(host), changed);
    await host.run(["cp", "-a", "/tmp/override.conf", OVERRIDE]);
    await host.systemd("daemon-reload");
    await host.systemd("restart", "ollama");
    await assertAsBefore(host, exposed);
  });

  const spoil: readonly (readonly [what: string, to: (plan: string) => string, code: string])[] = [
    ["that is empty", () => "", "plan-damaged"],
    ["that was cut off", (plan) => plan.slice(0, -100), "plan-damaged"],
    ["of another kind", (plan) => plan.replace("portlock.plan/1", "portlock.report/1"), "plan-damaged"],
    ["of a newer Portlock", (plan) => plan.replace("portlock.plan/1", "portlock.plan/2"), "plan-damaged"],
    ["with a choice nobody has", (plan) => plan.replace('"sandbox": false', '"sandbox": "no"'), "plan-damaged"],
    ["whose commands somebody has changed", (plan) => plan.replace('"daemon-reload"', '"poweroff"'), "moved-on"],
    ["of another host", (plan) => plan.replace('"name": "gpu-1"', '"name": "gpu-2"'), "moved-on"],
  ];
  for (const [what, to, code] of spoil) {
    test(`${what} is refused, and nothing is changed`, async () => {
      const plan = (await host.run(["cat", PLAN])).stdout;
      assert.notEqual(to(plan), plan);
      await host.write("/tmp/spoilt.json", to(plan));
      assertRefused(await portlock("harden", "--apply", "/tmp/spoilt.json", "--yes"), code, /spoilt\.json/, 2);
      await assertAsBefore(host, exposed);
    });
  }
});

describe("what cannot be is refused in words, with what to do", { skip, timeout }, () => {
  const wrong: readonly (readonly [args: string, code: string, says: RegExp, exit: number])[] = [
    [`--apply ${PLAN} --sandbox`, "flags-contradict", /--apply and --sandbox/, 64],
    [`--apply ${PLAN} --may-change 22`, "flags-contradict", /--apply and --may-change/, 64],
    [`--apply ${PLAN} --plan /tmp/other.json`, "flags-contradict", /--apply and --plan/, 64],
    [`--apply ${PLAN} --dry-run`, "flags-contradict", /--apply and --dry-run/, 64],
    ["--allow 10.77.0.0/24", "flag-missing", /--allow is of no use without --firewall/, 64],
    ["--apply /tmp/nothing.json", "file-unread", /nothing\.json/, 2],
    ["--plan /nowhere/plan.json", "file-unwritable", /\/nowhere\/plan\.json/, 2],
    ["--server ollama-7", "plan-refused", /no server ollama-7[^]*portlock audit/, 2],
    ["--method container", "plan-refused", /container does not fit ollama-1/, 2],
    ["--firewall firewalld", "plan-refused", /firewalld/, 2],
    ["--confirm-within tomorrow", "usage", /--confirm-within/, 64],
    ["--allow everybody --firewall auto", "usage", /--allow/, 64],
  ];
  for (const [args, code, says, exit] of wrong) {
    test(`harden ${args}`, async () => {
      assertRefused(await portlock("harden", "--yes", ...args.split(" ")), code, says, exit);
      assert.deepEqual((await waitForEnd(host))?.state, "undone");
    });
  }

  for (const args of ["harden --yes", "undo", "history", "confirm"]) {
    test(`${args} by a user without rights`, async () => {
      assertRefused(await asNobody(...args.split(" ")), "not-root", /sudo/, 2);
    });
  }

  test("after all of them the host is as it was", () => assertAsBefore(host, exposed));
});

describe("two changes of one unit", { skip, timeout }, () => {
  test("the older one is not taken back before the newer", async () => {
    const first = (await harden()).journal?.id ?? "";
    const second = (await harden("--sandbox")).journal?.id ?? "";
    assertRefused(await portlock("undo", first), "later-change-first", new RegExp(`portlock undo ${second}`), 2);
    assert.equal((await undo(second)).state, "undone");
    assert.equal(await isOpen(host), false);
    assert.equal((await undo(first)).state, "undone");
    await assertAsBefore(host, exposed);
  });
});

/** A name that would draw, link or command where it is not taken as text. */
const HOSTILE_NAME = 'PRETTY_NAME="Deb<img src=x>|ian [mend](http://evil.example) `$(id)` \\u001b[31m"\n';

describe("documents and evidence", { skip, timeout }, () => {
  test("each says what it is; the evidence holds before, change and after, and no name of the host's draws", async () => {
    await host.run(["rm", "/etc/os-release"]);
    await host.write("/etc/os-release", HOSTILE_NAME.replace("\\u001b", "\u001b"));
    const { schema, plan, journal, proofs, before: was, after: is } = await harden("--confirm-within", "0");
    assert.deepEqual(
      [schema, plan.schema, journal?.schema, proofs?.schema, was.schema, is?.schema],
      ["harden", "plan", "journal", "proofs", "report", "report"].map((name) => `portlock.${name}/1`),
    );
    for (const [command, wanted] of [
      ["history", "portlock.history/1"],
      ["verify", "portlock.verify/1"],
    ] as const) {
      assert.equal(JSON.parse((await portlock(command, "--json")).stdout).schema, wanted);
    }
    await assertEvidence("en", [
      /^# Evidence: gpu-1$/m,
      /^## Before\n\n- EXPOSED\n- OPEN: [^#]*neighbours on 10\.77\.0\.0\/24, at /m,
      /^## Change$[^]*^- .* step 1: done\n[^]*^ {7}\+ Environment="OLLAMA_HOST=127\.0\.0\.1:11434"$/m,
      /^## After$[^]*^- LOCAL: /m,
      /^## What was not tried$/m,
    ]);
    await assertEvidence("zh-CN", [/^# 验证记录/m, /第 1 步：完成/]);
    assert.equal((await undo()).schema, "portlock.journal/1");
    await host.run(["ln", "-sf", "../usr/lib/os-release", "/etc/os-release"]);
  });
});

/** Written for a ticket, in one language. */
async function assertEvidence(language: string, says: readonly RegExp[]): Promise<void> {
  const file = `/tmp/evidence-${language}.md`;
  const { stderr, exitCode } = await portlock("verify", "--lang", language, "--report", file);
  assert.equal(exitCode, 0, stderr);
  const { stdout: text } = await host.run(["cat", file]);
  for (const each of says) assert.match(text, each);
  const { id, events } = (await readJournals(host)).at(-1) ?? assert.fail();
  for (const word of [id, DROP_IN.split("/").at(-2)?.replace(".d", "") ?? "", ...events.map(({ at }) => at)]) {
    assert.ok(text.includes(word), `${word}\n${text}`);
  }
  assert.doesNotMatch(text, /<img|\u001b|(?<!\\)\]\(|[^\\]`\S*\(id|[^\\]\|ian/, text);
  assert.match(text, /Deb&lt;img src=x/);
  assertRefused(await portlock("verify", "--report", file), "file-exists", /--force/, 64);
}
