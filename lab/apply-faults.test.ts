/**
 * Changes of real services on real hosts, broken in every way that a host breaks them: afterwards files, the unit and
 * what strangers get are as they were or as planned, and the history says which.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { History, Journal } from "../src/apply/journal.ts";
import { toPlan } from "../test/a-change.ts";
import type { Blow, Orders } from "../src/apply/testing/apply-and-die.ts";
import type { Plan, Step } from "../src/plan/plan.ts";
import { CHECKOUT_INSIDE, NODE_INSIDE, PORTLOCK_ENVIRONMENT } from "./audit.ts";
import { waitForWatches } from "./changes.ts";
import { isFull } from "./extent.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const UNIT = "ollama.service";
const DROP_IN_FOLDER = "/etc/systemd/system/ollama.service.d";
const DROP_IN = `${DROP_IN_FOLDER}/zz-portlock.conf`;
const PROGRAM = `${CHECKOUT_INSIDE}/src/apply/testing/apply-and-die.ts`;
const ID = "20261128T060102Z-3f9a";
const NO_BLOW: Blow = { verb: 0, when: "before", signal: "SIGKILL" };
const PATIENCE_MS = 60_000;

function toStep(lines: readonly string[], more: Partial<Step> = {}): Partial<Step> {
  return {
    folders: [DROP_IN_FOLDER],
    files: [{ path: DROP_IN, edit: { kind: "write", text: `[Service]\n${lines.join("\n")}\n`, mode: 0o644 } }],
    commands: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "restart", "--", UNIT],
    ],
    undo: {
      before: [],
      after: [
        ["systemctl", "daemon-reload"],
        ["systemctl", "reset-failed", "--", UNIT],
        ["systemctl", "restart", "--", UNIT],
      ],
    },
    expect: [
      { kind: "unit-active", unit: UNIT, scope: "system", uid: null },
      { kind: "listens-on-loopback-only", port: 11434 },
      { kind: "answers", address: "127.0.0.1", port: 11434 },
    ],
    ...more,
  };
}

const CLOSES: Plan = toPlan(toStep(["Environment=OLLAMA_HOST=127.0.0.1:11434"]));

async function openExposed(): Promise<Host> {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  await host.installOllama({ mainUnit: ["Environment=OLLAMA_HOST=0.0.0.0:11434"] });
  return host;
}

/** Carries out a plan there as Portlock does; the text it says, which is none where it was killed. */
async function apply(host: Host, plan: Plan, more: Partial<Orders> = {}): Promise<string> {
  const orders: Orders = {
    plan,
    id: ID,
    confirmWithinSeconds: null,
    patienceSeconds: 600,
    stateFolder: "/var/lib/portlock",
    ...NO_BLOW,
    ...more,
  };
  // The shell tells how it ended, also where it was killed.
  const argv = ["sh", "-c", '"$@"; exit $?', "sh", NODE_INSIDE, PROGRAM, JSON.stringify(orders)];
  const { stdout } = await host.attempt(argv, { timeoutMs: 240_000 });
  return stdout;
}

async function portlock<Document>(host: Host, ...args: readonly string[]): Promise<Document> {
  const argv = ["sh", `${CHECKOUT_INSIDE}/bin/portlock`, ...args, "--json"];
  const { stdout, stderr } = await host.attempt(argv, { env: PORTLOCK_ENVIRONMENT, timeoutMs: 120_000 });
  assert.notEqual(stdout, "", stderr);
  const document: Document = JSON.parse(stdout);
  return document;
}

/** The change as the host's history tells it once it has come to its end; null where it was never begun. */
async function waitForEnd(host: Host): Promise<Journal | null> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const { journals, damaged } = await portlock<History>(host, "history");
    assert.deepEqual(damaged, []);
    const [journal] = journals;
    if (journal === undefined) return null;
    if (["applied", "undone", "undo-failed"].includes(journal.state)) return journal;
    const isWatched = journal.events.some(({ what }) => what === "armed");
    if (!isWatched && Date.now() > deadline - PATIENCE_MS / 2) return portlock<Journal>(host, "undo", ID);
    assert.ok(Date.now() < deadline, `still ${journal.state}`);
  }
}

/** Files of the services with bytes, permissions, owners and times, and what the service was loaded with. */
async function look(host: Host): Promise<string> {
  const files = "find /etc/systemd/system -type f -printf '%p %m %U:%G %T@\\n' -exec sha256sum {} \\; | sort";
  const others = "find /etc/systemd/system ! -type f -printf '%p %y %m %U:%G %l\\n' | sort";
  const { stdout: disk } = await host.run(["sh", "-c", `${files}; ${others}`]);
  const properties = "--property=ActiveState,Environment,DropInPaths,NeedDaemonReload";
  const { stdout: unit } = await host.run(["systemctl", "show", properties, "--", UNIT]);
  return disk + unit;
}

