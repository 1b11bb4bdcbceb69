import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { RunBy, Server } from "../judge/server.ts";
import { isSafeToApply } from "../judge/loopback-value.ts";
import {
  toDropInCommand,
  toForwardFilterCommand,
  toKillCommand,
  toLoopbackCommand,
  toLoopbackPublication,
  toStopCommand,
  toUnitCommand,
} from "./mend-command.ts";
import type { Subject } from "./report.ts";
import { RULE_NOTES } from "./rule-notes.ts";
import { SAMPLE_SERVER, SAMPLE_SUBJECT } from "./rule-samples.ts";

const PROCESS = { pid: 812, startedAt: null };
const OF_USER: RunBy = { kind: "systemd", unit: "ollama.service", scope: "user", uid: 1000 };

/** The sample server, otherwise; read by root unless told otherwise. */
function subject(server: Partial<Server>, uid: number = 0): Subject {
  return { server: { ...SAMPLE_SERVER, ...server }, reader: { uid } };
}

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
  const command = toLoopbackCommand(SAMPLE_SUBJECT) ?? "";
  const { home, calls } = tryCommand(
    `${command} && ${toDropInCommand(SAMPLE_SUBJECT, "OLLAMA_ORIGINS", "")}`,
    () => {},
  );
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
  const command = toLoopbackCommand(subject({ runBy: OF_USER }, 1000)) ?? "";
  assert.doesNotMatch(command, /sudo/);
  const { home, calls } = tryCommand(command, () => {});
  const file = join(home, ".config/systemd/user/ollama.service.d/zz-portlock-ollama-host.conf");
  assert.match(readFileSync(file, "utf8"), /OLLAMA_HOST=127\.0\.0\.1:11434/);
  assert.match(calls, /^--user daemon-reload\n--user restart -- ollama\.service\n$/);
  rmSync(home, { recursive: true });
});

test("where an EnvironmentFile sets the value it is changed there, because it wins over every drop-in", () => {
  const named = subject({
    settings: [
      {
        name: "OLLAMA_HOST",
        effective: "0.0.0.0",
        effectiveKnown: true,
        listensOn: "[::]:11434",
        declared: [{ value: "0.0.0.0", file: "/etc/ollama env", line: 2, reaches: true, why: "in-effect" }],
      },
    ],
  });
  const { home } = tryCommand(toLoopbackCommand(named) ?? "", (folder) => {
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc/ollama env"), "OTHER=1\n  OLLAMA_HOST=0.0.0.0\nOLLAMA_HOSTS=kept\n");
  });
  assert.equal(
    readFileSync(join(home, "etc/ollama env"), "utf8"),
    "OTHER=1\nOLLAMA_HOST=127.0.0.1:11434\nOLLAMA_HOSTS=kept\n",
  );
  rmSync(home, { recursive: true });
});

