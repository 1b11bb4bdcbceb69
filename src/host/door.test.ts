/** What every door to a machine promises, run against this machine and against several kinds of host behind SSH. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { HostReader, Reading } from "./host.ts";
import { openLocalHost } from "./local.ts";
import { findMissing, startShellHost } from "./shell-host.fixture.ts";
import type { Ends, Tool } from "./shell-host.fixture.ts";
import { openSshHost } from "./ssh.ts";

interface Door {
  readonly name: string;
  readonly missing: string | false;
  /** True where the host has few programs. */
  readonly bare?: boolean;
  /** True where names that the host's `ls` masks cannot be told apart outside /proc. */
  readonly masksNames?: boolean;
  /** True where `stat` tells minutes only. */
  readonly coarseTimes?: boolean;
  open(context: Ends): Promise<HostReader>;
}

function throughSsh(name: string, shell: string, tools: readonly Tool[] = []): Door {
  return {
    name,
    missing: findMissing(shell),
    open: async (context) => {
      const sshd = await startShellHost(context, shell, tools);
      return openSshHost(sshd.target, { configFile: sshd.configFile });
    },
  };
}

const BUSYBOX_TOOLS = ["head", "ls", "stat", "env"].map((tool) => [tool, "/bin/busybox"] as const);
const BARE_TOOLS = ["ls", "dd", "env"].map((tool) => [tool, `/bin/${tool}`] as const);

const DOORS: readonly Door[] = [
  { name: "this machine", missing: false, open: () => Promise.resolve(openLocalHost()) },
  throughSsh("ssh to dash and GNU tools", "/bin/dash"),
  throughSsh("ssh to bash and GNU tools", "/bin/bash"),
  {
    ...throughSsh("ssh to BusyBox alone", "/bin/busybox", BUSYBOX_TOOLS),
    masksNames: true,
    bare: true,
  },
  { ...throughSsh("ssh to a host without stat and head", "/bin/dash", BARE_TOOLS), coarseTimes: true, bare: true },
];

const HOSTILE_NAMES = [
  "-rf",
  " lead",
  "a b",
  "it's",
  '"',
  "$(id)",
  "`id`",
  "a\nb",
  "l -> m",
  "模型",
  "\\",
  "*",
  "?",
  "\u001b[31m",
];

function valueOf<T>(reading: Reading<T>): T {
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.value;
}

function whyOf(reading: Reading<unknown>): string {
  return reading.ok ? "ok" : reading.why;
}