async function isOpen(host: Host): Promise<boolean> {
  const { kind } = await host.outsider.get(host.addresses.eth0.ipv4, 11434);
  assert.ok(kind === "answered" || kind === "refused", kind);
  return kind === "answered";
}

async function assertAsBefore(host: Host, before: string): Promise<void> {
  await host.waitForPort(11434);
  assert.equal(await look(host), before);
  assert.equal(await isOpen(host), true);
}

test("a change closes the door, and its undo gives back the very host", { skip, timeout: 120_000 }, async () => {
  const host = await openExposed();
  const before = await look(host);
  assert.match(await apply(host, CLOSES), /"outcome":"applied"/);
  assert.equal(await isOpen(host), false);
  assert.equal((await waitForEnd(host))?.state, "applied");
  const journal = await portlock<Journal>(host, "undo");
  assert.equal(journal.state, "undone", JSON.stringify(journal.events));
  await assertAsBefore(host, before);
  host.close();
});

test("killed anywhere, the service is as it was or as planned", { skip, timeout: 900_000 }, async () => {
  const host = await openExposed();
  const before = await look(host);
  // Otherwise the first run has a folder more to make than those that are struck.
  await host.run(["mkdir", "-m", "0700", "/var/lib/portlock"]);
  const { verbs } = JSON.parse(await apply(host, CLOSES));
  const planned = (await look(host)).replaceAll(/ \d+\.\d{10}\n/g, "\n");
  await portlock<Journal>(host, "undo");
  await assertAsBefore(host, before);
  const ends = new Set<string>();
  // All of the verbs from the first that touches the host on; those before are struck in the tests of src/apply.
  for (let verb = verbs - 16; verb <= verbs; verb += 1) {
    // After the last one everything is done.
    const moments = verb === verbs ? (["before", "during", "after"] as const) : (["before", "during"] as const);
    for (const when of moments) {
      // Its unit has the name that the next one will have.
      await waitForWatches(host);
      await host.run(["rm", "-rf", `/var/lib/portlock/${ID}`]);
      assert.equal(await apply(host, CLOSES, { verb, when }), "", `verb ${verb}`);
      const journal = await waitForEnd(host);
      const what = `${when} verb ${verb}: ${JSON.stringify(journal)}`;
      if (journal?.state === "applied") {
        assert.equal((await look(host)).replaceAll(/ \d+\.\d{10}\n/g, "\n"), planned, what);
        assert.equal(await isOpen(host), false, what);
        await portlock<Journal>(host, "undo");
      } else assert.ok(journal === null || journal.state === "undone", what);
      ends.add(journal?.state ?? "never begun");
      await assertAsBefore(host, before);
    }
  }
  assert.ok(ends.has("applied") && ends.has("undone"), [...ends].join());
  host.close();
});

test("what is not confirmed in time goes back by itself", { skip, timeout: 120_000 }, async () => {
  const host = await openExposed();
  const before = await look(host);
  assert.match(await apply(host, CLOSES, { confirmWithinSeconds: 4 }), /"outcome":"waiting"/);
  assert.equal(await isOpen(host), false);
  const { stdout } = await host.run(["systemctl", "is-active", `portlock-revert-${ID}.service`]);
  assert.equal(stdout.trim(), "active");
  assert.equal((await waitForEnd(host))?.state, "undone");
  await assertAsBefore(host, before);
  host.close();
});

test("what is confirmed stays, and its watch goes", { skip, timeout: 120_000 }, async () => {
  const host = await openExposed();
  assert.match(await apply(host, CLOSES, { confirmWithinSeconds: 6 }), /"outcome":"waiting"/);
  assert.equal((await portlock<Journal>(host, "confirm")).state, "applied");
  await sleep(9_000);
  assert.equal((await waitForEnd(host))?.state, "applied");
  assert.equal(await isOpen(host), false);
  const { stdout } = await host.attempt(["systemctl", "is-active", `portlock-revert-${ID}.service`]);
  assert.equal(stdout.trim(), "inactive");
  host.close();
});

test("a host that is shut down before anybody confirms comes up as it was", { skip, timeout: 180_000 }, async () => {
  const host = await openExposed();
  assert.match(await apply(host, CLOSES, { confirmWithinSeconds: 600 }), /"outcome":"waiting"/);
  assert.equal(await isOpen(host), false);
  await host.reboot();
  // Files are back; services could not be restarted on the way down, which the history says and the boot has done.
  const journal = await waitForEnd(host);
  assert.ok(journal?.state === "undone" || journal?.state === "undo-failed", JSON.stringify(journal));
  await host.attempt(["systemctl", "start", UNIT]);
  await host.waitForPort(11434);
  assert.equal(await isOpen(host), true);
  assert.equal((await portlock<Journal>(host, "undo", ID)).state, "undone");
  host.close();
});

