import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseContainers, parseEngineNetworks, parseEngineVersion } from "./engine-json.ts";

// Docker 20.10.24 and Podman 4.3.1 on Debian 12, shortened to the members below.
const DOCKER_CONTAINERS = `[
  {"Id":"9fb3f67b5f9d6ad4791eb02f0e214ac1647be6464ba5d90ffc29a83d865c0edf","Name":"/side","Image":"sha256:0075cf3813ad3de5fb8f647603a71af1cf2a92f5289b4c456ba2bdc65ed9f48f","State":{"Status":"running","Running":true,"Pid":30165},"HostConfig":{"NetworkMode":"container:b931fb866179519f9f0d5dc480fb00b4833f2ec0435c016e66f424fb4eef09b3","PortBindings":{},"Privileged":false},"Config":{"User":"","Env":null,"Image":"pl:1","Labels":{}},"NetworkSettings":{"SandboxKey":"","Ports":{},"Networks":{}}},
  {"Id":"b931fb866179519f9f0d5dc480fb00b4833f2ec0435c016e66f424fb4eef09b3","Name":"/six","Image":"sha256:0075cf3813ad3de5fb8f647603a71af1cf2a92f5289b4c456ba2bdc65ed9f48f","State":{"Status":"running","Running":true,"Pid":30043},"HostConfig":{"NetworkMode":"pl-six","PortBindings":{"9000/tcp":[{"HostIp":"::1","HostPort":"9000"}]},"Privileged":false},"Config":{"User":"","Env":null,"Image":"pl:1","Labels":{}},"NetworkSettings":{"SandboxKey":"/tmp/pl-dk/exec/netns/aeaa217eb6b0","Ports":{"9000/tcp":[{"HostIp":"::1","HostPort":"9000"}]},"Networks":{"pl-in":{"IPAMConfig":{},"Links":null,"Aliases":["b931fb866179"],"NetworkID":"aaec85b25b706812cc8f1866961b1a53c2b7affc0a28158f0e53c51b50d7aea0","EndpointID":"4f45fb44e5f008e68a4195575a18eab606ba20d0c3cd11d1eacd183f97f9c2f6","Gateway":"172.18.0.1","IPAddress":"172.18.0.2","IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"MacAddress":"02:42:ac:12:00:02","DriverOpts":{}},"pl-six":{"IPAMConfig":null,"Links":null,"Aliases":["b931fb866179"],"NetworkID":"ef4bd3f4a31b3743369276a1b01dd22cbe634c4f92f7d56f900781a2b22a9888","EndpointID":"fd821a0ff153e3a83b8bbaf89cf085c1aefa8871835c527c8b98a198de5f41f6","Gateway":"172.19.0.1","IPAddress":"172.19.0.2","IPPrefixLen":16,"IPv6Gateway":"fd00:77::1","GlobalIPv6Address":"fd00:77::2","GlobalIPv6PrefixLen":64,"MacAddress":"02:42:ac:13:00:02","DriverOpts":null}}}},
  {"Id":"976c52985959cb9acb9abdef811b262ac2c1b3bcadbad0da6b070868e6e05f35","Name":"/hostnet","Image":"sha256:0075cf3813ad3de5fb8f647603a71af1cf2a92f5289b4c456ba2bdc65ed9f48f","State":{"Status":"running","Running":true,"Pid":29992},"HostConfig":{"NetworkMode":"host","PortBindings":{},"Privileged":false},"Config":{"User":"","Env":null,"Image":"pl:1","Labels":{}},"NetworkSettings":{"SandboxKey":"/tmp/pl-dk/exec/netns/default","Ports":{},"Networks":{"host":{"IPAMConfig":null,"Links":null,"Aliases":null,"NetworkID":"ad854c40c29d10f616cad2478f306b81f4b4308843d91fcc7757eb7fea9d19cf","EndpointID":"91ad06fcf5da85acd3d74cca0534ebc9aa313e2ff6630730ed62db1689506a96","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"MacAddress":"","DriverOpts":null}}}},
  {"Id":"f82dbda5b028d411fb8915efec33c521f8aa02a055a2cd235176c18a98948b90","Name":"/ollama","Image":"sha256:0075cf3813ad3de5fb8f647603a71af1cf2a92f5289b4c456ba2bdc65ed9f48f","State":{"Status":"running","Running":true,"Pid":29912},"HostConfig":{"NetworkMode":"default","PortBindings":{"11434/tcp":[{"HostIp":"","HostPort":"11434"}],"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8081"}]},"Privileged":false},"Config":{"User":"1000","Env":["OLLAMA_HOST=0.0.0.0:11434","HF_TOKEN=s3cret"],"Image":"pl:1","Labels":{"com.docker.compose.project":"ai","com.docker.compose.project.config_files":"/srv/ai/compose.yaml,/srv/ai/over.yaml","com.docker.compose.service":"llm"}},"NetworkSettings":{"SandboxKey":"/tmp/pl-dk/exec/netns/64a28e5ad24b","Ports":{"11434/tcp":[{"HostIp":"0.0.0.0","HostPort":"11434"},{"HostIp":"::","HostPort":"11434"}],"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8081"}]},"Networks":{"bridge":{"IPAMConfig":null,"Links":null,"Aliases":null,"NetworkID":"75f48680fd141619d443ff48680adb89dc7af169f6590a048fad112cc7bfb4b0","EndpointID":"87430799e366a8717fdcc5f001152c68596da124064b854e523d2205ec7a1d37","Gateway":"172.17.0.1","IPAddress":"172.17.0.2","IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"MacAddress":"02:42:ac:11:00:02","DriverOpts":null}}}}
]`;
const DOCKER_NETWORKS = `[
  {"Name":"bridge","Id":"75f48680fd141619d443ff48680adb89dc7af169f6590a048fad112cc7bfb4b0","Driver":"bridge","EnableIPv6":false,"IPAM":{"Driver":"default","Options":null,"Config":[{"Subnet":"172.17.0.0/16"}]},"Internal":false,"Options":{"com.docker.network.bridge.default_bridge":"true","com.docker.network.bridge.enable_icc":"true","com.docker.network.bridge.enable_ip_masquerade":"true","com.docker.network.bridge.host_binding_ipv4":"0.0.0.0","com.docker.network.bridge.name":"docker0","com.docker.network.driver.mtu":"1500"}},
  {"Name":"host","Id":"ad854c40c29d10f616cad2478f306b81f4b4308843d91fcc7757eb7fea9d19cf","Driver":"host","EnableIPv6":false,"IPAM":{"Driver":"default","Options":null,"Config":[]},"Internal":false,"Options":{}},
  {"Name":"none","Id":"dcd93e276e91534dd3a60507eb01c747d23c0e88b895690dc50f1e1ef9a6f3e5","Driver":"null","EnableIPv6":false,"IPAM":{"Driver":"default","Options":null,"Config":[]},"Internal":false,"Options":{}},
  {"Name":"pl-in","Id":"aaec85b25b706812cc8f1866961b1a53c2b7affc0a28158f0e53c51b50d7aea0","Driver":"bridge","EnableIPv6":false,"IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}]},"Internal":true,"Options":{}},
  {"Name":"pl-six","Id":"ef4bd3f4a31b3743369276a1b01dd22cbe634c4f92f7d56f900781a2b22a9888","Driver":"bridge","EnableIPv6":true,"IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"172.19.0.0/16","Gateway":"172.19.0.1"},{"Subnet":"fd00:77::/64"}]},"Internal":false,"Options":{}}
]`;
const PODMAN_CONTAINERS = `[
  {"Id":"660a47739a97109fc747071f75f336d209c138067c30baffb5585219144a9370","Name":"ollama","ImageName":"localhost/pl:1","Image":"fc779a008bfdc52d2abc578a99a8bd32f1e21300cc445c6b425ea9448ade66c8","State":{"Status":"running","Running":true,"Pid":31515},"HostConfig":{"NetworkMode":"bridge","PortBindings":{"11434/tcp":[{"HostIp":"","HostPort":"11434"}],"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8081"}]},"Privileged":false},"Config":{"User":"1000","Env":["HF_TOKEN=s3cret","OLLAMA_HOST=0.0.0.0","PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","TERM=xterm","container=podman","HOSTNAME=660a47739a97"],"Image":"localhost/pl:1","Labels":{"com.docker.compose.project":"ai","com.docker.compose.service":"llm"}},"NetworkSettings":{"SandboxKey":"/run/netns/netns-dd119d72-073b-195f-625a-e3d949a0a6d5","Ports":{"11434/tcp":[{"HostIp":"","HostPort":"11434"}],"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8081"}]},"Networks":{"podman":{"EndpointID":"","Gateway":"10.88.0.1","IPAddress":"10.88.0.3","IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"MacAddress":"46:03:b0:e2:b8:8e","NetworkID":"podman","DriverOpts":null,"IPAMConfig":null,"Links":null,"Aliases":["660a47739a97"]}}}}
]`;
const PODMAN_NETWORKS = `[{"name":"podman","id":"2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9","driver":"bridge","network_interface":"cni-podman0","created":"2026-11-22T20:29:09.100496321Z","subnets":[{"subnet":"10.88.0.0/16","gateway":"10.88.0.1"}],"ipv6_enabled":false,"internal":false,"dns_enabled":false,"ipam_options":{"driver":"host-local"}}]`;

