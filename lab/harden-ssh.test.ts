/** Closing a host from elsewhere: planned here, applied there, and whoever works there over SSH stays where he is. */
import assert from "node:assert/strict";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import type { Journal } from "../src/apply/journal.ts";
import type { HardenDocument } from "../src/commands/harden-outcome.ts";
import type { Verified } from "../src/report/proof-lines.ts";
import type { Auditor } from "./auditor.ts";
import { assertAsBefore, isOpen, readJournals, waitForEnd } from "./changes.ts";
import type { Output } from "./command.ts";
import type { Host } from "./host.ts";
import { type HostState, readHostState } from "./host-state.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { letIn } from "./ssh-server.ts";
import { openSshVantage } from "./ssh-vantage.ts";

const skip = missingRequirement("ssh", "ufw") ?? false;
const timeout = 240_000;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

/** A host with an open server, and the administrator who works on it from elsewhere. */
interface Site {
  readonly host: Host;
  readonly auditor: Auditor;
  readonly target: string;
  readonly exposed: HostState;
  readonly session: Session;
}

/** The administrator's own login, which stands open all the while. */
interface Session {
  /** What the host says to a line that is typed there. */
  ask(line: string): Promise<string>;
  end(): void;
}

function openSession(auditor: Auditor, { ipv4 }: { readonly ipv4: string }): Session {
  const child: ChildProcessWithoutNullStreams = auditor.spawn(["ssh", "-T", `root@${ipv4}`, "exec sh"]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      return done === true ? "the session has ended" : value;
    },
    end: () => child.stdin.end(),
  };
}

async function openSite(rules: "ufw" | "none"): Promise<Site> {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
  if (rules === "ufw") {
    for (const port of ["22/tcp", "11434/tcp"]) await host.run(["ufw", "allow", port]);
    await host.run(["ufw", "--force", "enable"]);
    // As Debian has it, and with the two rules that come with the first reload only.
    await host.systemd("enable", "ufw");
    await host.run(["ufw", "reload"]);
  }
  const { auditor, target } = await letIn(host, host.neighbour);
  const session = openSession(auditor, host.addresses.eth0);
  assert.equal(await session.ask("echo here"), "here");
  return { host, auditor, target, exposed: await readHostState(host), session };
}

async function say<Document>({ auditor, target }: Site, ...args: readonly string[]): Promise<Document> {
  const { stdout, stderr } = await auditor.portlock([...args, "--json", "--host", target]);
  assert.notEqual(stdout, "", stderr);
  assert.equal(stderr, "");
  const document: Document = JSON.parse(stdout);
  return document;
}

async function assertStillThere({ auditor, host, session }: Site): Promise<void> {
  assert.equal(await session.ask("echo here"), "here", "the administrator's session is gone");
  const { stdout, stderr } = await auditor.run(["ssh", `root@${host.addresses.eth0.ipv4}`, "echo back"]);
  assert.equal(stdout, "back\n", stderr);
  assert.equal((await host.local.get("127.0.0.1", 11434)).kind, "answered");
}

function assertRefused({ stderr, exitCode }: Output, code: string, says: RegExp): void {
  assert.ok(stderr.startsWith(`portlock: error ${code}: `), stderr);
  assert.match(stderr, says);
  assert.equal(exitCode, 2, stderr);
}