test("for an administrator the same is done as that user, whose name and manager sudo is told", () => {
  const command = toLoopbackCommand(subject({ runBy: OF_USER, process: { ...PROCESS, user: "ada" } })) ?? "";
  assert.match(command, /^sudo -Hu ada XDG_RUNTIME_DIR=\/run\/user\/1000 sh -c '/);
  const { home, calls } = tryCommand(command.replace("sudo -Hu ada", "env"), () => {});
  const file = join(home, ".config/systemd/user/ollama.service.d/zz-portlock-ollama-host.conf");
  assert.equal(readFileSync(file, "utf8"), "[Service]\nEnvironment=OLLAMA_HOST=127.0.0.1:11434\n");
  assert.match(calls, /^--user daemon-reload\n--user restart -- ollama\.service\n$/);
  const unnamed = toUnitCommand(subject({ runBy: OF_USER, process: null }), "restart-missing");
  assert.equal(
    unnamed,
    "sudo -Hu '#1000' XDG_RUNTIME_DIR=/run/user/1000 sh -c 'systemctl --user daemon-reload && systemctl --user restart -- ollama.service'",
  );
  rmSync(home, { recursive: true });
});

test("what a user's manager took from the login is not changed for everybody: the user's drop-in wins over it", () => {
  const declared = { value: "0.0.0.0", file: "/etc/environment", line: 1, reaches: true, why: "in-effect" } as const;
  const setting = { name: "OLLAMA_HOST", effective: "0.0.0.0", effectiveKnown: true, listensOn: null } as const;
  const command = toLoopbackCommand(
    subject({ runBy: OF_USER, settings: [{ ...setting, declared: [declared] }] }, 1000),
  );
  assert.doesNotMatch(command ?? "", /etc\/environment/);
});

test("a server started by hand is ended; whoever started it knows how to start it again", () => {
  const byHand = subject({ runBy: { kind: "process", startedFrom: "session" } });
  assert.equal(toKillCommand(byHand.server), "sudo kill 812");
  assert.equal(toLoopbackCommand(byHand), null);
  assert.equal(toKillCommand(SAMPLE_SERVER), null);
});

test("a container is stopped; a user's own Podman needs no sudo", () => {
  const docker = { kind: "docker", container: "my llm", image: "b" } as const;
  assert.equal(toStopCommand(subject({ runBy: docker })), "sudo docker stop -- 'my llm'");
  assert.equal(toStopCommand(subject({ runBy: { ...docker, kind: "podman" } }, 1000)), "podman stop -- 'my llm'");
  assert.equal(toStopCommand(SAMPLE_SUBJECT), null);
});

test("no command makes a container, another kind of server, or nobody listen on loopback", () => {
  assert.equal(toLoopbackCommand({ ...SAMPLE_SUBJECT, server: null }), null);
  assert.equal(toLoopbackCommand(subject({ kind: "vllm" })), null);
  assert.equal(toLoopbackCommand(subject({ runBy: { kind: "docker", container: "a", image: "b" } })), null);
});

test("a bridge's name goes into a rule only where nft can take it", () => {
  assert.match(toForwardFilterCommand("br-0123456789ab") ?? "", /oifname "br-0123456789ab" ct state new drop'$/);
  for (const name of [null, "", "a'b", 'a"b', "a b", "sixteen-letters-"])
    assert.equal(toForwardFilterCommand(name), null);
});

test("names and values that some layer of quoting could read otherwise are put into no command", () => {
  for (const unit of ["../../x.service", "a b.service", "a;id.service", "\u001b.service"]) {
    for (const runBy of [{ kind: "systemd", unit, scope: "system" } as const, { ...OF_USER, unit }]) {
      assert.equal(toLoopbackCommand(subject({ runBy })), null);
      assert.equal(toUnitCommand(subject({ runBy }), "restart-missing"), null);
    }
  }
  for (const value of ["a b", '"', "%h", "\\n", "a\nb", "$HOME", "'"]) {
    assert.equal(toDropInCommand(SAMPLE_SUBJECT, "OLLAMA_MODELS", value), null);
  }
  assert.equal(toDropInCommand(SAMPLE_SUBJECT, "A=B", "1"), null);
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

test("rights are only taken from what is a model folder or a key by its name", () => {
  const folder = (path: string): string | null =>
    RULE_NOTES["model-folder-writable"].toCommand({ path, mode: "777" }, SAMPLE_SUBJECT);
  assert.equal(folder("/srv/ollama/models"), "sudo chmod -R go-w -- /srv/ollama/models");
  for (const path of ["/", "/tmp", "/etc", "/models", "models", "/srv/../models", "/srv/./models/", "/srv/models/x"]) {
    assert.equal(folder(path), null, path);
  }
  const key = (path: string): string | null =>
    RULE_NOTES["key-file-readable"].toCommand({ path, mode: "644" }, SAMPLE_SUBJECT);
  assert.equal(key("/root/.ollama/id_ed25519"), "sudo chmod 600 -- /root/.ollama/id_ed25519");
  for (const path of ["/etc/passwd", "/root/../.ollama/id_ed25519", "id_ed25519"]) assert.equal(key(path), null, path);
});

test("no name of an interface leads to another setting of the kernel", () => {
  const off = (name: string): string | null =>
    RULE_NOTES["loopback-routed-in"].toCommand({ interfaces: [name], entry: "127.0.0.1:1" }, SAMPLE_SUBJECT);
  assert.match(off("eth0.5") ?? "", / net\/ipv4\/conf\/eth0\.5\/route_localnet=0$/);
  for (const name of ["../../kernel", "..", "a=b", "a b", "", "sixteen-letters-"]) assert.equal(off(name), null, name);
});

test("an environment file is named in full, or no command changes it", () => {
  const declared = { value: "0.0.0.0", file: "-e1e touch x", line: 2, reaches: true, why: "in-effect" } as const;
  const setting = { name: "OLLAMA_HOST", effective: "0.0.0.0", effectiveKnown: true, listensOn: null } as const;
  const command = toLoopbackCommand(subject({ settings: [{ ...setting, declared: [declared] }] }));
  assert.doesNotMatch(command ?? "", /sed|touch/);
});