function readDocker(text = DOCKER_CONTAINERS) {
  const networks = parseEngineNetworks(DOCKER_NETWORKS, "docker") ?? [];
  const variables = ["OLLAMA_HOST"];
  return parseContainers(text, { engine: "docker", engineVersion: "20.10.24", networks, variables });
}

test("a container published on every address is read with its network, compose project and setting", () => {
  const container = readDocker()?.find(({ name }) => name === "ollama");
  assert.deepEqual(container, {
    engine: "docker",
    engineVersion: "20.10.24",
    id: "f82dbda5b028d411fb8915efec33c521f8aa02a055a2cd235176c18a98948b90",
    name: "ollama",
    image: "pl:1",
    pid: 29_912,
    networkMode: "bridge",
    user: "1000",
    networks: [
      {
        name: "bridge",
        bridge: "docker0",
        address: "172.17.0.2",
        ipv6Address: null,
        subnets: ["172.17.0.0/16"],
        internal: false,
      },
    ],
    published: [
      { hostAddress: "0.0.0.0", hostPort: 11_434, containerPort: 11_434 },
      { hostAddress: "::", hostPort: 11_434, containerPort: 11_434 },
      { hostAddress: "127.0.0.1", hostPort: 8081, containerPort: 80 },
    ],
    environment: { OLLAMA_HOST: "0.0.0.0:11434" },
    compose: { project: "ai", service: "llm", files: ["/srv/ai/compose.yaml", "/srv/ai/over.yaml"] },
  });
});

