import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Server } from "../judge/server.ts";
import {
  isSafeToApply,
  toDropInCommand,
  toLoopbackCommand,
  toLoopbackPublication,
  toUnitCommand,
} from "./mend-command.ts";
import { SAMPLE_SERVER } from "./rule-samples.ts";

const USER_UNIT: Server = { ...SAMPLE_SERVER, runBy: { kind: "systemd", unit: "ollama.service", scope: "user" } };

/** Runs a command that was made to be copied, with sudo and systemctl replaced by ones that only note the call. */
function tryCommand(command: string, work: (home: string) => void): { home: string; calls: string } {
  const home = mkdtempSync(join(tmpdir(), "portlock-mend-"));
  work(home);
  for (const [name, script] of [
    ["sudo", 'if [ "$1" = systemctl ]; then exec systemctl "$@"; fi; exec "$@"'],
    ["systemctl", `printf '%s\\n' "$*" >> ${home}/calls`],
  ] as const) {
    writeFileSync(join(home, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, name), 0o755);
  }
  writeFileSync(join(home, "calls"), "");
  const { status, stderr } = spawnSync("sh", ["-c", command.replaceAll("/etc/", `${home}/etc/`)], {
    encoding: "utf8",
    env: { PATH: `${home}:/usr/bin:/bin`, HOME: home },
  });
  assert.equal(status, 0, stderr);
  return { home, calls: readFileSync(join(home, "calls"), "utf8") };
}

test("a system service gets a drop-in of its own for each setting, and is restarted", () => {
  const command = toLoopbackCommand(SAMPLE_SERVER) ?? "";
  const { home, calls } = tryCommand(`${command} && ${toDropInCommand(SAMPLE_SERVER, "OLLAMA_ORIGINS", "")}`, () => {});
  const folder = join(home, "etc/systemd/system/ollama.service.d");
  assert.equal(
    readFileSync(join(folder, "zz-portlock-ollama-host.conf"), "utf8"),
    '[Service]\nEnvironment="OLLAMA_HOST=127.0.0.1:11434"\n',
  );
  assert.equal(
    readFileSync(join(folder, "zz-portlock-ollama-origins.conf"), "utf8"),
    '[Service]\nEnvironment="OLLAMA_ORIGINS="\n',
  );
  assert.match(calls, /daemon-reload\n.*restart -- ollama\.service\n/);
  rmSync(home, { recursive: true });
});

test("a service of a user is mended without root, below that user's home", () => {
  const command = toLoopbackCommand(USER_UNIT) ?? "";
  assert.doesNotMatch(command, /sudo/);
  const { home, calls } = tryCommand(command, () => {});
  const file = join(home, ".config/systemd/user/ollama.service.d/zz-portlock-ollama-host.conf");
  assert.match(readFileSync(file, "utf8"), /OLLAMA_HOST=127\.0\.0\.1:11434/);
  assert.match(calls, /^--user daemon-reload\n--user restart -- ollama\.service\n$/);
  rmSync(home, { recursive: true });
});

test("where an EnvironmentFile sets the value it is changed there, because it wins over every drop-in", () => {
  const server: Server = {
    ...SAMPLE_SERVER,
    settings: [
      {
        name: "OLLAMA_HOST",
        effective: "0.0.0.0",
        effectiveKnown: true,
        listensOn: "[::]:11434",
        declared: [{ value: "0.0.0.0", file: "/etc/ollama env", line: 2, reaches: true, why: "in-effect" }],
      },
    ],
  };
  const { home } = tryCommand((toLoopbackCommand(server) ?? "").replaceAll("'/etc/", "'/etc/"), (folder) => {
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc/ollama env"), "OTHER=1\n  OLLAMA_HOST=0.0.0.0\nOLLAMA_HOSTS=kept\n");
  });
  assert.equal(
    readFileSync(join(home, "etc/ollama env"), "utf8"),
    "OTHER=1\nOLLAMA_HOST=127.0.0.1:11434\nOLLAMA_HOSTS=kept\n",
  );
  rmSync(home, { recursive: true });
});

test("a server started by hand is stopped and started on loopback, on its own port", () => {
  const server: Server = {
    ...SAMPLE_SERVER,
    runBy: { kind: "process", startedFrom: "session" },
    listeners: [{ address: "::", port: 8080, dualStack: true }],
  };
  assert.equal(toLoopbackCommand(server), "sudo kill 812; OLLAMA_HOST=127.0.0.1:8080 ollama serve");
});

test("there is no command for a container, for another kind of server, or for nobody", () => {
  assert.equal(toLoopbackCommand(null), null);
  assert.equal(toLoopbackCommand({ ...SAMPLE_SERVER, kind: "vllm" }), null);
  assert.equal(toLoopbackCommand({ ...SAMPLE_SERVER, runBy: { kind: "docker", container: "a", image: "b" } }), null);
});

test("names and values that some layer of quoting could read otherwise are put into no command", () => {
  for (const unit of ["../../x.service", "a b.service", "a;id.service", "\u001b.service"]) {
    const server: Server = { ...SAMPLE_SERVER, runBy: { kind: "systemd", unit, scope: "system" } };
    assert.equal(toLoopbackCommand(server), null);
    assert.equal(toUnitCommand(server, "restart-missing"), null);
  }
  for (const value of ["a b", '"', "%h", "\\n", "a\nb", "$HOME", "'"]) {
    assert.equal(toDropInCommand(SAMPLE_SERVER, "OLLAMA_MODELS", value), null);
  }
  assert.equal(toDropInCommand(SAMPLE_SERVER, "A=B", "1"), null);
});

test("no command applies a value that would open the server", () => {
  for (const value of ["127.0.0.1", "127.0.0.1:8080", "localhost:11434", "[::1]:11434", "::1"]) {
    assert.ok(isSafeToApply("OLLAMA_HOST", value), value);
  }
  for (const value of ["", "0.0.0.0", "0", ":8080", "::", "192.0.2.1", "127.0.0.1.example.com", "localhost.example"]) {
    assert.ok(!isSafeToApply("OLLAMA_HOST", value), value);
  }
  assert.ok(!isSafeToApply("OLLAMA_ORIGINS", "*"));
  assert.ok(isSafeToApply("OLLAMA_MODELS", "/srv/models"));
});

test("a published port keeps the number its users know", () => {
  assert.equal(toLoopbackPublication("0.0.0.0:8080", 11434), "127.0.0.1:8080:11434");
  assert.equal(toLoopbackPublication("0.0.0.0:8080, [::]:8080", 11434), "127.0.0.1:8080:11434");
  assert.equal(toLoopbackPublication("", 11434), "127.0.0.1:11434:11434");
});
