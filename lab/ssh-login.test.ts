/** How people log in, and what they are told where they cannot: `portlock audit --host` with a real sshd. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Report } from "../src/report/report.ts";
import type { Auditor } from "./auditor.ts";
import { type Output, runCommand } from "./command.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { admit, letIn, makeKey, type SshServer, startSshServer, toKnownHost } from "./ssh-server.ts";

const skip = missingRequirement("ssh", "login-shells") ?? false;
const timeout = 300_000;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

/** Of every host of the lab. */
const ADDRESS = "10.77.0.10";
/** A key of nobody's. */
const OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkqFN2C1E3ok2RxTjmnp7qLSVzmoVScX6rzGRTtHnJs";

const REFUSALS: readonly (readonly [
  what: string,
  prepare: () => Promise<unknown> | void,
  target: string,
  code: string,
  sentence: RegExp,
  hint: RegExp,
])[] = [
  [
    "another key than the known one",
    () => auditor.write(".ssh/known_hosts", `${ADDRESS} ${OTHER_KEY}\n`),
    `ssh://root@${ADDRESS}`,
    "ssh-host-key-changed",
    /shows another key than the one that is known: ssh:\/\/root@10\.77\.0\.10\n {2}Offending .* key in .*known_hosts:1\n/,
    /somebody may stand in between/,
  ],
  [
    "a key that nobody has compared yet",
    () => auditor.write(".ssh/known_hosts", ""),
    `ssh://root@${ADDRESS}`,
    "ssh-host-key-unknown",
    /key is not known yet/,
    /Connect once with ssh, compare the fingerprint/,
  ],
  ["another user", () => {}, `ssh://mallory@${ADDRESS}`, "ssh-denied", /does not accept the login/, /BatchMode=yes/],
  [
    "a key that needs a passphrase nobody is there to type",
    async () => {
      auditor.write(".ssh/config", "IdentityFile ~/.ssh/locked\nIdentitiesOnly yes\n");
    },
    `ssh://ragent@${ADDRESS}`,
    "ssh-denied",
    /does not accept the login/,
    /a key in the agent/,
  ],
  [
    "an account whose password has run out",
    async () => {
      await addUser("late", "/bin/bash");
      await host.run(["chage", "-d", "0", "late"]);
    },
    `ssh://late@${ADDRESS}`,
    "ssh-no-shell",
    /leads to no POSIX shell: [^]*Password change required/,
    /an account whose login/,
  ],
  [
    "an account without a shell",
    () => addUser("service", "/usr/sbin/nologin"),
    `ssh://service@${ADDRESS}`,
    "ssh-no-shell",
    /leads to no POSIX shell: [^]*account is currently not available/,
    /an account whose login runs \/bin\/sh/,
  ],
  [
    "an account with a restricted shell",
    () => addUser("guest", "/bin/rbash"),
    `ssh://guest@${ADDRESS}`,
    "ssh-no-shell",
    /leads to no POSIX shell: [^]*exec: restricted/,
    /an account whose login runs \/bin\/sh/,
  ],
  [
    "an account that may do one thing only",
    async () => {
      const key = readFileSync(join(auditor.home, ".ssh/id_ed25519.pub"), "utf8");
      await addUser("backup-only", "/bin/bash");
      await host.write("/home/backup-only/.ssh/authorized_keys", `restrict,command="echo backup done" ${key}`, 0o600);
    },
    `ssh://backup-only@${ADDRESS}`,
    "ssh-no-shell",
    /leads to no POSIX shell: [^]*backup done/,
    /without a forced command/,
  ],
  ["a port where nobody listens", () => {}, `ssh://root@${ADDRESS}:2`, "ssh-unreachable", /No SSH server/, /up/],
  [
    "a server of another protocol",
    () => {},
    `ssh://root@${ADDRESS}:11434`,
    "ssh-unreachable",
    /No SSH server answers there/,
    /Check address and port/,
  ],
  [
    "a name that nobody knows",
    () => {},
    "ssh://gpu-17.invalid",
    "ssh-name-unknown",
    /name is not known/,
    /Check the spelling/,
  ],
  [
    "a configuration with a mistake",
    () => auditor.write(".ssh/config", "Host *\n  Prot 22\n"),
    `ssh://root@${ADDRESS}`,
    "ssh-failed",
    /SSH client failed: [^]*(?:Bad|bad) configuration option/,
    /by hand/,
  ],
  [
    "a jump host that is down",
    () => auditor.write(".ssh/config", `Host inner\n  ProxyJump root@${ADDRESS}:2\n`),
    "ssh://inner",
    "ssh-unreachable",
    /No SSH server/,
    /up/,
  ],
];

