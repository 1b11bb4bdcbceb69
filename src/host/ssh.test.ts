import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import * as net from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { HostError } from "./host-error.ts";
import type { HostReader, Reading } from "./host.ts";
import { startSshd, SSHD_MISSING } from "./loopback-sshd.ts";
import type { LoopbackSshd, SshdSettings } from "./loopback-sshd.ts";
import { openSshHost } from "./ssh.ts";
import type { SshSettings } from "./ssh.ts";

async function open(context: TestContext, sshd: LoopbackSshd, settings: SshSettings = {}): Promise<HostReader> {
  const host = openSshHost(sshd.target, { configFile: sshd.configFile, ...settings });
  context.after(() => host.close());
  return Promise.resolve(host);
}

async function expectHostError(read: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(read, (error) => {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.code, code, `${error.message} ${error.detail}`);
    assert.notEqual(error.hint, "");
    return true;
  });
}

function whyOf(reading: Reading<unknown>): string {
  return reading.ok ? "ok" : reading.why;
}

/** A host on which `getent` is this shell script, beside the tools that the door needs. */
async function startWithGetent(context: TestContext, script: string, more: SshdSettings = {}): Promise<LoopbackSshd> {
  const bin = mkdtempSync(join(tmpdir(), "portlock-bin-"));
  context.after(() => rmSync(bin, { recursive: true }));
  for (const tool of ["head", "ls", "stat", "sleep", "yes", "echo"]) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
  writeFileSync(join(bin, "getent"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "getent"), 0o755);
  return startSshd(context, { ...more, forceCommand: `exec /usr/bin/env -i PATH=${bin} LC_ALL=C /bin/sh` });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** The test runner's own limit ends a wait in vain. */
async function waitUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Temporary files of this test alone, so that what is left behind can be told. */
function usePrivateTemporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "pl-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = directory;
  context.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(directory, { recursive: true });
  });
  return directory;
}

