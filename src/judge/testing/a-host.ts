import { API_TAGS, API_VERSION, FOREIGN_HOST_VERSION, FOREIGN_ORIGIN_VERSION, ROOT } from "../../servers/questions.ts";
import type { Answer } from "../../facts/answers.ts";
import type { Container, Containers } from "../../facts/containers.ts";
import type { Facts } from "../../facts/facts.ts";
import type { Interface, Network, RoutingEntry, RoutingTables } from "../../facts/interfaces.ts";
import type { Process } from "../../facts/processes.ts";
import type { Listener } from "../../facts/sockets.ts";
import type { Reading } from "../../host/host.ts";

export const OWN = "net:[1]";

/** A host for tests, made of facts alone; every method returns another host. */
export interface AHost {
  readonly facts: Facts;
  /** Replaces facts. */
  with(facts: Partial<Facts>): AHost;
  /** Adds an interface, or takes the place of one of the same name. */
  link(name: string, addresses: readonly string[], more?: Partial<Interface>): AHost;
  withoutLink(name: string): AHost;
  /** Adds a way beyond a link; the default one unless told otherwise. */
  gateway(interfaceName: string, gateway: string, destination?: string, table?: string): AHost;
  withoutGateways(): AHost;
  /** Changes the wiring of the host's own namespace. */
  network(change: Partial<Network>): AHost;
  process(pid: number, more?: Partial<Process>): AHost;
  listens(address: string, port: number, more?: Partial<Listener>): AHost;
  answers(address: string, port: number, replies: Replies, namespace?: string): AHost;
  /** An Ollama as the installer sets it up, with its process, its socket and its answers on loopback. */
  ollama(address: string, more?: OllamaOptions): AHost;
  container(container: Partial<Container> & { readonly name: string }): AHost;
}

export interface OllamaOptions {
  readonly pid?: number;
  readonly port?: number;
  readonly dualStack?: boolean | null;
  readonly device?: string;
  readonly replies?: Replies;
  readonly askedAt?: string;
  readonly process?: Partial<Process>;
}

/** Status and body by question id. */
export type Replies = Readonly<
  Record<string, readonly [status: number, body: string] | "timeout" | "refused" | "not-http" | "not-possible">
>;

/** What an Ollama says on a loopback listener; elsewhere it has no Host check. */
export function ollamaReplies(version: string, checks: "loopback" | "elsewhere"): Replies {
  const text = JSON.stringify({ version });
  return {
    [ROOT.id]: [200, "Ollama is running"],
    [API_VERSION.id]: [200, text],
    [API_TAGS.id]: [200, '{"models":[]}'],
    [FOREIGN_HOST_VERSION.id]: checks === "loopback" ? [403, ""] : [200, text],
    [FOREIGN_ORIGIN_VERSION.id]: [403, ""],
  };
}

/** One answer to everything. */
export function alwaysReplies(reply: Replies[string]): Replies {
  return { [ROOT.id]: reply, [API_VERSION.id]: reply };
}

export function read<T>(value: T, from: string): Reading<T> {
  return { ok: true, value, from };
}

/** A machine with one network, read as root, without a firewall, a container engine or a server. */
export function aHost(): AHost {
  return build({
    identity: read(
      {
        hostname: "gpu-1",
        os: "Debian GNU/Linux 12 (bookworm)",
        kernel: "6.1.0-18-amd64",
        bootedAt: "2026-11-01T00:00:00.000Z",
        readerUid: 0,
        namespace: OWN,
        unifiedCgroups: true,
        accounts: [],
      },
      "/etc/os-release",
    ),
    listeners: read([], "ss -H -tlnpe"),
    unseen: { processes: 0, namespaces: [], holders: 0 },
    processes: read([], "/proc"),
    networks: [
      {
        namespace: OWN,
        own: true,
        interfaces: read([], "ip -j -d address"),
        routing: toTables([]),
        forwardsIpv4: false,
        forwardsIpv6: false,
      },
    ],
    units: read([], "systemctl list-units"),
    environmentFiles: [],
    containers: { ok: false, why: "absent", from: "/run/docker.sock" },
    firewall: read({ ruleSets: [], evidence: [{ from: "nft -j list tables", text: "{}" }] }, "nft -j list tables"),
    answers: [],
    unasked: 0,
    files: [],
  })
    .link("lo", ["127.0.0.1/8", "::1/128"], { loopback: true })
    .link("eth0", ["192.168.1.10/24", "2001:db8:1::10/64", "fe80::10/64"])
    .gateway("eth0", "192.168.1.1")
    .gateway("eth0", "fe80::1", "::/0");
}