test("no other variable of a container comes through", () => {
  assert.ok(!JSON.stringify(readDocker()).includes("s3cret"));
});

test("host network, a shared network, IPv6 and networks without a way out are told apart", () => {
  const containers = readDocker() ?? [];
  const modes = Object.fromEntries(containers.map(({ name, networkMode }) => [name, networkMode]));
  assert.equal(modes["hostnet"], "host");
  assert.match(modes["side"] ?? "", /^container:b931fb866179/);
  assert.deepEqual(containers.find(({ name }) => name === "six")?.networks, [
    {
      name: "pl-in",
      bridge: "br-aaec85b25b70",
      address: "172.18.0.2",
      ipv6Address: null,
      subnets: ["172.18.0.0/16"],
      internal: true,
    },
    {
      name: "pl-six",
      bridge: "br-ef4bd3f4a31b",
      address: "172.19.0.2",
      ipv6Address: "fd00:77::2",
      subnets: ["172.19.0.0/16", "fd00:77::/64"],
      internal: false,
    },
  ]);
});

test("networks of Docker are those of its own: not the host's, not none", () => {
  assert.deepEqual(
    parseEngineNetworks(DOCKER_NETWORKS, "docker")?.map(({ network }) => `${network.name} ${network.bridge}`),
    ["bridge docker0", "pl-in br-aaec85b25b70", "pl-six br-ef4bd3f4a31b"],
  );
});