/** What breaks a change of a host, and what is said of the step. Where it is broken it stays so during the undo. */
const FAULTS: readonly (readonly [what: string, set: (host: Host) => Promise<unknown>, plan: Plan, says: RegExp])[] = [
  [
    "a unit that does not start any more",
    () => Promise.resolve(),
    toPlan(toStep(["ExecStartPre=/bin/false", "Environment=OLLAMA_HOST=127.0.0.1:11434"])),
    /systemctl: exit code 1/,
  ],
  [
    "a server that listens elsewhere than it was told",
    () => Promise.resolve(),
    toPlan(toStep(["Environment=OLLAMA_HOST=0.0.0.0:11434"])),
    /port 11434 is still listened on/,
  ],
  [
    "a disk that is full",
    async (host) => {
      await host.run(["mkdir", DROP_IN_FOLDER]);
      await host.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=755", "none", DROP_IN_FOLDER]);
      await host.attempt(["sh", "-c", `head -c 100000 /dev/zero >${DROP_IN_FOLDER}/filled`]);
    },
    CLOSES,
    /I\/O error|No space left|not all of it was written/,
  ],
  [
    "a folder that is read-only",
    async (host) => {
      await host.run(["mkdir", DROP_IN_FOLDER]);
      await host.run(["mount", "-t", "tmpfs", "-o", "ro,mode=755", "none", DROP_IN_FOLDER]);
    },
    CLOSES,
    /Read-only file system/,
  ],
];

/** A command is waited for as long as a service may take to stop: two minutes. */
const SLOW_FAULTS: typeof FAULTS = [
  [
    "a systemctl that hangs",
    (host) =>
      host.write(
        "/usr/local/sbin/systemctl",
        '#!/bin/sh\nif [ "$1" = restart ] && mkdir /run/hung 2>/dev/null; then exec sleep 1000; fi\nexec /usr/bin/systemctl "$@"\n',
        0o755,
      ),
    CLOSES,
    /^systemctl: /,
  ],
];

for (const [what, set, plan, says] of isFull ? [...FAULTS, ...SLOW_FAULTS] : FAULTS) {
  test(`${what}: all goes back, and the server serves as before`, { skip, timeout: 300_000 }, async () => {
    const host = await openExposed();
    await set(host);
    await host.systemd("daemon-reload");
    const before = await look(host);
    assert.match(await apply(host, plan), /"outcome":"undone"/);
    const journal = await waitForEnd(host);
    const failed = journal?.events.find((event) => event.what === "step-failed");
    assert.match(failed?.detail ?? "", says);
    await assertAsBefore(host, before);
    host.close();
  });
}

test("the disk of the journal is full: it is undone, and says so", { skip, timeout: 180_000 }, async () => {
  const host = await openExposed();
  const before = await look(host);
  await host.run(["mkdir", "-m", "0700", "/var/lib/portlock"]);
  // Room enough to begin, and none to go on: the step fills it up itself.
  await host.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", "/var/lib/portlock"]);
  await host.run(["sh", "-c", "head -c 2000000 /dev/zero >/root/large"]);
  const fills: Partial<Step> = { commands: [["cp", "-a", "--", "/root/large", "/var/lib/portlock/large"]] };
  assert.match(
    await apply(host, toPlan(toStep(["Environment=OLLAMA_HOST=127.0.0.1:11434"]), fills)),
    /"outcome":"undone"/,
  );
  assert.equal((await waitForEnd(host))?.state, "undone");
  await assertAsBefore(host, before);
  host.close();
});

test(
  "systemctl fails even while it is undone: it says so, and a second undo mends it",
  { skip, timeout: 180_000 },
  async () => {
    const host = await openExposed();
    const before = await look(host);
    const restart = "/usr/local/sbin/systemctl";
    await host.write(restart, '#!/bin/sh\n[ "$1" = restart ] && exit 1\nexec /usr/bin/systemctl "$@"\n', 0o755);
    assert.match(await apply(host, CLOSES), /"outcome":"undo-failed"/);
    const journal = await waitForEnd(host);
    assert.equal(journal?.state, "undo-failed");
    await host.run(["rm", restart]);
    assert.equal((await portlock<Journal>(host, "undo")).state, "undone");
    await assertAsBefore(host, before);
    host.close();
  },
);
