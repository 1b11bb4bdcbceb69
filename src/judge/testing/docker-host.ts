import type { PublishedPort } from "../../facts/containers.ts";
import { aHost, ollamaReplies, type AHost } from "./a-host.ts";

/** A host with Docker and the official image in a container, published on an address of the host. */
export function aDockerHost(hostAddress: string): AHost {
  const published: PublishedPort = { hostAddress, hostPort: 11_434, containerPort: 11_434 };
  const networks = [
    {
      name: "bridge",
      bridge: "docker0",
      address: "172.17.0.2",
      ipv6Address: null,
      subnets: ["172.17.0.0/16"],
      internal: false,
    },
  ];
  const cgroup = { kind: "container", engine: "docker", id: "llm".padEnd(64, "0") } as const;
  return aHost()
    .link("eth0", ["192.168.1.10/24"])
    .link("docker0", ["172.17.0.1/16"], { kind: "bridge" })
    .process(700, { name: "docker-proxy", executable: "/usr/bin/docker-proxy", cgroup: { kind: "other", path: "/" } })
    .process(900, { namespace: "net:[2]", cgroup, user: "root", uid: 0 })
    .listens("::", 11_434, { namespace: "net:[2]", pids: [900] })
    .listens(hostAddress, 11_434, { pids: [700] })
    .answers("127.0.0.1", 11_434, ollamaReplies("0.24.0", "elsewhere"))
    .container({ name: "llm", networks, published: [published] });
}