test("Podman 4: a port published on every address is IPv4's where the container has no IPv6", () => {
  const networks = parseEngineNetworks(PODMAN_NETWORKS, "podman") ?? [];
  const context = { engine: "podman", engineVersion: "4.3.1", networks, variables: ["OLLAMA_HOST"] } as const;
  const [container] = parseContainers(PODMAN_CONTAINERS, context) ?? [];
  assert.equal(container?.image, "localhost/pl:1");
  assert.equal(container?.environment["OLLAMA_HOST"], "0.0.0.0");
  assert.deepEqual(container?.published, [
    { hostAddress: "0.0.0.0", hostPort: 11_434, containerPort: 11_434 },
    { hostAddress: "127.0.0.1", hostPort: 8081, containerPort: 80 },
  ]);
  assert.deepEqual(container?.networks, [
    {
      name: "podman",
      bridge: "cni-podman0",
      address: "10.88.0.3",
      ipv6Address: null,
      subnets: ["10.88.0.0/16"],
      internal: false,
    },
  ]);
});

test("Podman 3 hands on its CNI configuration", () => {
  const text = `[{"cniVersion":"0.4.0","name":"podman","plugins":[{"bridge":"cni-podman0","hairpinMode":true,"ipMasq":true,"isGateway":true,"ipam":{"ranges":[[{"gateway":"10.88.0.1","subnet":"10.88.0.0/16"}]],"routes":[{"dst":"0.0.0.0/0"}],"type":"host-local"},"type":"bridge"},{"capabilities":{"portMappings":true},"type":"portmap"}]}]`;
  assert.deepEqual(parseEngineNetworks(text, "podman"), [
    {
      id: "podman",
      internal: false,
      network: { engine: "podman", name: "podman", bridge: "cni-podman0", subnets: ["10.88.0.0/16"] },
    },
  ]);
});

test("members that a version leaves out or adds do not matter", () => {
  const text = `[{"Id":"ab","Name":"/x","State":null,"HostConfig":{"NetworkMode":"none","New":1},"Config":{"Env":null},"NetworkSettings":{"Ports":{"53/udp":[{"HostIp":"0.0.0.0","HostPort":"53"}],"80/tcp":null}}}]`;
  const [container] = readDocker(text) ?? [];
  assert.equal(container?.pid, null);
  assert.deepEqual(container?.published, []);
  assert.deepEqual(container?.networks, []);
});

test("the engine's version is the server's; Podman is its own server", () => {
  assert.equal(
    parseEngineVersion('{"Client":{"Version":"28.2.2"},"Server":{"Version":"20.10.24+dfsg1"}}'),
    "20.10.24+dfsg1",
  );
  assert.equal(parseEngineVersion('{"Client":{"Version":"4.3.1"}}'), "4.3.1");
  assert.equal(parseEngineVersion('{"Client":{"Version":"28.2.2"},"Server":null}\nCannot connect'), null);
});

test("random JSON and damaged output never throw", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat({ max: DOCKER_CONTAINERS.length }), (json, at) => {
      readDocker(json);
      readDocker(DOCKER_CONTAINERS.slice(0, at) + json + DOCKER_CONTAINERS.slice(at));
      parseEngineNetworks(json, "docker");
      parseEngineNetworks(DOCKER_NETWORKS.slice(0, at) + json, "docker");
      parseEngineVersion(json);
    }),
  );
});
