import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aDockerHost } from "../../judge/testing/docker-host.ts";
import { judge } from "../../judge/judge.ts";
import { DEFAULT_CHOICES } from "../choices.ts";
import { translateDocker } from "./docker-options.ts";
import type { Translation } from "./new-container.ts";
import type { ContainerSite } from "./site.ts";
import { anInspected, withMembers, type Saved } from "../../../test/inspected-container.ts";

const PORTS: Readonly<Record<Saved, number>> = {
  "docker-20.10.24-inspect-full": 11_435,
  "docker-20.10.24-inspect-plain": 11_434,
  "docker-20.10.24-inspect-privileged": 11_437,
  "podman-4.3.1-inspect-full": 21_435,
};

function translate(
  saved: Saved,
  change?: (text: string) => string,
  variable: ContainerSite["variable"] = null,
): Translation {
  const { facts } = aDockerHost("0.0.0.0");
  const judgement = judge(facts);
  const [container] = facts.containers.ok ? facts.containers.value.containers : [];
  const [server] = judgement.servers;
  assert.ok(container !== undefined && server !== undefined);
  return translateDocker({
    input: { facts, judgement, choices: DEFAULT_CHOICES, texts: new Map(), inspected: new Map(), operators: [] },
    servers: [server],
    container: { ...container, id: "c75183ca2151f7f7d9f5c40203d3d6e7dedcdb83a136cac99e846285bf43e0c6" },
    inspected: anInspected(saved, change),
    ports: [{ hostPort: PORTS[saved], containerPort: 11_434, loopback: "127.0.0.1" }],
    variable,
    interruptions: [],
  });
}

/** Options that stand there for each container: an engine's own defaults may be others by now. */
const ALWAYS = /^--(?:shm-size=67108864b|cgroupns=private|ipc=private|runtime=runc|log-driver=json-file)$/;

test("a container with everything is made again with every setting", () => {
  const translated = translate("docker-20.10.24-inspect-full");
  assert.ok(translated.ok);
  assert.deepEqual(translated.made, {
    options: (
      "--publish=127.0.0.1:11435:11434 --publish=127.0.0.1:9000:9000/udp --network=llm --network-alias=llm-server " +
      "--ip=10.99.0.10 --volume=models:/root/.ollama --volume=/srv/data:/data:ro " +
      "--volume=cab1698963c9b25c0661ea75f7cabd540f75b302fadf40ed92c0dcbbe95ffbb7:/scratch " +
      "--mount=type=bind,source=/srv,target=/srv2,readonly --tmpfs=/cache:rw,size=16m --restart=unless-stopped " +
      "--oom-score-adj=10 --ulimit=nofile=1024:2048 --shm-size=134217728b --cap-add=CAP_SYS_NICE " +
      "--cap-drop=CAP_MKNOD --security-opt=no-new-privileges --group-add=44 --read-only=true --cgroupns=private " +
      "--ipc=shareable --sysctl=net.ipv4.ip_unprivileged_port_start=0 --runtime=runc --init=true --dns=10.1.1.2 " +
      "--dns-search=lan --add-host=db:10.1.1.1 --log-driver=json-file --log-opt=max-size=1m " +
      "--device=/dev/null:/dev/xnull:rw --hostname=llm --user=0:0 --workdir=/root --stop-signal=SIGINT " +
      "--stop-timeout=5 --health-cmd=true --health-interval=30s"
    ).split(" "),
    image: "ollama/ollama:latest",
    words: [],
    connections: [{ network: "back", options: ["--alias=second"] }],
    environment: ["HF_TOKEN", "OLLAMA_KEEP_ALIVE"],
    labels: ["team"],
    without: [],
  });
});