for (const door of DOORS) {
  describe(door.name, { skip: door.missing }, () => {
    const directory = mkdtempSync(join(tmpdir(), "portlock-door-"));
    const path = (name: string): string => join(directory, name);
    const ends: (() => void)[] = [];
    let host: HostReader;

    before(async () => {
      host = await door.open({ after: (end) => ends.push(end) });
    });
    after(async () => {
      await host.close();
      for (const end of ends.toReversed()) end();
      rmSync(directory, { recursive: true });
    });

    test("a file comes back as it is, with line ends, NUL bytes and broken UTF-8", async () => {
      for (const [name, bytes, text] of [
        ["empty", "", ""],
        ["lines", "a\r\nb\n\n", "a\r\nb\n\n"],
        ["no line end", "a", "a"],
        ["NUL", "a\0b\0", "a\0b\0"],
        ["UTF-8", "模型\n", "模型\n"],
        ["broken", Buffer.from([0x61, 0xff, 0x62]), "a\ufffdb"],
      ] as const) {
        writeFileSync(path(name), bytes);
        assert.deepEqual(await host.readFile(path(name)), { ok: true, value: text, from: path(name) });
      }
    });

    test("files of procfs, which report no size, are read", async () => {
      assert.match(valueOf(await host.readFile("/proc/version")), /^Linux version /);
    });

    test("a file of exactly the cap is whole, one byte more is too large", async () => {
      writeFileSync(path("cap"), "x".repeat(1000));
      assert.equal(valueOf(await host.readFile(path("cap"), 1000)).length, 1000);
      assert.equal(whyOf(await host.readFile(path("cap"), 999)), "too-large");
    });

    test("a file that grows while it is read ends at the cap", async () => {
      writeFileSync(path("log"), "");
      const writer = setInterval(() => appendFileSync(path("log"), "y".repeat(50_000)), 1);
      const readings = await Promise.all(Array.from({ length: 20 }, () => host.readFile(path("log"), 20_000)));
      clearInterval(writer);
      // Whether or not the writer got a turn: the file has outgrown the cap now.
      appendFileSync(path("log"), "y".repeat(50_000));
      for (const reading of readings) assert.ok(!reading.ok || reading.value.length <= 20_000);
      assert.equal(whyOf(await host.readFile(path("log"), 20_000)), "too-large");
    });

    test("pipes, sockets, devices and directories are refused and nothing hangs", async (context) => {
      execFileSync("mkfifo", [path("fifo")]);
      symlinkSync(path("fifo"), path("to-fifo"));
      const server = net.createServer().listen(path("socket"));
      context.after(() => server.close());
      await new Promise((resolve) => server.once("listening", resolve));
      for (const special of [path("fifo"), path("to-fifo"), path("socket"), "/dev/zero", "/dev/tty", directory]) {
        const reading = await host.readFile(special);
        assert.deepEqual([whyOf(reading), reading.ok ? "" : reading.detail], ["failed", "not a regular file"], special);
      }
    });

    test("what is not there is absent", async () => {
      symlinkSync(path("nowhere"), path("dangling"));
      writeFileSync(path("plain"), "");
      for (const absent of [path("nothing"), path("dangling"), path("plain/below"), "/proc/0/comm", "/a\0b"]) {
        assert.equal(whyOf(await host.readFile(absent)), "absent", absent);
        assert.equal(whyOf(await host.stat(absent)), "absent", absent);
        assert.equal(whyOf(await host.listDirectory(absent)), "absent", absent);
      }
      assert.equal(whyOf(await host.listDirectory(path("plain"))), "absent");
      assert.equal(whyOf(await host.readLinks(path("nothing/*/x"))), "absent");
    });

    test("a path that is not absolute is refused", async () => {
      for (const relative of ["", "etc/passwd", "-n", "~"]) {
        assert.equal(whyOf(await host.readFile(relative)), "failed");
        assert.equal(whyOf(await host.stat(relative)), "failed");
        assert.equal(whyOf(await host.listDirectory(relative)), "failed");
        assert.equal(whyOf(await host.readLinks(relative)), "failed");
      }
    });

    test("a loop of symbolic links fails", async () => {
      symlinkSync("loop", path("loop"));
      assert.equal(whyOf(await host.readFile(path("loop"))), "failed");
      assert.equal(whyOf(await host.stat(path("loop"))), "failed");
    });

    test("hostile names are names: to list, to read, to look at", async () => {
      const folder = path("names");
      mkdirSync(folder);
      for (const name of HOSTILE_NAMES) writeFileSync(join(folder, name), `content of ${name}`);
      writeFileSync(join(folder, ".hidden"), "");
      writeFileSync(join(folder, "..two dots"), "");
      const names = valueOf(await host.listDirectory(folder));
      assert.deepEqual(names, [...HOSTILE_NAMES, ".hidden", "..two dots"].toSorted());
      for (const name of HOSTILE_NAMES) {
        assert.equal(valueOf(await host.readFile(join(folder, name))), `content of ${name}`);
        assert.equal(valueOf(await host.stat(join(folder, name))).kind, "file");
      }
      mkdirSync(path("bare"));
      assert.deepEqual(valueOf(await host.listDirectory(path("bare"))), []);
      assert.deepEqual(valueOf(await host.listDirectory("/proc/sys")), readdirSync("/proc/sys").toSorted());
    });

    test("a name that is no UTF-8 is listed with a mark, and absent by that mark", async () => {
      const folder = path("latin1");
      mkdirSync(folder);
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), "x");
      assert.deepEqual(valueOf(await host.listDirectory(folder)), ["caf\ufffd"]);
      assert.equal(whyOf(await host.readFile(join(folder, "caf\ufffd"))), "absent");
    });

    test("status tells kind, mode, owner, size and time after following links", async () => {
      writeFileSync(path("key"), "12345");
      chmodSync(path("key"), 0o4640);
      utimesSync(path("key"), 1_700_000_000, 1_700_000_000);
      symlinkSync("key", path("to-key"));
      const { uid, gid } = lstatSync(path("key"));
      const status = valueOf(await host.stat(path("to-key")));
      const modifiedAt = door.coarseTimes ? "2023-11-14T00:00:00.000Z" : "2023-11-14T22:13:20.000Z";
      assert.deepEqual(status, { kind: "file", mode: 0o4640, uid, gid, sizeBytes: 5, modifiedAt });
      chmodSync(directory, 0o1777);
      const { kind, mode } = valueOf(await host.stat(directory));
      assert.deepEqual([kind, mode], ["directory", 0o1777]);
      assert.equal(valueOf(await host.stat("/dev/null")).kind, "other");
    });

    test("links of processes are read by pattern", async (context) => {
      const holder = spawn("cat", [], { stdio: "pipe" });
      context.after(() => holder.kill());
      const found = valueOf(await host.readLinks("/proc/*/fd/*"));
      const own = found.links.filter((link) => link.path.startsWith(`/proc/${holder.pid}/fd/`));
      assert.deepEqual(
        own.map((link) => link.path).slice(0, 3),
        [0, 1, 2].map((fd) => `/proc/${holder.pid}/fd/${fd}`),
      );
      for (const { target } of own.slice(0, 3)) assert.match(target, /^(?:socket|pipe):\[\d+\]$/);
      const spaces = valueOf(await host.readLinks("/proc/*/ns/net")).links;
      assert.match(spaces.find((link) => link.path === `/proc/${holder.pid}/ns/net`)?.target ?? "", /^net:\[\d+\]$/);
      const one = valueOf(await host.readLinks(`/proc/${holder.pid}/exe`));
      assert.equal(one.links.length, 1);
      assert.deepEqual(valueOf(await host.readLinks(`/proc/${holder.pid}/no-such-link`)), { links: [], denied: 0 });
    });

    test("a hostile target cannot pass for a second link", async (context) => {
      const forged = `x\nlrwx------ 1 0 0 64 Nov 22 20:22 /proc/1/fd/99 -> socket:[666]\n/proc/1/fd:\nlrwx`;
      const name = forged.replaceAll("/", "\u2215");
      writeFileSync(path(name), "");
      const holder = spawn("tail", ["-f", path(name)], { stdio: "ignore" });
      context.after(() => holder.kill());
      const readTargets = async (): Promise<readonly string[]> => {
        const { links } = valueOf(await host.readLinks(`/proc/${holder.pid}/fd/*`));
        assert.ok(links.every((link) => link.path.startsWith(`/proc/${holder.pid}/fd/`)));
        return links.map((link) => link.target);
      };
      const isThere = (target: string): boolean =>
        target === path(name) || (door.masksNames === true && target.includes("?lrwx"));
      let targets = await readTargets();
      while (!targets.some(isThere)) targets = await readTargets();
      assert.ok(!targets.includes("socket:[666]"));
    });

    test("links outside /proc are read", async () => {
      const folder = path("units");
      mkdirSync(join(folder, "multi-user.target.wants"), { recursive: true });
      const link = join(folder, "multi-user.target.wants", "nftables.service");
      symlinkSync("/lib/systemd/system/nftables.service", link);
      assert.deepEqual(valueOf(await host.readLinks(`${folder}/*/*`)).links, [
        { path: link, target: "/lib/systemd/system/nftables.service" },
      ]);
    });

    test("links outside /proc keep hostile names apart, or the reading says that it cannot", async () => {
      const folder = path("links");
      mkdirSync(join(folder, "a b"), { recursive: true });
      mkdirSync(join(folder, ".hidden"));
      writeFileSync(join(folder, "a b", "file"), "");
      for (const name of HOSTILE_NAMES) symlinkSync(`to ${name} -> x`, join(folder, "a b", name));
      symlinkSync("hidden", join(folder, ".hidden", "x"));
      const reading = await host.readLinks(`${folder}/*/*`);
      if (door.masksNames) return assert.equal(whyOf(reading), "unparsed");
      const expected = HOSTILE_NAMES.map((name) => ({ path: join(folder, "a b", name), target: `to ${name} -> x` }));
      const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
      assert.deepEqual(valueOf(reading).links.toSorted(byPath), expected.toSorted(byPath));
      assert.deepEqual(valueOf(await host.readLinks(`${folder}/*/it's`)).links, [
        { path: join(folder, "a b", "it's"), target: "to it's -> x" },
      ]);
    });

    test("a pattern with a star inside a name is refused", async () => {
      assert.equal(whyOf(await host.readLinks("/proc/*x/exe")), "failed");
    });

    test("a command's exit code and both streams are values, and a missing program is absent", async () => {
      const accounts = await host.run(["getent", "passwd"]);
      if (door.bare) return assert.equal(whyOf(accounts), "absent");
      assert.equal(accounts.from, "getent passwd");
      assert.deepEqual(valueOf(accounts), {
        exitCode: 0,
        stdout: execFileSync("getent", ["passwd"], { encoding: "utf8" }),
        stderr: "",
      });
      const failed = valueOf(await host.run(["nsenter", "--target=4194305", "--net", "--", "ss", "-H", "-tlnpe"]));
      assert.notEqual(failed.exitCode, 0);
      assert.match(failed.stderr, /^nsenter: .*\n$/);
      assert.equal(failed.stdout, "");
    });

    test("content that looks like a reply does not end one", async () => {
      const frames = ["\n0\n", `\n${"0".repeat(32)} 0\n\n${"0".repeat(32)}\n`, "\npl_reply\n", "\n\n\n"];
      for (const [at, text] of frames.entries()) {
        writeFileSync(path(`frame-${at}`), text);
        assert.equal(valueOf(await host.readFile(path(`frame-${at}`))), text);
      }
    });

    test("many reads at once each get their own answer", async () => {
      mkdirSync(path("many"));
      const files = Array.from({ length: 200 }, (_, at) => path(`many/${at}`));
      for (const [at, file] of files.entries()) writeFileSync(file, `text ${at}\n`.repeat(at));
      const readings = await Promise.all(files.map((file) => host.readFile(file)));
      for (const [at, reading] of readings.entries()) assert.equal(valueOf(reading), `text ${at}\n`.repeat(at));
    });

    test("a request is made from that host", async (context) => {
      const seen: (string | undefined)[] = [];
      const server = net.createServer((socket) => {
        socket.on("error", () => {});
        seen.push(socket.remoteAddress);
        socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
      });
      context.after(() => server.close());
      await new Promise<void>((resolve) => server.listen(0, "::", resolve));
      const bound = server.address();
      assert.ok(bound !== null && typeof bound === "object");
      const addresses = ["127.0.0.1", "::1"];
      const outcomes = await Promise.all(
        addresses.map((address) => host.request({ method: "GET", address, port: bound.port, path: "/" })),
      );
      for (const outcome of outcomes) {
        assert.equal(outcome.kind === "answered" ? outcome.answer.body : JSON.stringify(outcome), "hello");
      }
      assert.equal(seen.length, addresses.length);
    });

    test("a request to a silent server times out, one to a closed port is refused", async () => {
      const sockets: net.Socket[] = [];
      const server = net.createServer((socket) => sockets.push(socket.on("error", () => {})));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const bound = server.address();
      assert.ok(bound !== null && typeof bound === "object");
      const request = { method: "GET", address: "127.0.0.1", port: bound.port, path: "/" } as const;
      assert.equal((await host.request(request)).kind, "timeout");
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      const refused = await host.request(request);
      assert.equal(refused.kind, "refused", JSON.stringify(refused));
    });
  });
}
