import assert from "node:assert/strict";
import type { ChildProcessByStdio } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

const MAIN = join(import.meta.dirname, "../main.ts");
const IN_NAMESPACE = [
  "unshare",
  "--user",
  "--map-root-user",
  "--",
  "unshare",
  "--net",
  "--pid",
  "--fork",
  "--mount-proc",
];
/** Where others may read this checkout and its Node.js, whatever folder of whomever they are in. */
const SHOWN = "/srv";
const SHOW = `mount -t tmpfs -o mode=755 pl-shown ${SHOWN} && mkdir ${SHOWN}/portlock && : > ${SHOWN}/node &&
  mount --bind "$0" ${SHOWN}/portlock && mount --bind "$1" ${SHOWN}/node && shift &&
  exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"`;
const HOME = join(import.meta.dirname, "../..");
const AS_NOBODY = ["unshare", "--mount", "sh", "-c", SHOW, HOME, process.execPath];
const PROGRAM = [process.execPath, MAIN];
const SHOWN_PROGRAM = [`${SHOWN}/node`, `${SHOWN}/portlock/src/main.ts`];

const LOCK = 'echo 0 > /proc/sys/user/max_user_namespaces; echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"';
/** A user namespace that may hold no further namespaces: what a locked-down kernel or container is like. */
const LOCKED = ["unshare", "--user", "--map-root-user", "sh", "-c", LOCK, "sh"];
const HIDE_IP = 'mount --bind /dev/null "$(readlink -f "$(command -v ip)")"; exec "$@"';
const WITHOUT_IP = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", HIDE_IP, "sh"];

const hasIp = canRun(["ip", "-V"]);
const stageSkip =
  hasIp && canRun([...IN_NAMESPACE, "true"]) ? false : "needs ip (iproute2) and a kernel that makes namespaces";
const nobodySkip =
  hasIp && canRun([...AS_NOBODY, ...IN_NAMESPACE, ...SHOWN_PROGRAM, "--version"])
    ? false
    : "needs root, ip (iproute2), a kernel that lets other users make namespaces, and files they may read";
const lockedSkip = canRun([...LOCKED, "true"]) ? false : "this kernel or user makes no user namespace to lock";
const hiddenSkip = canRun([...WITHOUT_IP, "true"]) ? false : "this kernel or user hides no program";

function canRun([program = "", ...operands]: readonly string[]): boolean {
  return spawnSync(program, operands).status === 0;
}

type Demo = ChildProcessByStdio<null, Readable, Readable>;

