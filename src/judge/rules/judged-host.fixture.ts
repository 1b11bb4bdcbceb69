import type { Answer } from "../../facts/answers.ts";
import type { Facts } from "../../facts/facts.ts";
import type { ServerFile } from "../../facts/files.ts";
import type { Process } from "../../facts/processes.ts";
import type { Reading } from "../../host/host.ts";
import { answer } from "../../servers/answers.fixture.ts";
import { API_VERSION, ROOT } from "../../servers/questions.ts";
import type { Route, RouteVerdict, VantageName } from "../route.ts";
import type { JudgedHost } from "../rule.ts";
import type { Server } from "../server.ts";

/** What a test of one rule says about its host; the rest is an up-to-date Ollama in order. */
export interface JudgedHostChoices {
  readonly server?: Partial<Server>;
  /** Routes as `vantage verdict`, for example `neighbour open`. */
  readonly routes?: readonly `${VantageName} ${RouteVerdict}`[];
  readonly process?: Partial<Process>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly answers?: readonly Answer[];
  /** Owner and mode of the server's files, by role. */
  readonly files?: Readonly<Record<string, number>>;
}

const NAMESPACE = "net:[1]";
const UNREAD: Reading<never> = { ok: false, why: "denied", from: "a test" };

/** A host with one Ollama, pid 812, as a rule sees it. */
export function judgedHost(choices: JudgedHostChoices = {}): JudgedHost {
  const server = toServer(choices);
  const version = server.version === null ? [] : [answer(API_VERSION, { version: server.version })];
  const answers = [answer(ROOT, "Ollama is running"), ...version, ...(choices.answers ?? [])];
  const facts: Facts = {
    identity: UNREAD,
    listeners: {
      ok: true,
      from: "a test",
      value: [
        {
          namespace: NAMESPACE,
          address: "127.0.0.1",
          port: 11434,
          dualStack: false,
          device: null,
          inode: 7,
          uid: 999,
          pids: [812],
          evidence: { from: "/proc/net/tcp", text: "127.0.0.1:11434" },
        },
      ],
    },
    unseen: { processes: 0, namespaces: [], holders: 0 },
    processes: { ok: true, from: "/proc", value: [toProcess(choices)] },
    networks: [
      {
        namespace: NAMESPACE,
        own: true,
        interfaces: UNREAD,
        routing: { ipv4: UNREAD, ipv6: UNREAD },
        forwardsIpv4: null,
        forwardsIpv6: null,
      },
    ],
    units: UNREAD,
    environmentFiles: [],
    containers: UNREAD,
    firewall: UNREAD,
    answers: answers.map((each) => ({ ...each, namespace: NAMESPACE })),
    unasked: 0,
    files: Object.entries(choices.files ?? {}).map(([role, mode]) => toFile(role, mode)),
  };
  return { facts, servers: [server], proxyWays: [], ruleSets: UNREAD };
}

function toServer({ server = {}, routes = [] }: JudgedHostChoices): Server {
  return {
    id: "ollama-1",
    kind: "ollama",
    version: "0.33.0",
    verdict: "local",
    runBy: { kind: "systemd", unit: "ollama.service", scope: "system" },
    process: { pid: 812, user: "ollama", startedAt: null },
    listeners: [{ address: "127.0.0.1", port: 11434, dualStack: false }],
    settings: [],
    routes: routes.map(toRoute),
    ...server,
  };
}

function toRoute(text: string): Route {
  const vantages: readonly VantageName[] = ["internet", "neighbour", "container", "host", "browser"];
  const verdicts: readonly RouteVerdict[] = ["open", "guarded", "closed", "unknown"];
  const [vantage, verdict] = text.split(" ");
  return {
    from: { vantage: vantages.find((name) => name === vantage) ?? "host", interface: null, sources: [], except: [] },
    entry: { address: "127.0.0.1", port: 11434 },
    hops: [{ kind: "direct" }],
    barriers: [],
    verdict: verdicts.find((name) => name === verdict) ?? "unknown",
    upstreamUnseen: false,
    proof: null,
  };
}

function toProcess({ process = {}, environment = {} }: JudgedHostChoices): Process {
  return {
    pid: 812,
    parentPid: 1,
    name: "ollama",
    executable: "/usr/local/bin/ollama",
    arguments: ["/usr/local/bin/ollama", "serve"],
    uid: 999,
    user: "ollama",
    startedAt: null,
    namespace: NAMESPACE,
    cgroup: { kind: "system-unit", unit: "ollama.service" },
    environment: { ok: true, from: "/proc/812/environ", value: environment },
    ...process,
  };
}

function toFile(role: string, mode: number): ServerFile {
  const kind = role === "key" ? "file" : "directory";
  const status = { kind, mode, uid: 999, gid: 999, sizeBytes: 1, modifiedAt: "2026-01-01T00:00:00Z" } as const;
  const path = `/home/ollama/${role}`;
  return { pid: 812, role, path, status: { ok: true, from: `stat ${path}`, value: status } };
}
