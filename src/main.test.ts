import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import manifest from "../package.json" with { type: "json" };
import { toRecordingText } from "./commands/testing/try-command.ts";
import { aHost } from "./judge/testing/a-host.ts";

const main = join(import.meta.dirname, "main.ts");
const place = mkdtempSync(join(tmpdir(), "portlock-main-"));
after(() => rmSync(place, { recursive: true }));
const exposed = join(place, "exposed.json");
writeFileSync(exposed, toRecordingText(aHost().ollama("0.0.0.0", { dualStack: true }).facts));

test("the version is printed", () => {
  for (const flag of ["--version", "-v"]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [main, flag], { encoding: "utf8" });
    assert.deepEqual([stdout, stderr, status], [`${manifest.version}\n`, "", 0]);
  }
});

test("exit codes reach the shell", () => {
  const codeOf = (...argv: readonly string[]): number | null =>
    spawnSync(process.execPath, [main, ...argv], { encoding: "utf8" }).status;
  assert.equal(codeOf("audit", "--from", exposed), 1);
  assert.equal(codeOf("audit", "--from", join(place, "nowhere")), 2);
  assert.equal(codeOf("audit", "--nonsense"), 64);
  assert.equal(codeOf("explain"), 0);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test(`${signal} ends it as ${signal}, without a word`, async () => {
    const child = spawn(process.execPath, [main, "audit", "--from", "-"], { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
    // It waits for the rest of a recording; by now its handlers are there.
    child.stdin.write("{");
    setTimeout(() => child.kill(signal), 1_000);
    const [code, by] = await once(child, "exit");
    assert.deepEqual([code, by, said], [null, signal, ""]);
  });
}

test("a reader that goes away is no error", () => {
  const script = `"$0" "$1" explain | { exec 0<&-; sleep 1; }; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath, main], { encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["141\n", ""]);
});

test("a machine without an OpenSSH client is told to install one", () => {
  const argv = [main, "audit", "--host", "ssh://nobody@127.0.0.1:1"];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", env: { PATH: "/nonexistent" } });
  assert.equal(status, 2);
  assert.match(stderr, /error ssh-missing: .*\n.*openssh-client/s);
});

test("on a terminal there is colour and progress, and the progress is gone in the end", () => {
  const command = `"${process.execPath}" "${main}" audit --from "${exposed}" --from "${exposed}"`;
  const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm" },
  });
  assert.match(stdout, /reading hosts/);
  assert.match(stdout, /\r\u001b\[2KHost /);
  assert.match(stdout, /\u001b\[31mEXPOSED/);
});