describe("a host behind SSH", { skip: SSHD_MISSING }, () => {
  describe("the login", () => {
    test("a host that shows another key than the known one is refused", async (context) => {
      const [sshd, other] = [await startSshd(context), await startSshd(context)];
      const key = readFileSync(other.knownHosts, "utf8").split(" ").slice(1).join(" ");
      writeFileSync(sshd.knownHosts, `[127.0.0.1]:${sshd.port} ${key}`);
      const host = await open(context, sshd);
      await expectHostError(host.readFile("/etc/hostname"), "ssh-host-key-changed");
      await expectHostError(host.run(["systemctl", "--version"]), "ssh-host-key-changed");
      await expectHostError(
        host.request({ method: "GET", address: "127.0.0.1", port: sshd.port, path: "/" }),
        "ssh-host-key-changed",
      );
      assert.equal(sshd.countLogins(), 0);
    });

    test("a host whose key is not known is refused, and its key is not stored", async (context) => {
      const sshd = await startSshd(context);
      writeFileSync(sshd.knownHosts, "");
      await expectHostError((await open(context, sshd)).stat("/"), "ssh-host-key-unknown");
      assert.equal(readFileSync(sshd.knownHosts, "utf8"), "");
      assert.equal(sshd.countLogins(), 0);
    });

    test("a key that the host does not accept is told", async (context) => {
      const sshd = await startSshd(context, { lines: ["AllowUsers nobody-at-all"] });
      await expectHostError((await open(context, sshd)).listDirectory("/"), "ssh-denied");
    });

    test("a port on which nobody listens is told", async (context) => {
      const sshd = await startSshd(context);
      sshd.kill();
      await expectHostError((await open(context, sshd)).readFile("/etc/hostname"), "ssh-unreachable");
    });

    for (const [what, forceCommand, code, loginTimeoutMs] of [
      ["leads to another program", "echo Welcome; exit 0", "ssh-no-shell", 20_000],
      ["prints without end", "yes", "ssh-no-shell", 20_000],
      ["is swallowed", "exec sleep 30", "ssh-timeout", 1_000],
    ] as const) {
      test(`a login that ${what} is told: ${code}`, async (context) => {
        const sshd = await startSshd(context, { forceCommand });
        await expectHostError((await open(context, sshd, { loginTimeoutMs })).readFile("/etc/hostname"), code);
      });
    }

    test("what a login prints before the shell is not taken for an answer", async (context) => {
      const noise = "echo 'Welcome to gpu-1'; echo noise >&2; printf 'no line end'";
      const sshd = await startSshd(context, { forceCommand: `${noise}; exec /bin/sh` });
      const reading = await (await open(context, sshd)).readFile("/proc/sys/kernel/ostype");
      assert.deepEqual(reading, { ok: true, value: "Linux\n", from: "/proc/sys/kernel/ostype" });
    });
  });

  describe("one login", () => {
    test("serves reads, commands and requests, and leaves nothing behind", async (context) => {
      const sshd = await startSshd(context);
      const temporary = usePrivateTemporaryDirectory(context);
      const host = openSshHost(sshd.target, { configFile: sshd.configFile });
      const readings = await Promise.all([
        host.readFile("/etc/passwd"),
        host.listDirectory("/etc"),
        host.stat("/etc"),
        host.readLinks("/proc/*/ns/net"),
        host.run(["getent", "passwd"]),
      ]);
      assert.deepEqual(readings.map(whyOf), ["ok", "ok", "ok", "ok", "ok"]);
      const request = { method: "GET", address: "127.0.0.1", path: "/" } as const;
      const outcomes = await Promise.all([
        host.request({ ...request, port: sshd.port }),
        host.request({ ...request, port: 1 }),
        host.request({ ...request, port: sshd.port }),
      ]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.kind),
        ["not-http", "refused", "not-http"],
      );
      assert.equal(sshd.countLogins(), 1);
      await Promise.all([host.close(), host.close()]);
      await host.close();
      await waitUntil(() => sshd.findProcesses().length === 0);
      assert.deepEqual(readdirSync(temporary), []);
      assert.equal(whyOf(await host.readFile("/etc/passwd")), "failed");
      assert.equal((await host.request({ ...request, port: sshd.port })).kind, "not-possible");
    });

    test("the reply marks are in no process and no environment that could be read", async (context) => {
      const sshd = await startWithGetent(context, "exec sleep 1000");
      const host = await open(context, sshd);
      void host.run(["getent", "passwd"]);
      await waitUntil(() => sshd.findProcesses().some((pid) => commandLine(pid) === "sleep 1000"));
      for (const pid of sshd.findProcesses()) {
        const seen = commandLine(pid) + readFileSync(`/proc/${pid}/environ`, "latin1");
        assert.doesNotMatch(seen, /[0-9a-f]{32}/, seen);
      }
    });

    test("a read that hangs is a timeout; what hangs is ended, and the others are answered", async (context) => {
      const sshd = await startWithGetent(context, "sleep 1000 & exec sleep 2000");
      const host = await open(context, sshd, { timeoutMs: 1_500 });
      const readings = await Promise.all([
        host.readFile("/proc/sys/kernel/ostype"),
        host.run(["getent", "passwd"]),
        host.stat("/etc"),
        host.readFile("/proc/sys/kernel/ostype"),
      ]);
      assert.deepEqual(readings.map(whyOf), ["ok", "timeout", "ok", "ok"]);
      await waitUntil(() => !sshd.findProcesses().some((pid) => commandLine(pid).startsWith("sleep")));
      assert.equal(sshd.countLogins(), 1);
    });

    test("endless output is too large, and the others are answered", async (context) => {
      const sshd = await startWithGetent(context, "exec yes");
      const host = await open(context, sshd, { outputBytes: 300_000 });
      const readings = await Promise.all([host.run(["getent", "passwd"]), host.readFile("/proc/sys/kernel/ostype")]);
      assert.deepEqual(readings.map(whyOf), ["too-large", "ok"]);
      await waitUntil(() => !sshd.findProcesses().some((pid) => commandLine(pid) === "yes"));
    });

    test("errors and exit codes stay apart from output", async (context) => {
      const sshd = await startWithGetent(context, "echo out; echo 'err/1' >&2; echo >&2; exit 7");
      const reading = await (await open(context, sshd)).run(["getent", "passwd"]);
      assert.deepEqual(reading, {
        ok: true,
        value: { exitCode: 7, stdout: "out\n", stderr: "err/1\n\n" },
        from: "getent passwd",
      });
    });

    test("where the host allows one session only, a hanging read ends the session with a reason", async (context) => {
      const sshd = await startWithGetent(context, "exec sleep 30", { lines: ["MaxSessions 1"] });
      const host = await open(context, sshd, { timeoutMs: 1_000 });
      const readings = await Promise.all([host.run(["getent", "passwd"]), host.readFile("/etc/hostname")]);
      assert.deepEqual(readings.map(whyOf), ["timeout", "failed"]);
      assert.equal(sshd.countLogins(), 1);
    });
  });

  test("a connection that dies fails what is pending and what follows, each with a reason", async (context) => {
    const sshd = await startWithGetent(context, "exec sleep 1000");
    const host = await open(context, sshd);
    assert.equal(whyOf(await host.readFile("/proc/version")), "ok");
    const pending = host.run(["getent", "passwd"]);
    await waitUntil(() => sshd.findProcesses().some((pid) => commandLine(pid) === "sleep 1000"));
    sshd.kill();
    for (const reading of [await pending, await host.readFile("/proc/version")]) {
      assert.ok(!reading.ok);
      assert.equal(reading.why, "failed");
      assert.notEqual(reading.detail ?? "", "");
    }
    const outcome = await host.request({ method: "GET", address: "127.0.0.1", port: sshd.port, path: "/" });
    assert.equal(outcome.kind, "not-possible");
  });

  for (const [end, isTidy] of [
    ["process.exit(0)", true],
    ["process.kill(process.pid, 'SIGKILL')", false],
  ] as const) {
    test(`where Portlock ends by ${end} without closing, no session stays`, async (context) => {
      const sshd = await startSshd(context);
      const temporary = usePrivateTemporaryDirectory(context);
      const script = `
        const { openSshHost } = await import(${JSON.stringify(join(import.meta.dirname, "ssh.ts"))});
        const host = openSshHost(${JSON.stringify(sshd.target)}, { configFile: ${JSON.stringify(sshd.configFile)} });
        await host.readFile("/proc/version");
        ${end};`;
      spawnSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
      assert.equal(sshd.countLogins(), 1);
      await waitUntil(() => sshd.findProcesses().length === 0);
      if (isTidy) assert.deepEqual(readdirSync(temporary), []);
    });
  }

  test("close ends what is pending, there too", async (context) => {
    const sshd = await startWithGetent(context, "exec sleep 1000");
    const host = await open(context, sshd);
    await host.readFile("/proc/version");
    const pending = host.run(["getent", "passwd"]);
    await waitUntil(() => sshd.findProcesses().some((pid) => commandLine(pid) === "sleep 1000"));
    const [sleeping = 0] = sshd.findProcesses().filter((pid) => commandLine(pid) === "sleep 1000");
    await host.close();
    assert.equal(whyOf(await pending), "failed");
    await waitUntil(() => commandLine(sleeping) === "");
  });

  test("where the host forbids forwarding a request is not possible, and says why", async (context) => {
    const sshd = await startSshd(context, { lines: ["AllowTcpForwarding no"] });
    const host = await open(context, sshd);
    const outcome = await host.request({ method: "GET", address: "127.0.0.1", port: sshd.port, path: "/" });
    assert.ok(outcome.kind === "not-possible", JSON.stringify(outcome));
    assert.match(outcome.detail ?? "", /administratively prohibited/);
  });

  test("an answer is heard to its end although the client that carries it is gone first", async (context) => {
    const sshd = await startSshd(context);
    const bin = mkdtempSync(join(tmpdir(), "portlock-bin-"));
    context.after(() => rmSync(bin, { recursive: true }));
    const asked = join(bin, "asked");
    // The login writes into the client's own pipe, so which of the two is seen first is a matter of luck.
    const early = `exec 3<&0; /usr/bin/ssh "$@" <&3 & while [ ! -e ${asked} ]; do sleep 0.01; done; exit 0`;
    const script = `#!/bin/sh\ncase " $* " in *" -W "*) ${early};; esac\nexec /usr/bin/ssh "$@"\n`;
    writeFileSync(join(bin, "ssh"), script, { mode: 0o755 });
    const path = process.env["PATH"] ?? "";
    process.env["PATH"] = `${bin}:${path}`;
    context.after(() => {
      process.env["PATH"] = path;
    });
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        writeFileSync(asked, "");
        setTimeout(() => socket.end(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(60_000)}`), 60);
      });
    });
    context.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    assert.ok(bound !== null && typeof bound === "object");
    const host = await open(context, sshd);
    const outcome = await host.request({ method: "GET", address: "127.0.0.1", port: bound.port, path: "/" });
    assert.equal(outcome.kind === "answered" ? outcome.answer.body.length : outcome.detail, 60_000);
  });

  test("hostile servers are met through SSH as they are without", async (context) => {
    const sshd = await startSshd(context);
    const host = await open(context, sshd);
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => {
      sockets.push(socket.on("error", () => {}));
      const more = (): void => {
        while (!socket.destroyed && socket.write("x".repeat(65_536))) {}
      };
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.on("drain", more);
      more();
    });
    context.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    assert.ok(bound !== null && typeof bound === "object");
    const outcome = await host.request({ method: "GET", address: "127.0.0.1", port: bound.port, path: "/" });
    assert.equal(outcome.kind === "answered" && outcome.answer.truncated, true);
    await waitUntil(() => sockets.every((socket) => socket.destroyed));
  });

  test("what another user may not read is denied", { skip: notRoot() }, async (context) => {
    const sshd = await startSshd(context, {
      forceCommand: "exec setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/env -i LC_ALL=C /bin/sh",
    });
    const host = await open(context, sshd);
    assert.equal(whyOf(await host.readFile("/etc/shadow")), "denied");
    assert.equal(whyOf(await host.listDirectory("/root")), "denied");
    assert.equal(whyOf(await host.stat("/root/.ssh")), "denied");
    assert.equal(whyOf(await host.readFile("/proc/1/environ")), "denied");
    const fds = await host.readLinks("/proc/*/fd/*");
    assert.ok(fds.ok && fds.value.denied > 0);
    const spaces = await host.readLinks("/proc/1/ns/net");
    assert.deepEqual(spaces.ok && spaces.value, { links: [], denied: 1 });
  });
});

function notRoot(): string | false {
  if (userInfo().uid !== 0) return "needs root to become another user";
  return existsSync("/usr/bin/setpriv") ? false : "setpriv is not installed";
}
