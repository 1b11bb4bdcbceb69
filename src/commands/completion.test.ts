import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { tryCommand } from "./testing/try-command.ts";

const place = mkdtempSync(join(tmpdir(), "portlock-completion-"));
after(() => rmSync(place, { recursive: true }));
const portlock = join(place, "portlock");
const main = join(import.meta.dirname, "../main.ts");
writeFileSync(portlock, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
chmodSync(portlock, 0o755);

for (const [words, proposals] of [
  [["prob"], ["probe"]],
  [["audit", "--fail"], ["--fail-on"]],
  [["audit", "--fail-on", "cr"], ["critical"]],
  [["explain", "setting-in"], ["setting-in-overwritten-unit"]],
  [["verify", "--vantage", "name"], ["namespace"]],
  [["completion", "z"], ["zsh"]],
  [["keys", "cr"], ["create"]],
  [["keys", "create", "a", "--scope", "inference,r"], ["inference,read"]],
  [["gateway", "log", "v"], ["verify"]],
  [["gateway", "in"], ["install"]],
  [["gateway", "--li"], ["--listen"]],
  [["proxy", "users", "re"], ["remove"]],
] as const) {
  test(`bash completes "portlock ${words.join(" ")}" to ${proposals.join(", ")}`, async () => {
    const { out } = await tryCommand(["completion", "bash"]);
    const typed = ["portlock", ...words].map((word) => `'${word}'`).join(" ");
    const script = `${out}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _portlock; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "--noprofile", "-c", script], {
      encoding: "utf8",
      env: { PATH: `${place}:${process.env["PATH"] ?? ""}` },
    });
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trim().split("\n"), proposals);
  });
}

test("the script for zsh registers itself and asks in the same way", async () => {
  const { out } = await tryCommand(["completion", "zsh"]);
  assert.match(out, /^#compdef portlock\n/);
  assert.match(out, /portlock __complete/);
});
