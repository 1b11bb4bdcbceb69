import type { Host } from "../host.ts";
import { type Configuration, listenOn } from "./configuration.ts";
import { startContainer, waitForAnswer } from "./start-container.ts";

/** A service of the user ada, whose manager runs without her being logged in. */
async function startUserService(host: Host, lines: readonly string[]): Promise<void> {
  await host.installOllama({ start: false });
  await host.run(["useradd", "--create-home", "--shell", "/bin/sh", "ada"]);
  const uid = (await host.run(["id", "-u", "ada"])).stdout.trim();
  const unit = ["[Service]", "ExecStart=/usr/local/bin/ollama serve", ...lines, "[Install]", "WantedBy=default.target"];
  await host.write("/home/ada/.config/systemd/user/ollama.service", `${unit.join("\n")}\n`);
  await host.run(["chown", "-R", "ada:", "/home/ada"]);
  await host.run(["loginctl", "enable-linger", "ada"]);
  await host.run(["systemctl", "start", `user@${uid}.service`]);
  const env = { XDG_RUNTIME_DIR: `/run/user/${uid}` };
  await host.run(["systemctl", "--user", "enable", "--now", "ollama"], { user: "ada", env });
  await host.waitForPort(11434);
}

/** Docker as an administrator runs it who wants to write the rules himself. */
async function keepDockerOffTheFirewall(host: Host): Promise<void> {
  await host.write("/etc/docker/daemon.json", '{ "iptables": false, "ip6tables": false }\n');
  await host.systemd("restart", "docker");
  await host.run(["sh", "-c", "iptables -t nat -F; iptables -F; iptables -X; iptables -t nat -X; nft flush ruleset"]);
  await host.systemd("restart", "docker");
}

/** Who runs the server. */
export const RUNNERS: readonly Configuration[] = [
  {
    id: "by-hand-loopback",
    what: "`ollama serve` typed in a terminal",
    async set(host) {
      await host.installOllama();
      await host.spawn(["/usr/local/bin/ollama", "serve"], { user: "nobody", env: { HOME: "/tmp" } });
      await host.waitForPort(11434);
    },
    verdict: "local",
    findings: [],
  },
  {
    id: "by-hand-open",
    what: "`OLLAMA_HOST=0.0.0.0 ollama serve` typed in a terminal by root",
    async set(host) {
      await host.installOllama();
      await host.spawn(["/usr/local/bin/ollama", "serve"], { env: { OLLAMA_HOST: "0.0.0.0" } });
      await host.waitForPort(11434);
    },
    verdict: "exposed",
    findings: ["open-bind", "runs-as-root"],
  },
  {
    id: "user-service",
    what: "a service of a login user's own, run by `systemctl --user`",
    host: { systemd: true },
    set: (host) => startUserService(host, [listenOn("0.0.0.0")]),
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "user-service-edited",
    what: "the same service, closed in its file since and neither reloaded nor restarted",
    host: { systemd: true },
    async set(host) {
      await startUserService(host, [listenOn("0.0.0.0")]);
      await host.run(["sed", "-i", "s/0.0.0.0/127.0.0.1/", "/home/ada/.config/systemd/user/ollama.service"]);
    },
    verdict: "exposed",
    findings: ["open-bind", "restart-missing"],
  },
  {
    id: "docker-published",
    what: "docker run -p 11434:11434, as the image's page says",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await startContainer(host, ["-p", "11434:11434"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "docker-published-loopback",
    what: "docker run -p 127.0.0.1:11434:11434, on Docker 20.10",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await startContainer(host, ["-p", "127.0.0.1:11434:11434"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "docker-unpublished",
    what: "a container without a published port",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await startContainer(host, []);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "docker-without-rules",
    what: 'a published port with "iptables": false: no rules, and the proxy process carries everybody in',
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await keepDockerOffTheFirewall(host);
      await startContainer(host, ["-p", "11434:11434"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "docker-loopback-without-rules",
    what: 'published on 127.0.0.1 with "iptables": false: the neighbour goes to the container\'s address',
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await keepDockerOffTheFirewall(host);
      await startContainer(host, ["-p", "127.0.0.1:11434:11434"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "docker-host-network",
    what: "docker run --network host, on a host whose Docker writes no rules",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await keepDockerOffTheFirewall(host);
      await startContainer(host, ["--network", "host"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["open-bind", "runs-as-root"],
  },
  {
    id: "podman-published",
    what: "podman run -p 11434:11434 as root",
    host: { systemd: true, podman: true },
    needs: ["podman"],
    async set(host) {
      await host.podman.run(["--name", "ollama", "-p", "11434:11434", await host.podman.importOllama()]);
      const address = (await host.podman.addresses("ollama"))["podman"] ?? "";
      await waitForAnswer(host, address, 11434);
      return { "cni-podman0": await host.podman.connectFrom("podman") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "service-and-container",
    what: "the installer's service, and a container published on another port",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await host.installOllama();
      await startContainer(host, ["-p", "11500:11434"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
  {
    id: "container-calls-the-host",
    what: "the service on every address, and a container beside it",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await keepDockerOffTheFirewall(host);
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "other-namespace",
    what: "a server in a network namespace of its own, joined by a veth pair",
    async set(host) {
      await host.installOllama();
      await host.run(["mkdir", "-p", "/run/netns"]);
      await host.run(["ip", "netns", "add", "models"]);
      await host.run(["ip", "link", "add", "to-models", "type", "veth", "peer", "name", "eth0", "netns", "models"]);
      await host.run(["ip", "address", "add", "10.99.0.1/24", "dev", "to-models"]);
      await host.run(["ip", "link", "set", "to-models", "up"]);
      const inside = ["ip", "netns", "exec", "models"];
      await host.run([...inside, "ip", "address", "add", "10.99.0.2/24", "dev", "eth0"]);
      await host.run([...inside, "ip", "link", "set", "eth0", "up"]);
      await host.run([...inside, "ip", "link", "set", "lo", "up"]);
      await host.spawn([...inside, "/usr/local/bin/ollama", "serve"], { env: { OLLAMA_HOST: "0.0.0.0" } });
      await waitForAnswer(host, "10.99.0.2", 11434);
    },
    verdict: "unknown",
    findings: ["runs-as-root", "browser-page-can-call"],
    unknownBecause: ["firewall-unread"],
  },
];
