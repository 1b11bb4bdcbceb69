/** `portlock audit --host ssh://…`, by somebody who stands elsewhere, with a real sshd on a real host. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import type { Report } from "../src/report/report.ts";
import { NODE_INSIDE } from "./audit.ts";
import type { Auditor } from "./auditor.ts";
import { type Output, runCommand } from "./command.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { admit, letIn, makeKey, startSshServer, toKnownHost } from "./ssh-server.ts";

const skip = missingRequirement("ssh") ?? false;
const timeout = 300_000;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

function opened(): Lab {
  assert.ok(lab);
  return lab;
}

/** A login that leads nowhere. What became of it is looked at last, because it takes its time. */
let hanging: Promise<Output> | null = null;

before(async () => {
  if (lab === null) return;
  const host = await lab.host();
  const { auditor, target } = await letIn(host, host.neighbour, { lines: ["ForceCommand exec sleep 1000"] });
  hanging = auditor.portlock(["audit", "--host", target]);
});

/** Everything a report says, but for the moment of reading: two audits of an unchanged host must agree in it. */
function withoutTime(report: Report): Report {
  return { ...report, recordedAt: "" };
}

/** Without the tools' own words for a refusal, and without the count of others' processes: a login adds its own. */
function withoutDetails(report: Report): Report {
  return { ...withoutTime(report), missing: report.missing.map((each) => ({ ...each, detail: null })) };
}

async function auditOverSsh(auditor: Auditor, target: string): Promise<Report> {
  const output = await auditor.portlock(["audit", "--json", "--host", target]);
  assert.equal(output.stderr, "");
  return JSON.parse(output.stdout);
}

/** What listens on many a host beside its model server, and a model server on a port of its own. */
const BUSY_NEIGHBOURS = `
  const { createServer } = require("node:net");
  const http = require("node:http");
  for (let port = 20000; port < 20010; port += 1) createServer((socket) => socket.destroy()).listen(port);
  for (let port = 20100; port < 20110; port += 1) createServer((socket) => socket.on("error", () => {})).listen(port);
  const other = (request, response) => response.writeHead(404).end("no");
  for (let port = 20200; port < 20208; port += 1) http.createServer(other).listen(port);
  const models = JSON.stringify({ object: "list", data: [{ id: "m", owned_by: "vllm" }] });
  const vllm = (request, response) => request.url === "/v1/models" ? response.end(models) : other(request, response);
  http.createServer(vllm).listen(20300);`;

/** A ProxyCommand to port 22 of an address, with 25 ms of line in each direction. */
const SLOW_LINE = `
  const socket = require("node:net").connect(22, process.argv[2]);
  const pass = (from, to) => from.on("data", (data) => setTimeout(() => to.write(data), 25));
  pass(process.stdin, socket);
  pass(socket, process.stdout);
  process.stdin.on("end", () => setTimeout(() => socket.end(), 25));
  socket.on("close", () => process.exit());`;

async function setUp(id: string): Promise<Host> {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  assert.ok(configuration, id);
  const host = await opened().host(configuration.host ?? {});
  await configuration.set(host);
  return host;
}

describe("an audit over SSH says what an audit on the host itself says", { skip, timeout, concurrency: 2 }, () => {
  for (const [id, needs] of [
    ["all-addresses"],
    ["etc-environment"],
    ["restart-missing"],
    ["second-server-by-hand"],
    ["other-namespace"],
    ["docker-published", "docker"],
  ] as const) {
    const skipped = needs === undefined ? false : (missingRequirement(needs) ?? false);
    test(`as root: ${id}`, { skip: skipped }, async () => {
      const host = await setUp(id);
      const { auditor, target } = await letIn(host, host.neighbour);
      const local = await host.audit();
      assert.deepEqual(withoutTime(await auditOverSsh(auditor, target)), withoutTime(local.report));
      host.close();
    });
  }

  test("as a user without rights: all-addresses", async () => {
    const host = await setUp("all-addresses");
    const { auditor, target } = await letIn(host, host.outsider, { user: "alice" });
    const local = await host.audit({ as: "alice" });
    assert.notDeepEqual(local.report.missing, []);
    assert.deepEqual(withoutDetails(await auditOverSsh(auditor, target)), withoutDetails(local.report));
    host.close();
  });

  test("on a busy host and over a slow line", async () => {
    const host = await setUp("fresh-install");
    await host.spawn([NODE_INSIDE, "--eval", BUSY_NEIGHBOURS]);
    await host.waitForPort(20_300);
    const { auditor, server } = await letIn(host, host.neighbour);
    auditor.write("slow-line.js", SLOW_LINE);
    auditor.write(".ssh/known_hosts", toKnownHost("far", server));
    auditor.write(
      ".ssh/config",
      `Host far\n  ProxyCommand ${process.execPath} ~/slow-line.js ${host.addresses.eth0.ipv4}\n`,
    );
    const local = await host.audit();
    assert.deepEqual(
      local.report.servers.map((each) => each.kind),
      ["ollama", "vllm"],
    );
    assert.deepEqual(withoutTime(await auditOverSsh(auditor, "ssh://root@far")), withoutTime(local.report));
    host.close();
  });
});

