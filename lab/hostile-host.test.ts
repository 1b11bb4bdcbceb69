/** A host on which everything that somebody may write is hostile, beside an honest server. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Server } from "../src/judge/server.ts";
import type { Audit } from "./audit.ts";
import { ESCAPES } from "./hostile/servers.ts";
import { assertInert, runPortlock, type Watched } from "./hostile/run-portlock.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { WORKSHOP_INSIDE } from "./workshop.ts";

const skip = missingRequirement("docker") ?? false;
const MOST_MEGABYTES = 320;
const PLACE = "/srv/hostile";

/** Names of programs as `$'…'` of bash; each runs a little web server, and a kernel name is its first 15 bytes. */
const PROGRAM_NAMES: readonly (readonly [what: string, name: string])[] = [
  ["a terminal escape", "\\e[2J\\e]0;owned\\a"],
  ["line ends", "a\\nLISTEN 0 1 *"],
  ["fields of ss", 'x",pid=1,fd=3))'],
  ["a right-to-left override", "\\u202eevil\\u2066"],
  ["bytes that are no UTF-8", "\\xff\\xfe\\x9b31m"],
  ["parentheses", "a) R 1 1 (b"],
  ["nothing but blanks", "   "],
  ["an option", "--help"],
];
const FIRST_PORT = 21_000;
const HOSTILE_OLLAMA_PORT = 21_100;

/** What somebody put where a file is expected. */
const PLACES: readonly (readonly [what: string, script: string])[] = [
  ["a pipe as /etc/environment", "rm -f /etc/environment && mkfifo /etc/environment"],
  ["an endless device as a profile", "ln -sf /dev/zero /etc/profile.d/zero.sh"],
  ["a folder as a profile", "mkdir /etc/profile.d/folder.sh"],
  ["a link to itself", "ln -s loop.sh /etc/profile.d/loop.sh"],
  ["a pipe as somebody's profile", "mkfifo ~eve/.bashrc && chown eve ~eve/.bashrc"],
  ["an endless line as a profile", "head -c 5000000 /dev/zero | tr '\\0' a > ~eve/.zshrc"],
  ["a memory as a profile", "ln -s /proc/kcore ~eve/.zprofile"],
  [
    "options of set without end",
    "{ printf 'set -'; head -c 250000 /dev/zero | tr '\\0' a; echo '!'; } > ~eve/.profile",
  ],
  ["one setting ten thousand times", "yes 'export OLLAMA_HOST=0.0.0.0' | head -n 8000 > ~eve/.bash_profile"],
  [
    "thousands of files",
    "mkdir -p ~eve/.config/environment.d && cd ~eve/.config/environment.d && seq -f 'f%g.conf' 4000 | xargs touch",
  ],
  ["random bytes as a drop-in", "head -c 100000 /dev/urandom > /etc/systemd/system/ollama.service.d/50-noise.conf"],
  [
    "control characters in a drop-in",
    "printf '[Service]\\nEnvironment=OLLAMA_ORIGINS=\\033[31m\\342\\200\\256evil\\n' > /etc/systemd/system/ollama.service.d/60-escape.conf",
  ],
  [
    "an endless line as a drop-in",
    "yes OLLAMA_HOST=, | tr -d '\\n' | head -c 5000000 > /etc/systemd/system/ollama.service.d/70-long.conf",
  ],
  ["a folder as a drop-in", "mkdir /etc/systemd/system/ollama.service.d/80-folder.conf"],
  ["a device as a drop-in", "ln -s /dev/zero /etc/systemd/system/ollama.service.d/90-zero.conf"],
  [
    "units that begin with a dash or hold escapes",
    "for name in -ollama 'x\\x2d\\x1b-ollama' 'ollama@%n'; do printf '[Service]\\nExecStart=/bin/true\\n' > /etc/systemd/system/\"$name\".service; done",
  ],
  [
    "a folder of two thousand drop-ins",
    "mkdir /etc/systemd/system/other-ollama.service.d && cd /etc/systemd/system/other-ollama.service.d && seq -f '%g.conf' 2000 | xargs touch",
  ],
];

/** A home on a file server that is gone: a mount whose server never says a word. */
const DEAD_MOUNT = `mkdir -p ~eve/dead && ln -s dead/x ~eve/.bash_login && { test -e /dev/fuse || mknod /dev/fuse c 10 229; } &&
  exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other dead ~eve/dead && exec sleep 1000`;

async function startPrograms(host: Host): Promise<void> {
  for (const [index, [, name]] of PROGRAM_NAMES.entries()) {
    const path = `${PLACE}/${index}/$'${name}'`;
    const script = `mkdir -p ${PLACE}/${index} && cp /bin/busybox ${path} && export A=$'a\\nOLLAMA_HOST=0.0.0.0' &&
      exec -a httpd ${path} -f -p 127.0.0.1:${FIRST_PORT + index} -h ${PLACE} -r "$(head -c 100000 /dev/zero | tr '\\0' a)"`;
    await host.spawn(["bash", "-c", script]);
    await host.waitForPort(FIRST_PORT + index);
  }
}

