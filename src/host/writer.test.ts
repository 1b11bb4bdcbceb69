/** What every door that writes promises about files. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryBeside } from "./change-requests.ts";
import { failureOf, useDoor, valueOf, waitUntil, WRITER_DOORS } from "./writer-doors.fixture.ts";

const NOT_ROOT = userInfo().uid === 0 ? false : "needs root";
const ATTRIBUTES_MISSING = ["/usr/bin/setfattr", "/usr/bin/setfacl"].find((tool) => !existsSync(tool));
const LIMIT_BYTES = 1024 * 1024;

function allBytes(): string {
  const ascii = Array.from({ length: 127 }, (_, at) => String.fromCodePoint(at + 1)).join("");
  // Every byte that UTF-8 has: shells keep marks of their own among the higher ones.
  const others = Array.from({ length: 0x2000 }, (_, at) => String.fromCodePoint(at + 0x80)).join("");
  return `${ascii}${others}${String.fromCodePoint(0xfffd, 0x10000, 0x40000, 0x80000, 0xc0000, 0x10ffff)}`;
}

const TEXTS: Readonly<Record<string, string>> = {
  empty: "",
  "a line end": "\n",
  "no line end": "OLLAMA_HOST=127.0.0.1",
  "several line ends": "a\n\n\n",
  "DOS lines": "a\r\nb\r\n\r",
  "a byte order mark": "\ufeffa\n",
  "a shell's words": 'it\'s "$HOME" $(id) `id` \\ \\n %s %d ${x} ; } | & > /dev/null # !! ~ *\n',
  "an option": "-n\n",
  "a document's end": "EOF\nEOF\n}\n'\n\"\n",
  "a reply": "\n0\n\n00000000000000000000000000000000 0\n\n00000000000000000000000000000000\npl_reply\n",
  "every byte": allBytes(),
  "the longest": "模型'\n".repeat(LIMIT_BYTES / 8) + "x".repeat(LIMIT_BYTES % 8),
};

for (const door of WRITER_DOORS) {
  describe(door.name, { skip: door.missing }, () => {
    const { directory, path, writer } = useDoor(door);

    test("every text arrives as it is, and leaves nothing beside it", async () => {
      mkdirSync(path("texts"));
      for (const [name, text] of Object.entries(TEXTS)) {
        const file = path(`texts/${name}`);
        const reading = await writer().writeFile(file, text, { mode: 0o600 });
        assert.deepEqual(reading, { ok: true, value: null, from: file });
        assert.ok(readFileSync(file).equals(Buffer.from(text)), name);
        assert.equal(failureOf(await writer().writeFile(file, text, { mode: 0o600 })), "ok");
        assert.ok(readFileSync(file).equals(Buffer.from(text)), name);
      }
      assert.deepEqual(readdirSync(path("texts")).toSorted(), Object.keys(TEXTS).toSorted());
    });

    test("every text is added to the end as it is", async () => {
      let expected = "";
      for (const [name, text] of Object.entries(TEXTS)) {
        assert.equal(failureOf(await writer().appendFile(path("journal"), text)), "ok", name);
        expected += text;
        assert.ok(readFileSync(path("journal")).equals(Buffer.from(expected)), name);
      }
    });

    test("what is no text or no path of a file is refused", async () => {
      for (const text of ["a\0b", "\ud800", "x".repeat(LIMIT_BYTES + 1)]) {
        assert.match(failureOf(await writer().writeFile(path("bad"), text, { mode: 0o600 })), /not a text|more than/);
        assert.match(failureOf(await writer().appendFile(path("bad"), text)), /not a text|more than/);
      }
      for (const bad of ["", "bad", "-n", `${directory}/`, `${directory}/a\0b`]) {
        assert.match(failureOf(await writer().writeFile(bad, "", { mode: 0o600 })), /not an absolute path/);
        assert.match(failureOf(await writer().appendFile(bad, "")), /not an absolute path/);
        assert.match(failureOf(await writer().hold(bad)), /not an absolute path/);
      }
      assert.ok(!existsSync(path("bad")));
    });

    test("hostile names are names", async () => {
      for (const name of ["-rf", "it's", "$(id)", "a\nb", "模型", "\\", "*", " "]) {
        const file = path(name);
        assert.equal(failureOf(await writer().writeFile(file, name, { mode: 0o600 })), "ok");
        assert.equal(failureOf(await writer().appendFile(file, "+")), "ok");
        assert.equal(readFileSync(file, "utf8"), `${name}+`);
        assert.deepEqual(valueOf(await writer().change(["rm", "-f", "--", file])).exitCode, 0);
        assert.ok(!existsSync(file));
      }
    });

    test("a new file has the mode that is asked for, and a journal is its owner's alone", async () => {
      for (const mode of [0o600, 0o644, 0o755, 0o666]) {
        valueOf(await writer().writeFile(path(`mode-${mode}`), "", { mode }));
        assert.equal(statSync(path(`mode-${mode}`)).mode & 0o7777, mode);
      }
      valueOf(await writer().appendFile(path("own"), "a"));
      assert.equal(statSync(path("own")).mode & 0o7777, 0o600);
    });

    test("a file that was there keeps mode and owner, and gets a new time", { skip: NOT_ROOT }, async () => {
      writeFileSync(path("kept"), "old");
      chownSync(path("kept"), 1234, 4321);
      chmodSync(path("kept"), 0o2750);
      utimesSync(path("kept"), 1_700_000_000, 1_700_000_000);
      valueOf(await writer().writeFile(path("kept"), "new", { mode: 0o600 }));
      const { uid, gid, mode, mtimeMs } = statSync(path("kept"));
      assert.deepEqual([uid, gid, mode & 0o7777], [1234, 4321, 0o2750]);
      assert.ok(mtimeMs > 1_700_000_000_000);
      valueOf(await writer().appendFile(path("kept"), "er"));
      assert.equal(statSync(path("kept")).uid, 1234);
      assert.equal(readFileSync(path("kept"), "utf8"), "newer");
    });

    const attributesMissing = ATTRIBUTES_MISSING && `${ATTRIBUTES_MISSING} is not installed`;
    // The cp of BusyBox keeps neither: nobody is promised them there.
    const skip = NOT_ROOT || attributesMissing || false;
    const promised = door.isPlain ? [] : ["a file that was there keeps extended attributes and access lists"];
    for (const name of promised) {
      test(name, { skip }, async () => {
        writeFileSync(path("listed"), "old");
        execFileSync("setfattr", ["-n", "user.portlock", "-v", "kept 模型", path("listed")]);
        execFileSync("setfacl", ["-m", "u:1234:rw,g:4321:r", path("listed")]);
        const read = (): string =>
          execFileSync("getfattr", ["-d", "-m", "-", "--absolute-names", path("listed")], { encoding: "utf8" }) +
          execFileSync("getfacl", ["--absolute-names", "--numeric", path("listed")], { encoding: "utf8" });
        const was = read();
        assert.match(was, /user\.portlock=[^]*user:1234:rw-/);
        valueOf(await writer().writeFile(path("listed"), "new", { mode: 0o600 }));
        assert.equal(read(), was);
        assert.equal(readFileSync(path("listed"), "utf8"), "new");
      });
    }

    test("what is in the way and no regular file is refused, and stays", async () => {
      writeFileSync(path("target"), "untouched");
      symlinkSync("target", path("to-file"));
      symlinkSync("nowhere", path("to-nothing"));
      mkdirSync(path("folder"));
      symlinkSync("folder", path("to-folder"));
      execFileSync("mkfifo", [path("fifo")]);
      for (const name of ["to-file", "to-nothing", "to-folder", "folder", "fifo"]) {
        const expected = name.startsWith("to-")
          ? "failed: a symbolic link is in the way"
          : "failed: not a regular file";
        assert.equal(failureOf(await writer().writeFile(path(name), "new", { mode: 0o600 })), expected);
        assert.equal(failureOf(await writer().appendFile(path(name), "new")), expected);
        assert.equal(failureOf(await writer().hold(path(name))), expected);
      }
      assert.equal(readFileSync(path("target"), "utf8"), "untouched");
      assert.deepEqual(
        ["to-file", "to-nothing"].map((name) => readlinkSync(path(name))),
        ["target", "nowhere"],
      );
      assert.ok(!existsSync(path("nowhere")));
      assert.deepEqual(readdirSync(path("folder")), []);
    });

    test("a folder that is not there is absent", async () => {
      assert.match(failureOf(await writer().writeFile(path("none/a"), "", { mode: 0o600 })), /^absent: /);
      assert.match(failureOf(await writer().appendFile(path("none/a"), "")), /^absent: /);
      assert.match(failureOf(await writer().hold(path("none/a"))), /^absent: /);
    });

    test("what an earlier write left beside the file is replaced, and a link there is not followed", async () => {
      writeFileSync(path("target"), "untouched");
      symlinkSync("target", temporaryBeside(path("after-cut")));
      valueOf(await writer().writeFile(path("after-cut"), "new", { mode: 0o600 }));
      assert.equal(readFileSync(path("target"), "utf8"), "untouched");
      assert.ok(lstatSync(path("after-cut")).isFile());
      assert.ok(!existsSync(temporaryBeside(path("after-cut"))));
    });

    test("nobody ever reads half a file", async (context) => {
      const texts = ["a", "b"].map((letter) => `${letter.repeat(99)}\n`.repeat(1_000));
      const sums = texts.map((text) => execFileSync("cksum", { input: text, encoding: "utf8" }).trim());
      writeFileSync(path("whole"), texts[0] ?? "");
      const loop = `while :; do cksum <"$1"; done`;
      const reader = spawn("sh", ["-c", loop, "sh", path("whole")], { stdio: ["ignore", "pipe", "inherit"] });
      context.after(() => reader.kill("SIGKILL"));
      let seen = "";
      reader.stdout.on("data", (chunk: Buffer) => (seen += chunk.toString()));
      for (let turn = 1; turn <= 20; turn += 1) {
        valueOf(await writer().writeFile(path("whole"), texts[turn % 2] ?? "", { mode: 0o600 }));
      }
      await waitUntil(() => seen.split("\n").length > 20);
      for (const line of seen.split("\n").slice(0, -1)) assert.ok(sums.includes(line), line);
    });

    test("a full disk leaves the old file and nothing else", { skip: NOT_ROOT }, async (context) => {
      const disk = mountDisk(context, path("disk"));
      writeFileSync(join(disk, "file"), "old", { mode: 0o640 });
      const text = "x".repeat(200_000);
      for (const reading of [
        await writer().writeFile(join(disk, "file"), text, { mode: 0o600 }),
        await writer().appendFile(join(disk, "file"), text),
        await writer().writeFile(join(disk, "new"), text, { mode: 0o600 }),
        await writer().appendFile(join(disk, "new"), text),
      ]) {
        assert.match(failureOf(reading), /^failed: .*No space left on device$/);
      }
      assert.equal(readFileSync(join(disk, "file"), "utf8"), "old");
      assert.deepEqual(readdirSync(disk), ["file"]);
    });

    test("a disk that takes no writing says so", { skip: NOT_ROOT }, async (context) => {
      const disk = mountDisk(context, path("read-only"));
      writeFileSync(join(disk, "file"), "old");
      execFileSync("mount", ["-o", "remount,ro", disk]);
      for (const name of ["file", "new"]) {
        assert.match(
          failureOf(await writer().writeFile(join(disk, name), "", { mode: 0o600 })),
          /Read-only file system$/,
        );
        assert.match(failureOf(await writer().appendFile(join(disk, name), "")), /Read-only file system$/);
        assert.match(failureOf(await writer().hold(join(disk, name))), /Read-only file system$/);
      }
    });
  });
}

/** A disk of 64 KiB, gone with the test. */
function mountDisk(context: { after(end: () => void): void }, at: string): string {
  mkdirSync(at);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at]);
  context.after(() => void execFileSync("umount", [at]));
  return at;
}