function startDemo(prefix: readonly string[], flags: readonly string[], self = PROGRAM): Demo {
  const [program = "", ...operands] = [...prefix, ...self, "demo", ...flags];
  return spawn(program, operands, {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
}

interface Played {
  readonly exitCode: number | null;
  readonly said: string;
  readonly errors: string;
  /** Everything the run started, by pid and start time. */
  readonly started: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
}

/** Plays the whole run, and writes down all processes and network namespaces that came of it. */
async function play(demo: Demo, interrupt: (demo: Demo, said: string) => void = () => {}): Promise<Played> {
  const started = new Set<string>();
  const namespaces = new Set<string>();
  let said = "";
  let errors = "";
  demo.stdout.on("data", (text) => (said += String(text)));
  demo.stderr.on("data", (text) => (errors += String(text)));
  const ended = once(demo, "close");
  while (demo.exitCode === null && demo.signalCode === null) {
    for (const pid of listDescendants(demo.pid ?? -1)) {
      started.add(identify(pid));
      namespaces.add(namespaceOf(pid));
    }
    interrupt(demo, said);
    await pause(20);
  }
  await ended;
  namespaces.delete(namespaceOf(process.pid));
  for (const set of [started, namespaces]) {
    set.delete("");
  }
  return { exitCode: demo.exitCode, said, errors, started, namespaces };
}

function listProcesses(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readStat(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return [];
  }
}

function listDescendants(ancestor: number): readonly number[] {
  const parents = new Map(listProcesses().map((pid) => [pid, Number(readStat(pid)[1])]));
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === ancestor || (parent !== undefined && parent > 0 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Pid and start time, so that a pid used again is another process; empty for one that has ended. */
function identify(pid: number): string {
  const [state, ...rest] = readStat(pid);
  return state === undefined || state === "Z" ? "" : `${pid} ${rest[18]}`;
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

/** Waits until nothing of a run is left; the test runner's own limit ends a wait in vain. */
async function untilGone({ started, namespaces }: Played): Promise<void> {
  for (;;) {
    const pids = listProcesses();
    if (!pids.some((pid) => started.has(identify(pid)) || namespaces.has(namespaceOf(pid)))) {
      break;
    }
    await pause(20);
  }
  assert.doesNotMatch(readFileSync("/proc/self/mounts", "utf8"), /portlock-demo/);
}

function assertStory(played: Played, story: readonly RegExp[]): void {
  assert.equal(played.exitCode, 0, played.said + played.errors);
  let rest = played.said;
  for (const part of story) {
    const match = part.exec(rest);
    assert.ok(match, `missing ${part} in:\n${rest}`);
    rest = rest.slice(match.index + match[0].length);
  }
}

/** A sentence wherever its lines were broken. */
function wrapped(sentence: string): RegExp {
  return new RegExp(sentence.replaceAll(" ", "\\s+"));
}

const STORY = [
  wrapped("stand-in: it answers like Ollama and runs no model"),
  /Listening on \[::\]:11434/,
  /stranger \$ curl http:\/\/192\.168\.77\.10:11434\/api\/tags/,
  /Answered \(HTTP 200\) without a password: .*llama3\.2:3b/,
  /portlock audit\n\nexposed/i,
  /demo-host/,
  /open-bind/,
  /Listening on 127\.0\.0\.1:11434/,
  /portlock audit\n\nlocal/i,
  /Connection refused\./,
  /http:\/\/192\.168\.77\.10:11435 lets one key in to http:\/\/127\.0\.0\.1:11434/,
  /HTTP 401: a key is needed/,
  /HTTP 200, in \d{2} pieces as they were made: \w+/,
  /HTTP 403: this key may ask models, and not delete them/,
];

describe("the guided run", { timeout: 120_000 }, () => {
  test("plays its story and leaves nothing behind", { skip: stageSkip }, async () => {
    const played = await play(startDemo([], ["--fast"]));
    assertStory(played, STORY);
    assert.ok(played.namespaces.size >= 2, "a server and a stranger in namespaces of their own");
    await untilGone(played);
  });

  test("plays it for a user without any rights", { skip: nobodySkip }, async () => {
    const played = await play(startDemo(AS_NOBODY, ["--fast"], SHOWN_PROGRAM));
    assertStory(played, STORY);
    await untilGone(played);
  });

  test("tells it in Chinese", { skip: stageSkip }, async () => {
    const played = await play(startDemo([], ["--fast", "--lang", "zh-CN"]));
    assertStory(played, [
      /替身：它像 Ollama 一样应答/,
      /无需密码即得到应答/,
      /暴露/,
      /仅本机/,
      /连接被拒绝/,
      /http:\/\/192\.168\.77\.10:11435 已启动，1 把密钥可以访问 http:\/\/127\.0\.0\.1:11434/,
      /HTTP 401：需要密钥/,
      /共 \d+ 段/,
      /HTTP 403/,
    ]);
    await untilGone(played);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    test(`leaves nothing behind after ${signal}`, { skip: stageSkip }, async () => {
      const played = await play(startDemo([], ["--fast"]), (demo, said) => {
        if (said.includes("Listening on [::]")) {
          demo.kill(signal);
        }
      });
      assert.notEqual(played.exitCode, 0);
      assert.ok(played.namespaces.size >= 2);
      await untilGone(played);
    });
  }

  test("replays recordings where no namespace can be made, and says so", { skip: lockedSkip }, async () => {
    assertStory(await play(startDemo(LOCKED, ["--fast"])), [
      wrapped("No network namespace can be made here \\([^)]+\\), so this is a replay"),
      wrapped("answers like Ollama and runs no model"),
      wrapped("Not tried now. When this was recorded, the stranger was answered"),
      /portlock audit\n\nexposed/i,
      /portlock audit\n\nlocal/i,
      wrapped("Not tried now. When this was recorded, the connection was refused"),
    ]);
  });

  test("replays them too where a tool is missing halfway, and ends", { skip: hiddenSkip }, async () => {
    const played = await play(startDemo(WITHOUT_IP, ["--fast"]));
    assertStory(played, [
      /No network namespace can be made here \((the program )?ip /,
      wrapped("the connection was refused"),
    ]);
    await untilGone(played);
  });
});
