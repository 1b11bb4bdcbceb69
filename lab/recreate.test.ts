/**
 * Containers that are made anew lose nothing: on real engines the commands of a plan are run one after the other, and
 * what the engine says of the new container, what lies in its volumes and who may connect are held against what was
 * before; taken back, the very same container is there again.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { carryOut } from "./carry-out.ts";
import { waitForAnswer } from "./configurations/start-container.ts";
import type { ContainerEngine } from "./container-engine.ts";
import { describeContainer, idOf } from "./describe-container.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { planHost } from "./plan-host.ts";
import { missingRequirement } from "./requirements.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => lab?.close());

const SECRET = "hf_sEcReTsEcReTsEcReT12345";
const DOCKER_SKIP = missingRequirement("docker") ?? false;
const CHOICES = { method: "container", recreate: true } as const;

async function assertRecreated(host: Host, engine: ContainerEngine, name: string, port: number): Promise<void> {
  await waitForAnswer(host, "127.0.0.1", port);
  assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, port)).kind, "connected");
  await engine.command("exec", "--", name, "sh", "-c", "echo kept >/root/.ollama/kept");
  const before = await describeContainer(engine, name);
  const id = await idOf(engine, name);

  const plan = await planHost(host, CHOICES);

  assert.deepEqual(
    plan.leaves.filter(({ why }) => why.code !== "not-asked"),
    [],
  );
  const step = plan.steps.find(({ target }) => target === name);
  assert.ok(step !== undefined && step.kind === "recreate-container", JSON.stringify(plan));
  assert.ok(!JSON.stringify(plan).includes(SECRET), "no secret is in a plan");
  const undo = await carryOut(host, { ...plan, steps: [step] });
  await waitForAnswer(host, "127.0.0.1", port);
  assert.notEqual((await host.neighbour.connect(host.addresses.eth0.ipv4, port)).kind, "connected");
  assert.notEqual(await idOf(engine, name), id);
  assert.deepEqual(await describeContainer(engine, name), before);
  assert.equal((await engine.command("exec", "--", name, "cat", "/root/.ollama/kept")).stdout, "kept\n");
  assert.equal((await host.attempt(["sh", "-c", "ls /run/portlock-*"])).stdout, "", "no file with settings is left");

  await undo();

  assert.equal(await idOf(engine, name), id);
  assert.deepEqual(await describeContainer(engine, name), before);
  await waitForAnswer(host, "127.0.0.1", port);
  assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, port)).kind, "connected");
  assert.equal((await engine.command("ps", "--all", "--quiet", "--filter", "name=portlock-before")).stdout, "");
  // Taken back once more it stays so: an undo may be cut off and run again.
  await undo();
  assert.equal(await idOf(engine, name), id);
}

const DOCKER: Readonly<Record<string, readonly string[]>> = {
  plain: ["-p", "11434:11434", "-v", "models:/root/.ollama", "--restart", "always"],
  "full of settings": [
    ..."-p 0.0.0.0:11434:11434 -p 127.0.0.1:9000:9000/udp -v models:/root/.ollama -v /srv/data:/data:ro".split(" "),
    ..."-v /scratch --mount type=bind,source=/srv,target=/srv2,readonly --tmpfs /cache:rw,size=16m".split(" "),
    ..."--env-file /srv/secret.env --label team=research --restart unless-stopped --network llm".split(" "),
    ..."--ip 10.99.0.10 --network-alias llm-server --cap-add SYS_NICE --cap-drop MKNOD --group-add 44".split(" "),
    ..."--security-opt no-new-privileges --ulimit nofile=1024:2048 --shm-size 128m --hostname llm".split(" "),
    ..."--add-host db:10.1.1.1 --dns 10.1.1.2 --dns-search lan --user 0:0 --workdir /root --init".split(" "),
    ..."--health-cmd true --health-interval 30s --log-driver json-file --log-opt max-size=1m".split(" "),
    ..."--ipc shareable --device /dev/null:/dev/xnull:rw --stop-signal SIGINT --stop-timeout 5".split(" "),
    ..."--sysctl net.ipv4.ip_unprivileged_port_start=0 --oom-score-adj 10 --read-only".split(" "),
    "--label",
    "note=two words = three",
    "-e",
    'MOTD= it\'s a "$HOME" \\ value # with marks ',
  ],
  "with a terminal and words of its own": [
    ..."-i -t -p 11434:11434 -v models:/root/.ollama --entrypoint /bin/ollama".split(" "),
    ..."-e OLLAMA_KEEP_ALIVE=5m --security-opt systempaths=unconfined".split(" "),
  ],
};

for (const [what, args] of Object.entries(DOCKER)) {
  test(`Docker: a container ${what} is made anew and put back`, { skip: DOCKER_SKIP }, async () => {
    assert.ok(lab);
    const host = await lab.host({ systemd: true, docker: true });
    try {
      await host.docker.start();
      await prepare(host);
      await host.docker.command("network", "create", "--subnet", "10.99.0.0/24", "--ip-range", "10.99.0.128/25", "llm");
      await host.docker.command("network", "create", "back");
      const image = await host.docker.importOllama();
      await host.docker.run(["--name", "ollama", ...args, image, ...(args.includes("--entrypoint") ? ["serve"] : [])]);
      if (args.includes("llm")) await host.docker.command("network", "connect", "--alias", "second", "back", "ollama");
      await assertRecreated(host, host.docker, "ollama", 11_434);
    } finally {
      host.close();
    }
  });
}

test(
  "Podman: a container is made anew as it was told before",
  { skip: missingRequirement("podman") ?? false },
  async () => {
    assert.ok(lab);
    const host = await lab.host({ systemd: true, podman: true });
    try {
      await prepare(host);
      const image = await host.podman.importOllama();
      const args = "-dit --name ollama -p 11434:11434 -v models:/root/.ollama -v /scratch --env-file /srv/secret.env";
      await host.podman.command(
        "run",
        ...args.split(" "),
        "--label",
        "team=research",
        "--hostname=llm",
        "--user=0:0",
        image,
      );
      await assertRecreated(host, host.podman, "ollama", 11_434);
    } finally {
      host.close();
    }
  },
);

test("Docker: what is cut off anywhere is put back all the same", { skip: DOCKER_SKIP }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true, docker: true });
  try {
    await host.docker.start();
    await prepare(host);
    const image = await host.docker.importOllama();
    const args = "--name ollama -p 11434:11434 -v models:/root/.ollama --env-file /srv/secret.env --restart always";
    const id = await host.docker.run([...args.split(" "), image]);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    const before = await describeContainer(host.docker, "ollama");
    const [step] = (await planHost(host, CHOICES)).steps;
    assert.ok(step !== undefined);
    for (let done = 0; done <= step.commands.length; done += 1) {
      for (const command of step.commands.slice(0, done)) await host.run(command);
      for (const command of step.undo.after) await host.run(command);
      assert.equal(await idOf(host.docker, "ollama"), id, `after ${done} commands`);
      assert.deepEqual(await describeContainer(host.docker, "ollama"), before, `after ${done} commands`);
      assert.equal((await host.docker.command("ps", "--all", "--quiet")).stdout.trim().split("\n").length, 1);
      await waitForAnswer(host, "127.0.0.1", 11_434);
    }
  } finally {
    host.close();
  }
});

test("Docker: what was made anew starts with Docker, what was put aside does not", { skip: DOCKER_SKIP }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true, docker: true });
  try {
    await host.docker.start();
    const image = await host.docker.importOllama();
    const args = "--name ollama -p 11434:11434 -v models:/root/.ollama --restart unless-stopped";
    await host.docker.run([...args.split(" "), image]);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    await carryOut(host, await planHost(host, CHOICES));
    await host.systemd("restart", "docker.service");
    await waitForAnswer(host, "127.0.0.1", 11_434);
    const { stdout } = await host.docker.command("ps", "--all", "--format", "{{.Names}}: {{.State}}");
    assert.deepEqual(stdout.trim().split("\n").toSorted(), ["ollama-portlock-before: exited", "ollama: running"]);
    assert.notEqual((await host.neighbour.connect(host.addresses.eth0.ipv4, 11_434)).kind, "connected");
  } finally {
    host.close();
  }
});

test("Docker: on the host's own network the address is another one", { skip: DOCKER_SKIP }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true, docker: true });
  try {
    await host.docker.start();
    await prepare(host);
    const image = await host.docker.importOllama();
    const args = "--name ollama --network host -v models:/root/.ollama --env-file /srv/secret.env";
    const id = await host.docker.run([...args.split(" "), image]);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    const plan = await planHost(host, CHOICES);
    assert.ok(plan.claims.length > 0);
    const undo = await carryOut(host, plan);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, 11_434)).kind, "refused");
    const { stdout } = await host.docker.command("inspect", "--format", "{{json .Config.Env}}", "ollama");
    assert.match(stdout, /"OLLAMA_HOST=127\.0\.0\.1:11434"/);
    assert.ok(stdout.includes(SECRET) && !stdout.includes("0.0.0.0"));
    await undo();
    assert.equal(await idOf(host.docker, "ollama"), id);
  } finally {
    host.close();
  }
});

test("Docker: a container with data of its own is left", { skip: DOCKER_SKIP }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true, docker: true });
  try {
    await host.docker.start();
    await host.docker.run(["--name", "ollama", "-p", "11434:11434", await host.docker.importOllama()]);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    await host.docker.command(
      "exec",
      "ollama",
      "sh",
      "-c",
      "mkdir -p /root/.ollama/models; echo x >/root/.ollama/models/x",
    );
    const { steps, leaves } = await planHost(host, CHOICES);
    assert.deepEqual(steps, []);
    const why = leaves.map((each) => each.why).find(({ code }) => code === "data-in-container");
    assert.ok(
      why?.code === "data-in-container" && why.paths.includes("/root/.ollama/models/x"),
      JSON.stringify(leaves),
    );
  } finally {
    host.close();
  }
});

async function prepare(host: Host): Promise<void> {
  await host.run(["mkdir", "-p", "/srv/data"]);
  await host.write("/srv/secret.env", `HF_TOKEN=${SECRET}\nOLLAMA_KEEP_ALIVE=5m\n`);
}