describe("a host with ufw", { skip, timeout }, () => {
  let site: Site;
  before(async () => {
    if (lab !== null) site = await openSite("ufw");
  });

  test("the service is closed, proven from two places, and given back", async () => {
    const { host, auditor, target, exposed } = site;
    const { plan, journal, proofs } = await say<HardenDocument>(site, "harden", "--yes");
    assert.deepEqual([journal?.state, journal?.confirmBy], ["applied", null]);
    assert.ok(plan.claims.length > 0);
    assert.ok(proofs?.proofs.some(({ place, verdict }) => place.kind === "namespace" && verdict === "closed"));
    assert.equal(await isOpen(host), false);
    await assertStillThere(site);

    const vantage = await openSshVantage(host, auditor);
    try {
      // Nothing is needed on the host but a POSIX shell, and bash where there is no curl.
      await host.run(["mount", "--bind", "/dev/null", "/usr/bin/curl"]);
      const verified = await say<Verified>(site, "verify", "--vantage", "namespace", "--vantage", vantage.target);
      const seen = new Set(verified.proofs.proofs.map(({ place, verdict }) => `${place.kind} ${verdict}`));
      assert.deepEqual([...seen].toSorted(), ["host open", "namespace closed", "ssh closed"]);
    } finally {
      await host.run(["umount", "/usr/bin/curl"]);
      vantage.sshd.kill("SIGTERM");
    }

    const { journals } = await say<{ readonly journals: readonly Journal[] }>(site, "history");
    assert.deepEqual(
      journals.map(({ id, state }) => [id, state]),
      [[journal?.id, "applied"]],
    );
    const nothing = await auditor.portlock(["harden", "--yes", "--host", target]);
    assert.match(nothing.stdout, /^Nothing to do on gpu-1: /);
    assert.equal((await say<Journal>(site, "undo")).state, "undone");
    await assertAsBefore(host, exposed);
  });

  test("a rule waits for a confirmation unless told otherwise; confirmed it stays, and an undo takes it away", async () => {
    const { host, auditor, target, exposed } = site;
    const asked = Date.now();
    const { stdout, exitCode } = await auditor.portlock(["harden", "--yes", "--firewall", "auto", "--host", target]);
    const confirm = new RegExp(`portlock confirm (\\S+) --host ${target}`).exec(stdout);
    assert.ok(confirm?.[1] !== undefined, stdout);
    assert.match(stdout, /Still found: \S+.*\. See: portlock explain \S+\n/);
    assert.equal(exitCode, 1, stdout);
    const waiting = (await readJournals(host)).at(-1);
    assert.equal(waiting?.state, "waiting");
    const seconds = (Date.parse(waiting.confirmBy ?? "") - asked) / 1000;
    assert.ok(seconds > 60 && seconds < 180, waiting.confirmBy ?? "no time");
    assert.equal(await isOpen(host), false);
    await assertStillThere(site);
    assertRefused(
      await auditor.portlock(["harden", "--yes", "--host", target, "--sandbox"]),
      "change-unfinished",
      /portlock confirm/,
    );

    const confirmed = await say<Journal>(site, "confirm", confirm[1]);
    assert.deepEqual([confirmed.state, confirmed.confirmBy], ["applied", null]);
    assertRefused(await auditor.portlock(["confirm", "--host", target]), "nothing-to-confirm", /portlock history/);
    assert.equal(await isOpen(host), false);
    assert.equal((await say<Journal>(site, "undo")).state, "undone");
    await assertStillThere(site);
    await assertAsBefore(host, exposed);
  });

  for (const [what, args] of [
    ["a rule", ["--firewall", "ufw"]],
    ["a service", []],
  ] as const) {
    test(`${what} that nobody confirms in time goes back by itself`, async () => {
      const { journal } = await say<HardenDocument>(site, "harden", "--yes", "--confirm-within", "3s", ...args);
      assert.equal(journal?.state, "waiting");
      assert.equal(await isOpen(site.host), false);
      assert.equal((await waitForEnd(site.host))?.state, "undone");
      await assertStillThere(site);
      await assertAsBefore(site.host, site.exposed);
    });
  }

  test("a login without rights may plan, and is told what to do to change", async () => {
    const { host, auditor } = site;
    await host.run(["useradd", "--create-home", "--shell", "/bin/bash", "alice"]);
    await host.run(["cp", "-r", "/root/.ssh", "/home/alice"]);
    await host.run(["chown", "-R", "alice:", "/home/alice/.ssh"]);
    const target = `ssh://alice@${host.addresses.eth0.ipv4}`;
    assert.match((await auditor.portlock(["harden", "--dry-run", "--host", target])).stdout, /^Plan for gpu-1: /);
    assertRefused(await auditor.portlock(["harden", "--yes", "--host", target]), "not-root", /ssh:\/\/root@/);
    site.session.end();
  });
});

describe("a host whose rules are nobody's", { skip, timeout }, () => {
  test("a table of nftables of our own, until nobody confirms it", async () => {
    const site = await openSite("none");
    const args = ["harden", "--yes", "--firewall", "auto", "--confirm-within", "3s"];
    const { plan, journal } = await say<HardenDocument>(site, ...args);
    assert.deepEqual(
      plan.steps.map(({ kind, target }) => [kind, target]),
      [["add-firewall-rule", "nftables"]],
    );
    assert.equal(journal?.state, "waiting");
    assert.equal(await isOpen(site.host), false);
    await assertStillThere(site);
    assert.equal((await waitForEnd(site.host))?.state, "undone");
    await assertStillThere(site);
    await assertAsBefore(site.host, site.exposed);
    site.session.end();
    site.host.close();
  });

  test("a rule that would cut the session it comes by is refused, whatever may be changed", async () => {
    assert.ok(lab);
    const host = await lab.host({ systemd: true, secondLan: true });
    // An SSH server on the port of the model server, at another of the host's addresses.
    const lines = [`ListenAddress ${host.addresses.eth0.ipv4}`];
    const { auditor, target } = await letIn(host, host.neighbour, { port: 11434, lines });
    await host.installOllama({ override: [`Environment=OLLAMA_HOST=${host.addresses.eth1.ipv4}`] });
    await host.local.get(host.addresses.eth1.ipv4, 11434, { timeoutMs: 10_000 });
    const before = await readHostState(host);
    for (const more of [[], ["--may-change", "11434"]]) {
      const args = ["harden", "--yes", "--firewall", "auto", "--host", target, ...more];
      assertRefused(await auditor.portlock(args), "plan-refused", new RegExp(host.addresses.neighbour.ipv4));
    }
    await assertAsBefore(host, before);
    host.close();
  });
});
