/** An audit changes nothing: every system call that could is looked for, and the host compared before and after. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "./audit.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const AUDIT = [NODE_INSIDE, `${CHECKOUT_INSIDE}/src/main.ts`, "audit"];
const TRACE = "/tmp/portlock-trace";

/** System calls that make, change or remove something, whatever their arguments. */
const CHANGES =
  "creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat mknod mknodat " +
  "chmod fchmod fchmodat chown fchown lchown fchownat truncate ftruncate fallocate utime utimes utimensat futimesat " +
  "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr mount umount2 move_mount pivot_root swapon " +
  "init_module finit_module delete_module kexec_load reboot sethostname setdomainname settimeofday clock_settime " +
  "adjtimex bpf add_key request_key keyctl ptrace process_vm_writev acct quotactl syslog unshare";
/** Those of which the arguments tell. */
const QUESTIONS = "open openat openat2 connect sendto sendmsg sendmmsg setns";

/** One system call as strace(1) prints it, its process id taken off. */
type Call = string;

async function trace(host: Host): Promise<readonly Call[]> {
  const calls = `trace=${`${CHANGES} ${QUESTIONS}`.replaceAll(" ", ",")}`;
  const strace = ["strace", "-f", "-qq", "-s", "120", "-e", "signal=none", "-e", calls, "-o", TRACE];
  const { exitCode, stderr } = await host.attempt([...strace, ...AUDIT]);
  assert.ok(exitCode <= 2, stderr);
  const { stdout } = await host.run(["cat", TRACE]);
  await host.run(["rm", TRACE]);
  return stdout.split("\n").map((line) => line.replace(/^\d+ +/, ""));
}

/** What an administrator would compare. Times of the last look are left out, and where servers
 * write what they were asked: the journal, and the pipes of containers. */
const STATE: Readonly<Record<string, readonly string[]>> = {
  files: [
    "sh",
    "-c",
    'look() { find "$@" -not -type p -not -path "run/log/*" -not -path "run/systemd/journal/*" -printf "%p %y %s %m %U %G %C@ %l\\n"; }; ' +
      "cd / && look etc run tmp dev/shm var/lib/systemd var/lib/containers",
  ],
  mounts: ["cat", "/proc/self/mountinfo"],
  modules: ["sh", "-c", "cut -d ' ' -f 1 /proc/modules 2> /dev/null || echo a kernel without modules"],
  "packet filter": ["nft", "--stateless", "list", "ruleset"],
  units: [
    "systemctl",
    "list-units",
    "--plain",
    "--no-legend",
    "--type=service,socket,timer,path",
    "--state=active,activating,failed",
  ],
  interfaces: ["ip", "-oneline", "address"],
  "kernel settings": [
    "sh",
    "-c",
    "sysctl -a --pattern '^net[.]' 2> /dev/null | grep -v 'dev_weight\\|nf_conntrack_count'",
  ],
};

async function look(host: Host): Promise<Readonly<Record<string, string>>> {
  const looks = Object.entries(STATE).map(
    async ([what, command]) => [what, (await host.attempt(command)).stdout.replaceAll(/ +/g, " ")] as const,
  );
  return Object.fromEntries(await Promise.all(looks));
}

async function assertUnchanged(host: Host): Promise<void> {
  const earlier = await look(host);
  const { exitCode, stderr } = await host.attempt(AUDIT);
  assert.ok(exitCode <= 2, stderr);
  const later = await look(host);
  for (const what of Object.keys(STATE)) {
    const [was, is] = [earlier[what]?.split("\n") ?? [], later[what]?.split("\n") ?? []];
    const changed = [...was.filter((line) => !is.includes(line)), ...is.filter((line) => !was.includes(line))];
    assert.deepEqual(changed, [], `${what} differ`);
  }
}

describe("an audit by root", { skip: missingRequirement("docker", "strace") ?? false, timeout: 180_000 }, () => {
  let lab: Lab;
  let host: Host;
  let calls: readonly Call[] = [];

  before(async () => {
    lab = openLab();
    host = await lab.host({ systemd: true, docker: true });
    await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
    await host.docker.start();
    await host.docker.run(["--name", "box", "-p", "8081:11434", await host.docker.importOllama()]);
    calls = await trace(host);
  });
  after(() => lab.close());

  test("opens no file to write to it, but the one that swallows everything", () => {
    const opened = calls.filter((call) => call.startsWith("open"));
    assert.notDeepEqual(opened, []);
    const written = opened.filter((call) => /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE/.test(call));
    assert.deepEqual(
      written.filter((call) => !call.includes('"/dev/null"')),
      [],
    );
  });

  test("makes, changes and removes nothing, and loads no module", () => {
    const changes = new Set(CHANGES.split(" "));
    assert.deepEqual(
      calls.filter((call) => changes.has(/^\w+/.exec(call)?.[0] ?? "")),
      [],
    );
  });

  test("enters other network namespaces to look at them, and no other kind", () => {
    const entered = calls.filter((call) => call.startsWith("setns("));
    assert.notDeepEqual(entered, []);
    assert.deepEqual(
      entered.filter((call) => !/, CLONE_NEWNET(?:\)| <unfinished)/.test(call)),
      [],
    );
  });

  test("sends packets to this host and its own containers only", async () => {
    const { stdout } = await host.run(["sh", "-c", "docker inspect -f '{{.NetworkSettings.IPAddress}}' box"]);
    const own = new Set(["127.0.0.1", "::1", ...Object.values(host.addresses.eth0), stdout.trim()]);
    const sent = calls.filter((call) => call.includes("sa_family=AF_INET"));
    const targets = sent.map((call) => /(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"/.exec(call)?.[1] ?? call);
    assert.notDeepEqual(targets, []);
    assert.deepEqual(
      targets.filter((target) => !own.has(target)),
      [],
    );
  });

  test("leaves the host as it was", () => assertUnchanged(host));

  test("does not start a Docker that is stopped, although its socket would", async () => {
    await host.systemd("stop", "docker.service");
    assert.equal((await host.run(["systemctl", "is-active", "docker.socket"])).stdout, "active\n");
    await assertUnchanged(host);
    assert.equal((await host.attempt(["systemctl", "is-active", "docker.service"])).stdout, "inactive\n");
  });
});

test(
  "an audit leaves Podman's files as they were",
  { skip: missingRequirement("podman") ?? false, timeout: 120_000 },
  async () => {
    const lab = openLab();
    try {
      const host = await lab.host({ systemd: true, podman: true });
      await host.podman.run(["--name", "box", await host.podman.importBusybox()]);
      await assertUnchanged(host);
    } finally {
      lab.close();
    }
  },
);

test(
  "an audit of a host with firewalld changes nothing, and does not start a polkit that is stopped",
  { skip: missingRequirement("firewall", "strace") ?? false, timeout: 120_000 },
  async () => {
    const lab = openLab();
    try {
      const host = await lab.host({ systemd: true });
      await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
      await host.systemd("start", "firewalld.service");
      // The last thing firewalld does when it starts.
      await host.run(["sh", "-c", "until systemctl is-active --quiet polkit.service; do sleep 0.1; done"]);
      await assertUnchanged(host);
      const calls = await trace(host);
      assert.ok(calls.some((call) => call.includes("system_bus_socket")));
      const opened = calls.filter((call) => /^open.*(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE)/.test(call));
      assert.deepEqual(
        opened.filter((call) => !call.includes('"/dev/null"')),
        [],
      );
      await host.systemd("stop", "polkit.service");
      await assertUnchanged(host);
    } finally {
      lab.close();
    }
  },
);
