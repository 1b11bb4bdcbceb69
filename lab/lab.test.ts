import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { OLLAMA_OVERRIDE_PATH } from "./ollama.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

function openedLab(): Lab {
  if (lab === null) throw new Error("this test should have been skipped");
  return lab;
}

/** A web server that answers every request with 404, which is an answer. */
async function serve(host: Host, listen: string): Promise<void> {
  await host.spawn(["busybox", "httpd", "-f", "-p", listen], { user: "nobody" });
  await host.waitForPort(Number(listen.split(":").at(-1)));
}

test(
  "everybody around a host reaches what listens on every address, and comes from where he stands",
  { skip },
  async () => {
    const host = await openedLab().host({ secondLan: true });
    await serve(host, "[::]:8080");
    const { eth0, eth1, outsider, neighbour, otherNeighbour, secondNeighbour } = host.addresses;
    const ways = [
      [host.outsider, eth0.ipv4, outsider.ipv4],
      [host.outsider, eth0.ipv6, outsider.ipv6],
      [host.outsider, eth0.uniqueLocal, outsider.uniqueLocal],
      [host.outsider, eth1.ipv4, outsider.ipv4],
      [host.neighbour, eth0.ipv4, neighbour.ipv4],
      [host.neighbour, eth0.ipv6, neighbour.ipv6],
      [host.neighbour, `${eth0.linkLocal}%eth0`, `${neighbour.linkLocal}%eth0`],
      [host.otherNeighbour, eth0.ipv4, otherNeighbour.ipv4],
      [host.otherNeighbour, `${eth0.linkLocal}%eth0`, `${otherNeighbour.linkLocal}%eth0`],
      [host.neighbour, eth1.ipv4, neighbour.ipv4],
      [host.neighbour, eth1.ipv6, neighbour.ipv6],
      [host.secondNeighbour, eth1.ipv4, secondNeighbour.ipv4],
      [host.secondNeighbour, `${eth1.linkLocal}%eth0`, `${secondNeighbour.linkLocal}%eth0`],
      [host.secondNeighbour, eth0.ipv4, secondNeighbour.ipv4],
      [host.local, "127.0.0.1", "127.0.0.1"],
      [host.local, `${eth0.linkLocal}%eth0`, `${eth0.linkLocal}%eth0`],
      [host.otherUser, "::1", "::1"],
    ] as const;
    for (const [vantage, address, from] of ways) {
      const way = `${vantage.name} to ${address}`;
      assert.deepEqual(await vantage.connect(address, 8080), { kind: "connected", from }, way);
      const answer = await vantage.get(address, 8080);
      assert.equal(answer.kind === "answered" && answer.status, 404, way);
    }
    assert.equal((await host.outsider.connect(eth0.ipv4, 8081)).kind, "refused");
  },
);

test(
  "the outsider really comes over the gateway: without a way back he gets nothing, and the neighbour does",
  { skip },
  async () => {
    const host = await openedLab().host();
    await serve(host, "[::]:8080");
    await host.run(["ip", "route", "delete", "default"]);
    assert.equal((await host.outsider.connect(host.addresses.eth0.ipv4, 8080)).kind, "timeout");
    assert.equal((await host.outsider.connect(host.addresses.eth0.ipv6, 8080)).kind, "connected");
    assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, 8080)).kind, "connected");
  },
);

test("a server on loopback is the host's own, until route_localnet hands it to a neighbour", { skip }, async () => {
  const host = await openedLab().host();
  await serve(host, "127.0.0.1:8080");
  assert.equal((await host.local.connect("127.0.0.1", 8080)).kind, "connected");
  assert.equal((await host.otherUser.connect("127.0.0.1", 8080)).kind, "connected");
  assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, 8080)).kind, "refused");
  await host.showWay("neighbour", "127.0.0.1");
  assert.equal((await host.neighbour.connect("127.0.0.1", 8080)).kind, "timeout");
  await host.run(["sysctl", "--quiet", "--write", "net.ipv4.conf.eth0.route_localnet=1"]);
  assert.equal((await host.neighbour.connect("127.0.0.1", 8080)).kind, "connected");
});

test("a host has its own processes and files, and the machine keeps its own", { skip }, async () => {
  const host = await openedLab().host({ hostname: "gpu-7" });
  const sleeper = await host.spawn(["sleep", "1000"], { user: "nobody", env: { COLOUR: "blue" } });
  const processes = await host.run(["ps", "-e", "--format", "comm="]);
  assert.deepEqual(processes.stdout.trim().split("\n"), ["(sd-stubinit)", "sleep", "sleep", "ps"]);
  const { stdout } = await host.run(["cat", `/proc/${sleeper.pid}/environ`], { user: "nobody" });
  assert.match(stdout, /COLOUR=blue\0/);
  await host.write("/etc/lab/deep/file", "text\n", 0o600);
  assert.equal((await host.run(["stat", "--format=%a %s", "/etc/lab/deep/file"])).stdout, "600 5\n");
  assert.notEqual((await host.attempt(["cat", "/etc/lab/deep/file"], { user: "nobody" })).exitCode, 0);
  assert.equal(existsSync("/etc/lab"), false);
  assert.equal((await host.run(["hostname"])).stdout, "gpu-7\n");
  await sleeper.stop();
  assert.equal(existsSync(`/proc/${host.leader}/root/proc/${sleeper.pid}`), false);
});

test("a command that fails or takes too long is an error that says so", { skip }, async () => {
  const host = await openedLab().host();
  await assert.rejects(host.run(["ls", "/nowhere"]), /ls \/nowhere: exit code 2\n.*No such file/s);
  await assert.rejects(host.run(["sleep", "1000"], { timeoutMs: 100 }), /sleep 1000: took longer than 100 ms/);
  await assert.rejects(host.spawn(["no-such-program"]), /did not start:\n.*no-such-program/s);
});