function build(facts: Facts): AHost {
  const own = facts.networks.find((network) => network.own);
  const change = (more: Partial<Facts>): AHost => build({ ...facts, ...more });
  const network = (more: Partial<Network>): AHost =>
    change({ networks: facts.networks.map((each) => (each.own ? { ...each, ...more } : each)) });
  const interfaces = valueOf(own?.interfaces);
  const routing = [...valueOf(own?.routing.ipv4), ...valueOf(own?.routing.ipv6)];
  return {
    facts,
    with: change,
    network,
    link: (name, addresses, more) => {
      const others = interfaces.filter((each) => each.name !== name);
      return network({ interfaces: read([...others, toInterface(name, addresses, more)], "ip -j -d address") });
    },
    withoutLink: (name) =>
      network({
        interfaces: read(
          interfaces.filter((each) => each.name !== name),
          "ip -j -d address",
        ),
        routing: toTables(routing.filter((each) => each.interface !== name)),
      }),
    gateway: (interfaceName, gateway, destination = "0.0.0.0/0", table = "main") => {
      const family = destination.includes(":") ? 6 : 4;
      const entry: RoutingEntry = { family, destination, gateway, interface: interfaceName, table };
      return network({ routing: toTables([...routing, entry]) });
    },
    withoutGateways: () => network({ routing: toTables([]) }),
    process: (pid, more) => change({ processes: read([...valueOf(facts.processes), toProcess(pid, more)], "/proc") }),
    listens: (address, port, more) =>
      change({ listeners: read([...valueOf(facts.listeners), toListener(address, port, more)], "ss -H -tlnpe") }),
    answers: (address, port, replies, namespace = OWN) =>
      change({ answers: [...facts.answers, ...toAnswers(address, port, replies, namespace)] }),
    ollama: (address, more = {}) => addOllama(build(facts), address, more),
    container: (container) => change({ containers: read(addContainer(facts.containers, container), "docker inspect") }),
  };
}

function addOllama(host: AHost, address: string, more: OllamaOptions): AHost {
  const { pid = 812, port = 11434, dualStack = address === "::" } = more;
  const loopback = address.startsWith("127.") || address === "::1";
  const askedAt = more.askedAt ?? (address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address);
  return host
    .process(pid, { cgroup: { kind: "system-unit", unit: "ollama.service" }, ...more.process })
    .listens(address, port, { pids: [pid], dualStack, device: more.device ?? null })
    .answers(askedAt, port, more.replies ?? ollamaReplies("0.24.0", loopback ? "loopback" : "elsewhere"))
    .with({ units: read([ollamaUnit()], "systemctl list-units") });
}

function ollamaUnit(): Extract<Facts["units"], { ok: true }>["value"][number] {
  return {
    name: "ollama.service",
    scope: "system",
    uid: null,
    loaded: read(
      {
        activeState: "active",
        mainPid: 812,
        needsDaemonReload: false,
        mainFile: "/etc/systemd/system/ollama.service",
        dropIns: [],
        environment: {},
        environmentFiles: [],
        user: "ollama",
        enabled: "enabled",
        startedAt: null,
        ipAddressDeny: [],
        ipAddressAllow: [],
      },
      "systemctl show -- ollama.service",
    ),
    files: [],
  };
}

function addContainer(
  known: Reading<Containers>,
  container: Partial<Container> & { readonly name: string },
): Containers {
  const before = known.ok ? known.value : { containers: [], networks: [], unread: [] };
  const added: Container = {
    engine: "docker",
    engineVersion: "20.10.24",
    id: container.name.padEnd(64, "0"),
    image: "ollama/ollama:latest",
    pid: 900,
    networkMode: "bridge",
    user: "",
    networks: [],
    published: [],
    environment: {},
    compose: null,
    ...container,
  };
  return { ...before, containers: [...before.containers, added] };
}

function toInterface(name: string, addresses: readonly string[], more: Partial<Interface> = {}): Interface {
  return {
    name,
    loopback: false,
    up: true,
    kind: null,
    master: null,
    addresses: addresses.map((cidr) => {
      const [address = "", length] = cidr.split("/");
      const scope = address.startsWith("fe80") ? "link" : address.startsWith("127.") ? "host" : "global";
      return { address, prefixLength: Number(length), scope };
    }),
    routeLocalnet: false,
    ...more,
  };
}

function toProcess(pid: number, more: Partial<Process> = {}): Process {
  return {
    pid,
    parentPid: 1,
    name: "ollama",
    executable: "/usr/local/bin/ollama",
    arguments: ["/usr/local/bin/ollama", "serve"],
    uid: 998,
    user: "ollama",
    startedAt: "2026-11-20T10:00:00.000Z",
    namespace: OWN,
    cgroup: { kind: "session", uid: 1000 },
    environment: read({}, `/proc/${pid}/environ`),
    ...more,
  };
}

function toListener(address: string, port: number, more: Partial<Listener> = {}): Listener {
  const text = `LISTEN ${address}:${port}`;
  const evidence = { from: "ss -H -tlnpe", text };
  const { dualStack = address === "::" } = more;
  return { namespace: OWN, address, port, device: null, inode: 1, uid: 998, pids: [], evidence, ...more, dualStack };
}

function toAnswers(address: string, port: number, replies: Replies, namespace: string): Answer[] {
  return Object.entries(replies).map(([question, reply]) => ({
    question,
    address,
    port,
    namespace,
    outcome:
      typeof reply === "string"
        ? { kind: reply }
        : { kind: "answered", answer: { status: reply[0], headers: {}, body: reply[1], truncated: false } },
  }));
}

/** Routing tables as the kernel keeps them, one for each family. */
export function toTables(entries: readonly RoutingEntry[]): RoutingTables {
  return {
    ipv4: read(
      entries.filter(({ family }) => family === 4),
      "ip -j -4 route show table all",
    ),
    ipv6: read(
      entries.filter(({ family }) => family === 6),
      "ip -j -6 route show table all",
    ),
  };
}

function valueOf<T>(reading: Reading<readonly T[]> | undefined): readonly T[] {
  return reading?.ok === true ? reading.value : [];
}