describe("several hosts in one command", { skip, timeout }, () => {
  test("each is read at the same time, told in its own place, and one that fails stops nobody", async () => {
    const hosts = await Promise.all([setUp("all-addresses"), setUp("loopback-ipv4"), setUp("no-server")]);
    const auditor = hosts[0].auditorAt(hosts[0].neighbour);
    const key = await makeKey(auditor);
    const entries = await Promise.all(
      hosts.map(async (host, index) => {
        const server = await startSshServer(host);
        await admit(host, key);
        // Every host of the lab lives in a world of its own, which a jump through its neighbour leads into.
        const way = [...host.neighbour.entry, "busybox", "nc", host.addresses.eth0.ipv4, "22"].join(" ");
        return { known: toKnownHost(`gpu-${index}`, server), config: `Host gpu-${index}\n  ProxyCommand ${way}\n` };
      }),
    );
    auditor.write(".ssh/known_hosts", entries.map(({ known }) => known).join(""));
    auditor.write(".ssh/config", `${entries.map(({ config }) => config).join("")}User root\n`);
    const name = (target: string): readonly string[] => ["--host", target];

    const targets = ["ssh://gpu-1", "ssh://root@10.77.0.10:2", "ssh://gpu-0", "ssh://gpu-2"];
    const all = await auditor.portlock(["audit", "--json", ...targets.flatMap(name)]);
    const documents: readonly { schema: string; verdict?: string; target?: string }[] = JSON.parse(all.stdout);
    assert.deepEqual(
      documents.map((each) => each.verdict ?? each.schema),
      ["local", "portlock.error/1", "exposed", "none"],
    );
    assert.equal(documents[1]?.target, "ssh://root@10.77.0.10:2");
    assert.match(
      all.stderr,
      /^portlock: error ssh-unreachable: No SSH server answers there: ssh:\/\/root@10\.77\.0\.10:2\n/,
    );
    assert.equal(all.exitCode, 1, "the exposed host counts for more than the one nobody could read");

    const text = await auditor.portlock(["audit", ...["ssh://gpu-2", "ssh://gpu-1"].flatMap(name)]);
    assert.match(text.stdout, /^Host ssh:\/\/gpu-2\n[^]*^Host ssh:\/\/gpu-1\n/m);
    assert.deepEqual([text.exitCode, text.stderr], [0, ""]);
    const unread = await auditor.portlock(["audit", ...["ssh://gpu-2", "ssh://root@10.77.0.10:2"].flatMap(name)]);
    assert.equal(unread.exitCode, 2, "a host that could not be read is not judged");
    for (const host of hosts) host.close();
  });
});

