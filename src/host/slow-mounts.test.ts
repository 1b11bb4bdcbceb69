import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import * as fc from "fast-check";
import { SlowFiles } from "./slow-files.ts";
import { findSlowMount, parseSlowMounts } from "./slow-mounts.ts";

const place = realpathSync(mkdtempSync(join(tmpdir(), "portlock-slow-")));
after(() => rmSync(place, { recursive: true }));

const MOUNTS: readonly (readonly [what: string, line: string, slow: readonly string[]])[] = [
  ["a disk", "36 35 98:0 / /srv rw,noatime shared:1 - ext4 /dev/sda1 rw", []],
  ["homes on a file server", "70 35 0:44 / /home rw - nfs4 nas:/home rw,hard", ["/home"]],
  ["a share without propagation", "70 35 0:44 / /mnt/x rw master:1 propagate_from:2 - cifs //nas/x rw", ["/mnt/x"]],
  ["a folder of a user", "71 35 0:45 / /home/eve/a\\040b rw - fuse.sshfs eve@x: rw", ["/home/eve/a b"]],
  ["an automounter", "72 35 0:46 / /net rw - autofs systemd-1 rw", ["/net"]],
  [
    "that of binfmt_misc, which nothing of ours passes",
    "73 35 0:47 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw",
    [],
  ],
  ["a root from the network", "35 1 0:48 / / rw - nfs nas:/root rw", []],
  [
    "what is covered by a disk",
    "70 35 0:44 / /home rw - nfs4 nas:/home rw\n71 35 8:1 / /home rw - xfs /dev/sda rw",
    [],
  ],
  ["noise", "\0\n- - -\n1 2 3", []],
];
for (const [what, line, slow] of MOUNTS) {
  test(`of ${what} the slow mounts are ${slow.join(", ") || "none"}`, () => {
    assert.deepEqual([...parseSlowMounts(`${line}\n`)], slow);
  });
}

test("random and damaged text never throws, and makes no mount that is not named", () => {
  const line = "71 35 0:45 / /home/eve/a\\040b rw - fuse.sshfs eve@x: rw";
  const damaged = fc
    .tuple(fc.nat(line.length), fc.string({ maxLength: 9 }))
    .map(([at, junk]) => line.slice(0, at) + junk + line.slice(at));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: "binary" })), (text) => {
      assert.ok(parseSlowMounts(text).size <= text.split("\n").length);
    }),
  );
});

mkdirSync(join(place, "home/eve/dead"), { recursive: true });
symlinkSync("dead/.bashrc", join(place, "home/eve/.bashrc"));
symlinkSync(join(place, "home/eve"), join(place, "absolute"));
symlinkSync("loop", join(place, "loop"));
writeFileSync(join(place, "home/eve/.profile"), "PATH=/bin\n");

const PATHS: readonly (readonly [what: string, path: string, slow: boolean])[] = [
  ["a file beside it", "home/eve/.profile", false],
  ["the mount itself", "home/eve/dead", true],
  ["a file on it", "home/eve/dead/a/b", true],
  ["a link to it", "home/eve/.bashrc", true],
  ["a link to a folder with such a link", "absolute/.bashrc", true],
  ["a way back out", "home/eve/../eve/./dead/x", true],
  ["a name that only begins like it", "home/eve/deadline", false],
  ["a link to itself", "loop/x", false],
  ["nothing", "nowhere/x", false],
];
for (const [what, path, slow] of PATHS) {
  test(`${what} ${slow ? "leads" : "does not lead"} to a slow mount`, () => {
    const dead = join(place, "home/eve/dead");
    assert.equal(findSlowMount(`${place}/${path}`, new Set([dead])), slow ? dead : null);
  });
}

test("files of a slow mount that answers are read as others are", async () => {
  const files = new SlowFiles();
  const folder = join(place, "home/eve");
  const text = await files.readFile(join(folder, ".profile"), folder, 100);
  assert.deepEqual(text, { ok: true, value: "PATH=/bin\n", from: join(folder, ".profile") });
  assert.deepEqual(await files.listDirectory(folder, folder), {
    ok: true,
    value: [".bashrc", ".profile", "dead"],
    from: folder,
  });
  const status = await files.stat(folder, folder);
  assert.equal(status.ok && status.value.kind, "directory");
  const [large, absent] = await Promise.all([
    files.readFile(join(folder, ".profile"), folder, 3),
    files.readFile(join(folder, "none"), folder, 3),
  ]);
  assert.deepEqual([large.ok || large.why, absent.ok || absent.why], ["too-large", "absent"]);
});