let host: Host;
let auditor: Auditor;
let server: SshServer;
let local: Report;

before(async () => {
  if (lab === null) return;
  host = await lab.host({ systemd: true });
  await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
  // Whose rules it loads, and whether it starts with the host, is read through links: `ls` of every kind has to tell.
  await host.write("/etc/nftables.conf", "flush ruleset\n");
  ({ auditor, server } = await letIn(host, host.outsider));
  local = (await host.audit()).report;
});

function audit(target: string, env: Readonly<Record<string, string>> = {}): Promise<Output> {
  return auditor.portlock(["audit", "--json", "--host", target], { env });
}

async function assertReadAsRoot(target: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { stdout, stderr } = await audit(target, env);
  assert.equal(stderr, "");
  assert.deepEqual({ ...JSON.parse(stdout), recordedAt: "" }, { ...local, recordedAt: "" });
}

async function addUser(name: string, shell: string): Promise<void> {
  await host.run(["useradd", "--create-home", "--shell", shell, name]);
  await admit(host, readFileSync(join(auditor.home, ".ssh/id_ed25519.pub"), "utf8").trim(), name);
}

/** Another account of root's, so that its report must be root's own. */
async function addRoot(name: string, shell: string): Promise<void> {
  await host.run(["useradd", "--non-unique", "--uid", "0", "--create-home", "--shell", shell, name]);
  await admit(host, readFileSync(join(auditor.home, ".ssh/id_ed25519.pub"), "utf8").trim(), name);
}

async function setShell(context: TestContext, shell: string): Promise<void> {
  await host.run(["ln", "-sf", `/bin/${shell}`, "/bin/sh"]);
  context.after(() => host.run(["ln", "-sf", "dash", "/bin/sh"]));
}

async function assertRefused(target: string, code: string, sentence: RegExp, hint: RegExp, env = {}): Promise<void> {
  const { exitCode, stdout, stderr } = await audit(target, env);
  const [first = "", ...others] = stderr.trimEnd().split("\n");
  assert.ok(first.startsWith(`portlock: error ${code}: `), stderr);
  assert.match(stderr, sentence);
  assert.match(others.at(-1) ?? "", hint, stderr);
  assert.ok(others.length <= 2, stderr);
  assert.equal(exitCode, 2);
  assert.equal(JSON.parse(stdout).error.code, code);
}