describe("a plain container", () => {
  const cases: readonly (readonly [part: "HostConfig" | "Config", members: object, options: string])[] = [
    ["HostConfig", {}, ""],
    [
      "HostConfig",
      { DeviceRequests: [{ Driver: "", Count: -1, DeviceIDs: null, Capabilities: [["gpu"]], Options: {} }] },
      "--gpus=all",
    ],
    [
      "HostConfig",
      { DeviceRequests: [{ Driver: "nvidia", Count: 2, Capabilities: [["gpu"]] }] },
      "--gpus=count=2,driver=nvidia",
    ],
    [
      "HostConfig",
      { DeviceRequests: [{ DeviceIDs: ["0", "GPU-1"], Capabilities: [["gpu"]] }] },
      '--gpus="device=0,GPU-1"',
    ],
    ["HostConfig", { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } }, "--restart=on-failure:3"],
    ["HostConfig", { RestartPolicy: { Name: "no", MaximumRetryCount: 0 } }, ""],
    [
      "HostConfig",
      { Memory: 8_589_934_592, MemorySwap: -1, MemorySwappiness: 0, NanoCpus: 1_500_000_000, PidsLimit: 200 },
      "--memory=8589934592b --memory-swap=-1 --memory-swappiness=0 --cpus=1.5 --pids-limit=200",
    ],
    ["HostConfig", { MaskedPaths: null, ReadonlyPaths: null }, "--security-opt=systempaths=unconfined"],
    ["HostConfig", { Init: false }, "--init=false"],
    ["HostConfig", { VolumesFrom: ["models:ro"] }, "--volumes-from=models:ro"],
    ["HostConfig", { Binds: ["/srv/models:/root/.ollama:rw"] }, "--volume=/srv/models:/root/.ollama:rw"],
    ["Config", { Healthcheck: { Test: ["NONE"] } }, "--no-healthcheck=true"],
    ["Config", { Entrypoint: ["/bin/sh"] }, "--entrypoint=/bin/sh"],
    ["Config", { Tty: true, OpenStdin: true }, "--tty=true --interactive=true"],
    ["Config", { ExposedPorts: { "11434/tcp": {}, "80/tcp": {} } }, "--expose=80/tcp"],
    ["Config", { MacAddress: "02:42:ac:11:00:09", Hostname: "gpu-1" }, "--mac-address=02:42:ac:11:00:09"],
  ];
  for (const [part, members, options] of cases) {
    test(`with ${JSON.stringify(members).slice(0, 90)}`, () => {
      const translated = translate("docker-20.10.24-inspect-plain", (text) =>
        withMembers(part, members)(withMembers("Config", { Hostname: "c75183ca2151" })(text)),
      );
      assert.ok(translated.ok, JSON.stringify(translated));
      const said = translated.made.options.filter((each) => !ALWAYS.test(each));
      const volume = options.includes(":/root/.ollama") ? "" : " --volume=models:/root/.ollama";
      assert.deepEqual(
        said.toSorted(),
        `--publish=127.0.0.1:11434:11434${volume} ${options}`.trim().split(" ").toSorted(),
      );
    });
  }
});

describe("what no option can say is named:", () => {
  const cases: readonly (readonly [part: "HostConfig" | "Config", members: object, settings: readonly string[]])[] = [
    ["HostConfig", { SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ERRNO"}'] }, ["SecurityOpt"]],
    ["HostConfig", { MaskedPaths: ["/proc/kcore", "/my/own"] }, ["MaskedPaths", "ReadonlyPaths"]],
    ["HostConfig", { MaskedPaths: [] }, ["MaskedPaths", "ReadonlyPaths"]],
    ["HostConfig", { DeviceRequests: [{ Count: 1, Capabilities: [["gpu", "video"]] }] }, ["DeviceRequests"]],
    ["HostConfig", { PortBindings: { "11434/tcp": [{ HostIp: "", HostPort: "" }] } }, ["PortBindings"]],
    ["HostConfig", { NetworkMode: "gone" }, ["Networks"]],
    ["HostConfig", { Mounts: [{ Type: "bind", Source: '/a,"b', Target: "/b" }] }, ["HostConfig.Mounts"]],
    ["HostConfig", { AutoRemove: true }, ["AutoRemove"]],
    ["Config", { Entrypoint: ["/bin/sh", "-c"] }, ["Entrypoint"]],
    ["Config", { Cmd: null }, ["Cmd"]],
    ["Config", { Env: ["A=b\nC=d"] }, ["Env"]],
    ["Config", { Labels: { a: "b\nc" } }, ["Labels"]],
    ["Config", { Healthcheck: { Test: ["CMD", "curl", "x"] } }, ["Healthcheck"]],
  ];
  for (const [part, members, settings] of cases) {
    test(JSON.stringify(members).slice(0, 90), () => {
      const translated = translate("docker-20.10.24-inspect-plain", withMembers(part, members));
      assert.deepEqual(translated, { ok: false, settings });
    });
  }
});

test("a privileged container stays one", () => {
  const translated = translate(
    "docker-20.10.24-inspect-privileged",
    withMembers("Config", { Hostname: "c75183ca2151" }),
  );
  assert.ok(translated.ok);
  assert.deepEqual(
    translated.made.options.filter((each) => !ALWAYS.test(each)),
    "--publish=127.0.0.1:11437:11434 --privileged=true --security-opt=label=disable --tty=true --interactive=true".split(
      " ",
    ),
  );
});

test("words of its own, an image whose name leads elsewhere by now, and another address", () => {
  const change = withMembers("Config", { Cmd: ["serve", "--verbose"], Image: "ollama/ollama:0.1" });
  const translated = translate("docker-20.10.24-inspect-plain", change, {
    name: "OLLAMA_HOST",
    value: "127.0.0.1:11434",
  });
  assert.ok(translated.ok);
  assert.deepEqual(translated.made.words, ["serve", "--verbose"]);
  assert.match(translated.made.image, /^sha256:[0-9a-f]{64}$/);
  assert.equal(translated.made.options.at(-1), "--env=OLLAMA_HOST=127.0.0.1:11434");
  assert.deepEqual(translated.made.without, ["OLLAMA_HOST"]);
});