test(
  "a systemd host boots, runs Ollama as its installer sets it up, and a session is no service",
  { skip },
  async () => {
    const host = await openedLab().host({ systemd: true });
    await host.installOllama();
    const { eth0 } = host.addresses;
    assert.equal((await host.local.get("127.0.0.1", 11434)).kind, "answered");
    assert.equal((await host.outsider.connect(eth0.ipv4, 11434)).kind, "refused");
    await host.write(OLLAMA_OVERRIDE_PATH, "[Service]\nEnvironment=OLLAMA_HOST=::\n");
    await host.systemd("daemon-reload");
    await host.systemd("restart", "ollama");
    await host.waitForPort(11434);
    const answer = await host.outsider.get(eth0.ipv4, 11434);
    assert.equal(answer.kind === "answered" && answer.body, "Ollama is running");
    const { stdout: pid } = await host.systemd("show", "--property=MainPID", "--value", "ollama");
    const seen = await host.run(["readlink", `/proc/${pid.trim()}/exe`]);
    assert.equal(seen.stdout, "/usr/local/bin/ollama\n");
    const byHand = await host.spawn(["/usr/local/bin/ollama", "serve"], { env: { OLLAMA_HOST: "127.0.0.1:11500" } });
    await host.waitForPort(11500);
    assert.match(
      (await host.run(["cat", `/proc/${byHand.pid}/cgroup`])).stdout,
      /^0::\/user\.slice\/.*session-c1\.scope$/m,
    );
  },
);

for (const ipFilter of [true, false]) {
  const does = ipFilter ? "blocks an outsider" : "blocks nobody, without a word";
  test(`IPAddressDeny= of a unit ${does} on a host with ipFilter ${ipFilter}`, { skip }, async () => {
    const host = await openedLab().host({ systemd: true, ipFilter });
    await host.write(
      "/etc/systemd/system/web.service",
      "[Service]\nExecStart=/bin/busybox httpd -f -p 8080\nIPAddressDeny=any\nIPAddressAllow=localhost\n",
    );
    await host.systemd("start", "web");
    await host.waitForPort(8080);
    assert.equal((await host.local.connect("127.0.0.1", 8080)).kind, "connected");
    const fromOutside = await host.outsider.connect(host.addresses.eth0.ipv4, 8080);
    assert.equal(fromOutside.kind, ipFilter ? "timeout" : "connected");
  });
}

const withoutDocker = missingRequirement("docker") ?? false;
for (const systemd of [true, false]) {
  const kind = systemd ? "a systemd host" : "a plain host";
  test(`a port published by Docker on ${kind} is reached from everywhere`, { skip: withoutDocker }, async () => {
    const host = await openedLab().host({ systemd, docker: true });
    await host.docker.start();
    await host.docker.run(["--name", "ollama", "-p", "11434:11434", await host.docker.importOllama()]);
    const container = await host.docker.connectFrom("bridge");
    const address = (await host.docker.addresses("ollama"))["bridge"] ?? "";
    const ways = [
      [host.outsider, host.addresses.eth0.ipv4],
      [host.neighbour, host.addresses.eth0.ipv4],
      [host.local, "127.0.0.1"],
      [container, host.addresses.eth0.ipv4],
      [container, address],
    ] as const;
    await answers(host, address);
    for (const [vantage, to] of ways) {
      const answer = await vantage.get(to, 11434);
      assert.equal(answer.kind === "answered" && answer.body, "Ollama is running", `${vantage.name} to ${to}`);
    }
  });
}

/** The container's server starts a moment after the engine has said that the container runs. */
async function answers(host: Host, address: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await host.local.get(address, 11434)).kind === "answered") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server in the container does not answer");
}

test(
  "a port published by Podman is reached from outside",
  { skip: missingRequirement("podman") ?? false },
  async () => {
    const host = await openedLab().host({ systemd: true, podman: true });
    await host.podman.run(["--name", "ollama", "-p", "11434:11434", await host.podman.importOllama()]);
    const address = (await host.podman.addresses("ollama"))["podman"] ?? "";
    await answers(host, address);
    const container = await host.podman.connectFrom("podman");
    assert.equal((await host.outsider.get(host.addresses.eth0.ipv4, 11434)).kind, "answered");
    assert.equal((await container.get(address, 11434)).kind, "answered");
  },
);

test(
  "a reboot keeps the disk and what is enabled, and forgets rules, /run and what was started by hand",
  { skip: withoutDocker },
  async () => {
    const host = await openedLab().host({ systemd: true, docker: true });
    await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
    await host.docker.start();
    await host.docker.run(["--name", "kept", "--restart=always", await host.docker.importBusybox()]);
    await host.run(["nft", "add", "table", "inet", "gone"]);
    await host.write("/run/gone", "x");
    await host.write("/etc/kept", "x");
    await serve(host, "[::]:8080");
    const before = host.leader;

    await host.reboot();

    assert.notEqual(host.leader, before);
    await host.waitForPort(11434);
    const answer = await host.outsider.get(host.addresses.eth0.ipv4, 11434);
    assert.equal(answer.kind === "answered" && answer.body, "Ollama is running");
    assert.equal((await host.outsider.connect(host.addresses.eth0.ipv4, 8080)).kind, "refused");
    assert.equal((await host.run(["cat", "/etc/kept"])).stdout, "x");
    assert.notEqual((await host.attempt(["cat", "/run/gone"])).exitCode, 0);
    assert.doesNotMatch((await host.run(["nft", "list", "tables"])).stdout, /gone/);
    await host.docker.start();
    assert.match((await host.docker.command("ps", "--format", "{{.Names}}")).stdout, /^kept$/m);
  },
);