describe("a session", { skip, timeout }, () => {
  test("writes nothing on the host, shows no secret to anybody, and leaves nothing behind", async () => {
    const host = await opened().host({ systemd: true });
    await host.installOllama({ override: ["Environment=API_TOKEN=swordfish"] });
    const { auditor, target } = await letIn(host, host.neighbour);
    await auditor.run(["ssh", target, "true"]); // what a login by itself leaves, such as its user's slice
    const before = await listWritten(host);
    const child = auditor.start(["audit", "--host", target]);
    const seen = await watchCommandLines(child, auditor);
    assert.deepEqual(difference(before, await listWritten(host)), []);
    assert.ok(
      seen.some((line) => line.startsWith("ssh ") && line.includes("/bin/sh")),
      "the login was not seen",
    );
    for (const line of seen) {
      assert.doesNotMatch(line, /swordfish|API_TOKEN/);
      assert.doesNotMatch(line, /[0-9a-f]{32}/, "the mark by which replies are told apart");
    }
    await assertNothingLeft(auditor, host);
    host.close();
  });

  for (const [signal, where, lines] of [
    ["SIGINT", "while the host is read", []],
    // What its administrator made the login run goes on there: sshd ends nothing that has no terminal.
    ["SIGHUP", "while the login hangs", ["ForceCommand exec sleep 2000"]],
  ] as const) {
    test(`${signal} ${where} leaves no client, no socket and no shell behind`, async () => {
      const host = await opened().host({ systemd: true });
      const { auditor, target } = await letIn(host, host.neighbour, { lines });
      await host.write("/usr/local/sbin/ss", "#!/bin/sh\nexec sleep 1000\n", 0o755);
      const child = auditor.start(["audit", "--host", target]);
      await waitUntil(async () => (await host.attempt(["pgrep", "-f", "sleep [12]000"])).exitCode === 0);
      assert.notDeepEqual(readdirSync(auditor.temporary), []);
      if (child.pid !== undefined) process.kill(-child.pid, signal);
      const [, endedBy] = await once(child, "exit");
      assert.equal(endedBy, signal);
      await assertNothingLeft(auditor, host);
      host.close();
    });
  }

  test("that may not reach the host's own ports leaves every verdict that needs an answer unknown, and says how to mend it", async () => {
    const host = await opened().host({ systemd: true });
    await host.spawn(["busybox", "httpd", "-f", "-p", "0.0.0.0:9000"]);
    await host.waitForPort(9000);
    const { auditor, target } = await letIn(host, host.neighbour, { lines: ["AllowTcpForwarding no"] });
    assert.equal((await host.audit()).report.verdict, "none");
    for (const servers of [[], ["unknown"]]) {
      if (servers.length > 0) await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
      const report = await auditOverSsh(auditor, target);
      assert.equal(report.verdict, "unknown");
      assert.deepEqual(
        report.servers.map((server) => server.verdict),
        servers,
      );
      assert.deepEqual(
        report.missing.map((each) => [each.fact, each.why]),
        [["answers", "denied"]],
      );
      assert.match(report.missing[0]?.fix ?? "", /AllowTcpForwarding local/);
    }
    host.close();
  });

  test("progress is on a terminal's error stream alone, and gone before the report", async () => {
    const host = await setUp("loopback-ipv4");
    const { auditor, target } = await letIn(host, host.neighbour, { lines: ["ForceCommand sleep 1; exec /bin/sh"] });
    const command = `${process.execPath} ${MAIN} audit --host ${target}`;
    const onTerminal = `script --quiet --return --command '${command} >~/report.txt' /dev/null`;
    const { stdout, exitCode } = await auditor.run(["sh", "-c", onTerminal], { env: { TERM: "xterm" } });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^\r\u001b\[2Klogging in to ssh:\/\/root@10\.77\.0\.10 \.\.\.\r/);
    assert.match(stdout, /reading ssh:\/\/root@10\.77\.0\.10: /);
    assert.match(stdout, /\r\u001b\[2K$/, "the line is taken away");
    assert.doesNotMatch(stdout, /\n/, "one line, written over and over");
    const report = readFileSync(join(auditor.home, "report.txt"), "utf8");
    assert.match(report, /^LOCAL/);
    assert.doesNotMatch(report, /\u001b|\r/);
    const inPipe = await auditor.portlock(["audit", "--host", target]);
    assert.equal(inPipe.stderr, "");
    assert.deepEqual(inPipe.stdout.split("\n").toSpliced(1, 1), report.split("\n").toSpliced(1, 1)); // less the time
    host.close();
  });

  test("that hangs from its first moment on is given up", async () => {
    const output = await hanging;
    assert.match(
      output?.stderr ?? "",
      /^portlock: error ssh-timeout: The login takes too long: ssh:\/\/root@10\.77\.0\.10\n/,
    );
    assert.deepEqual([output?.exitCode, output?.stdout], [2, ""]);
  });
});

const MAIN = join(import.meta.dirname, "..", "src", "main.ts");

/** What a login writes anywhere, whoever makes it: who is logged in, and its log. */
const LOGIN_TRACES = /^\S*\/(?:run\/(?:systemd|user|log|utmp|motd\.dynamic)|var\/log\/(?:journal|wtmp|lastlog))\b/;

/** Every file on the host's own disk and in its memory, with size and times. */
async function listWritten(host: Host): Promise<readonly string[]> {
  const format = ["-not", "-type", "d", "-printf", "%p %s %T@ %C@\\n"];
  const disk = await runCommand(["find", host.writtenDirectory, ...format]);
  const memory = await host.run(["find", "/run", "/tmp", "/dev/shm", ...format]);
  const written = disk.stdout.replaceAll(host.writtenDirectory, "");
  return `${written}${memory.stdout}`.split("\n").filter((line) => !LOGIN_TRACES.test(line));
}

function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  const [known, now] = [new Set(before), new Set(after)];
  return [...after.filter((line) => !known.has(line)), ...before.filter((line) => !now.has(line))];
}

/** Command lines of the auditor's and the host's processes, as anybody on either machine can read them, until the end. */
async function watchCommandLines(child: ChildProcess, auditor: Auditor): Promise<readonly string[]> {
  const seen = new Set<string>();
  const ended = once(child, "exit").then(() => true);
  while (!(await Promise.race([ended, sleep(5, false)]))) {
    for (const pid of listProcesses()) {
      const line = readCommandLine(pid);
      if (line.includes("portlock") || line.includes(auditor.temporary) || line.startsWith("ssh")) seen.add(line);
    }
  }
  return [...seen];
}

/** No process that knows the auditor's temporary folder, nothing in it, and no login on the host. */
async function assertNothingLeft(auditor: Auditor, host: Host): Promise<void> {
  assert.deepEqual(readdirSync(auditor.temporary), []);
  const left = listProcesses().map(readCommandLine);
  assert.deepEqual(
    left.filter((line) => line.includes(auditor.temporary)),
    [],
  );
  await waitUntil(async () => {
    const { stdout } = await host.run(["ps", "-eo", "args"]);
    return !/^sshd: \S+@|^\/bin\/sh$|sleep 1000/m.test(stdout);
  });
}

function listProcesses(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // gone
  }
}

/** The test's own time limit ends a wait in vain. */
async function waitUntil(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(20);
}