describe("a login works", { skip, timeout }, () => {
  for (const [shell, startFile] of [
    ["/bin/bash", ".bashrc"],
    ["/bin/dash", null],
    ["/usr/local/bin/ash", null],
    ["/bin/zsh", ".zshenv"],
    ["/usr/bin/fish", ".config/fish/config.fish"],
    ["/bin/tcsh", ".cshrc"],
  ] as const) {
    const name = `r${shell.split("/").at(-1)}`;
    test(`where the login shell is ${shell}${startFile === null ? "" : " and greets whoever comes"}`, async () => {
      if (shell === "/usr/local/bin/ash") await host.run(["ln", "-s", "/bin/busybox", shell]);
      await addRoot(name, shell);
      if (startFile !== null) await host.write(`/home/${name}/${startFile}`, "echo 'Welcome to gpu-1!'\n");
      await assertReadAsRoot(`ssh://${name}@${ADDRESS}`);
    });
  }

  test("where /bin/sh is bash", async (context) => {
    await setShell(context, "bash");
    await assertReadAsRoot(`ssh://root@${ADDRESS}`);
  });

  test("where /bin/sh is busybox, whose own tools say less of the networks", async (context) => {
    await setShell(context, "busybox");
    const { stdout, stderr } = await audit(`ssh://root@${ADDRESS}`);
    assert.equal(stderr, "");
    const { servers, missing }: Report = JSON.parse(stdout);
    assert.deepEqual(
      servers.map((each) => [each.kind, each.version, each.process]),
      local.servers.map((each) => [each.kind, each.version, each.process]),
    );
    assert.deepEqual(
      missing.filter((each) => each.fact !== "networks"),
      [],
    );
    assert.ok(missing.length === 0 || servers.every((each) => each.verdict !== "local"));
  });

  test("where the host greets with a banner, a message of the day and an sshrc", async () => {
    await host.write("/etc/issue.net", "Authorized users only.\n");
    await host.write("/etc/motd", "Welcome to gpu-1\n");
    await host.write("/etc/ssh/sshrc", "echo Good morning; echo again >&2\n");
    const greeting = await startSshServer(host, { port: 2201, lines: ["Banner /etc/issue.net", "PrintMotd yes"] });
    auditor.write(".ssh/known_hosts", toKnownHost(ADDRESS, server) + toKnownHost(ADDRESS, greeting));
    await assertReadAsRoot(`ssh://root@${ADDRESS}:2201`);
    await host.run(["rm", "/etc/ssh/sshrc"]);
  });

  test("with a key that only the agent holds", async () => {
    const key = await makeKey(auditor, "locked", "secret");
    await addRoot("ragent", "/bin/bash");
    await host.write("/home/ragent/.ssh/authorized_keys", `${key}\n`, 0o600);
    const home = join(auditor.home, ".ssh");
    const script = `eval "$(ssh-agent -a ${home}/agent)" >/dev/null; printf '#!/bin/sh\\necho secret\\n' >${home}/ask; chmod +x ${home}/ask; DISPLAY=: SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=${home}/ask ssh-add -q ${home}/locked; echo $SSH_AGENT_PID`;
    const { stdout } = await auditor.run(["bash", "-c", script]);
    await assertReadAsRoot(`ssh://ragent@${ADDRESS}`, { SSH_AUTH_SOCK: `${home}/agent` });
    process.kill(Number(stdout), "SIGTERM");
  });

  test("by an alias, through a jump host, on an address that only the jump host reaches", async () => {
    const inner = await startSshServer(host, { port: 2202, lines: ["ListenAddress 127.0.0.1"] });
    assert.equal((await host.outsider.connect(ADDRESS, 2202)).kind, "refused");
    auditor.write(".ssh/config", TO_INNER);
    auditor.write(".ssh/known_hosts", toKnownHost(ADDRESS, server) + toKnownHost("inner", { ...inner, port: 22 }));
    await assertReadAsRoot("ssh://inner");
  });
});

describe("a login that does not work is told, with what to do", { skip, timeout }, () => {
  for (const [what, prepare, target, code, sentence, hint] of REFUSALS) {
    test(what, async () => {
      auditor.write(".ssh/config", "");
      auditor.write(".ssh/known_hosts", toKnownHost(ADDRESS, server));
      await prepare();
      const before = readFileSync(join(auditor.home, ".ssh/known_hosts"), "utf8");
      await assertRefused(target, code, sentence, hint);
      assert.equal(readFileSync(join(auditor.home, ".ssh/known_hosts"), "utf8"), before, "no key was learnt");
    });
  }

  test("a jump host whose key is not known: nobody is asked, not even by a window", async () => {
    const asked = join(auditor.home, "asked");
    auditor.write("ask", `#!/bin/sh\ntouch ${asked}\necho yes\n`);
    await runCommand(["chmod", "+x", join(auditor.home, "ask")]);
    auditor.write(".ssh/config", TO_INNER);
    auditor.write(".ssh/known_hosts", "");
    const env = { DISPLAY: ":0", SSH_ASKPASS: join(auditor.home, "ask") };
    await assertRefused("ssh://inner", "ssh-host-key-unknown", /key is not known/, /fingerprint/, env);
    assert.equal(existsSync(asked), false);
  });

  test("in Chinese", async () => {
    auditor.write(".ssh/config", "");
    auditor.write(".ssh/known_hosts", toKnownHost(ADDRESS, server));
    const { stderr } = await auditor.portlock(["audit", "--lang", "zh-CN", "--host", `ssh://mallory@${ADDRESS}`]);
    assert.match(stderr, /^portlock: 错误 ssh-denied: .*[\u4e00-\u9fff]/);
  });
});

const TO_INNER = `Host inner
  HostName 127.0.0.1
  Port 2202
  HostKeyAlias inner
  ProxyJump root@${ADDRESS}
Host *
  User root
`;