async function startHostileOllama(host: Host): Promise<void> {
  const path = `${PLACE}/$'\\e[31m\\xff'/ollama`;
  const script = `mkdir -p ${PLACE}/$'\\e[31m\\xff' && touch ${path} && mount --bind ${WORKSHOP_INSIDE}/ollama ${path} &&
    export OLLAMA_HOST=127.0.0.1:${HOSTILE_OLLAMA_PORT} OLLAMA_ORIGINS=$'*,http://\\e[31m\\nLOCAL\\u202e' OLLAMA_MODELS=$'/\\n\\e[2J' &&
    exec -a $'ollama\\e]0;owned\\a' ${path} serve`;
  await host.spawn(["bash", "-c", script], { env: { HOME: "/root" } });
}

/** Without Docker's own rules, whose effect this release does not judge. */
async function startDocker(host: Host): Promise<void> {
  await host.write("/etc/docker/daemon.json", '{ "iptables": false, "ip6tables": false }\n');
  await host.systemd("restart", "docker");
  await host.run(["sh", "-c", "nft flush ruleset"]);
  await host.systemd("restart", "docker");
  await host.docker.start();
}

async function startHostileContainer(host: Host): Promise<void> {
  await startDocker(host);
  const label = (name: string, value: string): string[] => ["--label", `com.docker.compose.${name}=${value}`];
  await host.docker.run([
    "--name",
    "box",
    "--network",
    "host",
    "-e",
    "OLLAMA_HOST=127.0.0.1:21200",
    "-e",
    `OLLAMA_ORIGINS=*,http://${ESCAPES}`,
    ...label("project", ESCAPES),
    ...label("service", `$(touch /tmp/owned)${ESCAPES}`),
    ...label("project.config_files", `/tmp/${ESCAPES}.yml`),
    await host.docker.importOllama(),
    "serve",
    ESCAPES,
    "a".repeat(100_000),
  ]);
}

describe("a hostile host", { skip, timeout: 240_000 }, () => {
  let lab: Lab;
  let host: Host;
  let pages: readonly Watched[] = [];
  let report: Audit["report"];
  const by = (port: number): Server | undefined =>
    report.servers.find(({ listeners }) => listeners.some((listener) => listener.port === port));

  before(async () => {
    lab = openLab();
    host = await lab.host({ systemd: true, docker: true });
    await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
    await host.run(["useradd", "--create-home", "--shell", "/bin/bash", "eve"]);
    await host.run(["sh", "-c", `chmod 755 ~eve && rm -f ~eve/.bashrc ~eve/.profile`]);
    for (const [, script] of PLACES) await host.run(["bash", "-c", script]);
    await startPrograms(host);
    await startHostileOllama(host);
    await host.waitForPort(HOSTILE_OLLAMA_PORT);
    await startHostileContainer(host);
    await host.waitForPort(21_200);
    await host.spawn(["bash", "-c", DEAD_MOUNT]);
    await host.spawn(["bash", "-c", "cd ~eve && exec -a ollama sleep 1000"], { user: "nobody" });
    pages = await Promise.all([
      runPortlock(host, "audit"),
      runPortlock(host, "audit", "--lang", "zh-CN", "--plain"),
      runPortlock(host, "audit", "--json"),
      runPortlock(host, "record", "-o", "-"),
    ]);
    report = JSON.parse(pages[2]?.stdout ?? "");
  });
  after(() => lab.close());

  test("every page and document is clear, inert and made in bounded memory", () => {
    for (const { stdout, stderr, peakMegabytes } of pages) {
      assert.equal(stderr, "");
      assertInert(stdout);
      assert.ok(peakMegabytes < MOST_MEGABYTES, `${peakMegabytes} MB`);
    }
    assert.equal(report.verdict, "exposed");
  });

  test("what somebody wrote to be acted on is shown as what it is", () => {
    assert.match(pages[0]?.stdout ?? "", /http:\/\/\\x1b\[31m/);
    assert.ok(by(HOSTILE_OLLAMA_PORT)?.settings.some(({ effective }) => effective?.includes("\u001b[31m") === true));
  });

  test("the honest server is told as it is", async () => {
    const honest = by(11_434);
    assert.equal(honest?.verdict, "exposed");
    assert.deepEqual(honest.runBy, { kind: "systemd", unit: "ollama.service", scope: "system" });
    assert.equal(honest.process?.user, "ollama");
    assert.equal((await host.outsider.get(host.addresses.eth0.ipv4, 11_434)).kind, "answered");
  });

  test("a server with a hostile path, title and settings is judged by its socket", () => {
    assert.equal(by(HOSTILE_OLLAMA_PORT)?.verdict, "local");
  });

  test("a container with hostile labels, command and environment is judged by its socket", () => {
    const server = by(21_200);
    assert.equal(server?.verdict, "local");
    assert.equal(server.runBy.kind, "docker");
  });

  for (const [index, [what]] of PROGRAM_NAMES.entries()) {
    test(`a program whose name holds ${what} is nobody, and hides nobody`, () => {
      assert.equal(by(FIRST_PORT + index), undefined);
    });
  }

  for (const [file, why] of [
    ["/etc/environment", "failed"],
    ["/etc/profile.d/zero.sh", "failed"],
    ["/etc/profile.d/folder.sh", "failed"],
    ["/etc/systemd/system/ollama.service.d/70-long.conf", "too-large"],
  ] as const) {
    test(`${file} is missing, because it is ${why}`, () => {
      assert.ok(
        report.missing.some((each) => each.from === file && each.why === why),
        JSON.stringify(report.missing),
      );
    });
  }
});
