import type { Evidence } from "../../facts/evidence.ts";
import type { Finding } from "../../judge/finding.ts";
import type { Barrier, Route, RouteVerdict, Vantage } from "../../judge/route.ts";
import type { Server } from "../../judge/server.ts";
import type { Judgement } from "../report.ts";

const SOCKET: Evidence = {
  from: "ss -H -tlnpe",
  text: 'LISTEN 0 4096 *:11434 *:* users:(("ollama",pid=812,fd=3)) uid:997 v6only:0',
};
const LISTENS: Barrier = { kind: "bind", stops: false, why: "listens-here", evidence: SOCKET };
const LOOPBACK: Barrier = {
  kind: "bind",
  stops: true,
  why: "loopback-only",
  evidence: { from: "/proc/net/tcp", line: 2, text: "0100007F:2CAA" },
};
const NO_FIREWALL: Barrier = {
  kind: "firewall",
  stops: false,
  why: "no-rule-set",
  evidence: { from: "nft -j list tables", text: "no tables" },
};
const FIREWALL_UNREAD: Barrier = {
  kind: "firewall",
  stops: null,
  why: "firewall-unread",
  evidence: { from: "nft -j list tables", text: "denied: Operation not permitted" },
};
const NO_CREDENTIAL: Barrier = {
  kind: "authentication",
  stops: false,
  why: "answers-without-credential",
  evidence: { from: "GET http://127.0.0.1:11434/api/tags", text: "HTTP 200" },
};
const CREDENTIAL: Barrier = {
  kind: "authentication",
  stops: true,
  why: "demands-credential",
  evidence: { from: "GET http://127.0.0.1:8080/api/v1/models", text: "HTTP 401" },
};
const HOST_CHECK: Barrier = {
  kind: "host-check",
  stops: true,
  why: "check-refuses",
  evidence: {
    from: "curl -i -H 'Host: rebind.portlock.example:11434' http://127.0.0.1:11434/api/version",
    text: "HTTP 403",
  },
};

const INTERNET: Vantage = { vantage: "internet", interface: "eth0", sources: ["0.0.0.0/0"], except: [] };
const NEIGHBOUR: Vantage = { vantage: "neighbour", interface: "eth0", sources: ["10.77.0.0/24"], except: [] };
const NEIGHBOUR_V6: Vantage = { vantage: "neighbour", interface: "eth0", sources: ["fd00:77::/64"], except: [] };
const CONTAINER: Vantage = { vantage: "container", interface: "docker0", sources: ["172.17.0.0/16"], except: [] };
const HOST: Vantage = { vantage: "host", interface: null, sources: [], except: [] };
const BROWSER: Vantage = { vantage: "browser", interface: null, sources: [], except: [] };

function route(
  from: Vantage,
  address: string,
  verdict: RouteVerdict,
  barriers: readonly Barrier[],
  more: Partial<Route> = {},
): Route {
  return {
    from,
    entry: { address, port: 11434 },
    hops: [{ kind: "direct" }],
    barriers,
    verdict,
    upstreamUnseen: false,
    proof: null,
    ...more,
  };
}

const OPEN: readonly Barrier[] = [LISTENS, NO_FIREWALL, NO_CREDENTIAL];

const OLLAMA: Server = {
  id: "ollama-1",
  kind: "ollama",
  version: "0.24.0",
  verdict: "exposed",
  runBy: { kind: "systemd", unit: "ollama.service", scope: "system" },
  process: { pid: 812, user: "ollama", startedAt: "2026-11-20T08:00:00Z" },
  listeners: [{ address: "::", port: 11434, dualStack: true }],
  settings: [
    {
      name: "OLLAMA_HOST",
      effective: "0.0.0.0:11434",
      effectiveKnown: true,
      listensOn: "[::]:11434",
      declared: [
        {
          value: "0.0.0.0:11434",
          file: "/etc/systemd/system/ollama.service.d/override.conf",
          line: 2,
          reaches: true,
          why: "in-effect",
        },
        {
          value: "127.0.0.1:11434",
          file: "/etc/environment",
          line: 3,
          reaches: false,
          why: "not-read-by-system-services",
        },
      ],
    },
  ],
  routes: [
    route(INTERNET, "10.77.0.1", "open", OPEN, { upstreamUnseen: true }),
    route(NEIGHBOUR, "10.77.0.1", "open", OPEN),
    route(NEIGHBOUR_V6, "fd00:77::1", "open", OPEN),
    route(CONTAINER, "172.17.0.1", "open", OPEN),
    route(HOST, "127.0.0.1", "open", OPEN),
    route(BROWSER, "127.0.0.1", "closed", [LISTENS, HOST_CHECK]),
  ],
};

const OPEN_BIND: Finding = {
  rule: "open-bind",
  severity: "critical",
  server: "ollama-1",
  routes: [0, 1, 2, 3],
  data: {
    setting: "OLLAMA_HOST",
    value: "0.0.0.0:11434",
    entries: ["10.77.0.1:11434", "[fd00:77::1]:11434"],
    unit: "ollama.service",
  },
  evidence: [SOCKET],
};

const FINDINGS: readonly Finding[] = [
  {
    rule: "setting-without-effect",
    severity: "medium",
    server: "ollama-1",
    routes: [],
    data: {
      setting: "OLLAMA_HOST",
      value: "127.0.0.1:11434",
      file: "/etc/environment",
      line: 3,
      reason: "not-read-by-system-services",
    },
    evidence: [{ from: "/etc/environment", line: 3, text: "OLLAMA_HOST=127.0.0.1:11434" }],
  },
  OPEN_BIND,
  {
    rule: "known-vulnerability",
    severity: "high",
    server: "ollama-1",
    routes: [1],
    data: {
      version: "0.24.0",
      advisories: [
        {
          id: "CVE-2026-7020",
          aliases: [],
          severity: "high",
          certain: true,
          summary: {
            en: "a hostile registry can write files through a pulled model",
            "zh-CN": "恶意仓库可借拉取模型写入文件",
          },
          fixed: null,
          usableFrom: ["registry", "neighbour"],
          source: "https://nvd.nist.gov/vuln/detail/CVE-2026-7020",
        },
      ],
      updateTo: null,
    },
    evidence: [{ from: "GET http://127.0.0.1:11434/api/version", text: "version 0.24.0" }],
  },
];

const ROOT = { uid: 0 };
const GPU_1 = { name: "gpu-1", os: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0-18-amd64" };

const EVIL = `x\u001b[2J\u202e\n${"long".repeat(60)}`;

/** Judgements as a judge could make them, by what they show. */
export const JUDGEMENTS: Readonly<
  Record<"exposed" | "published" | "local" | "guarded" | "unknown" | "unseen" | "none" | "hostile", Judgement>
> = {
  exposed: { host: GPU_1, reader: ROOT, verdict: "exposed", missing: [], servers: [OLLAMA], findings: FINDINGS },
  published: {
    host: GPU_1,
    reader: ROOT,
    verdict: "exposed",
    missing: [],
    servers: [
      {
        ...OLLAMA,
        runBy: { kind: "docker", container: "ollama", image: "ollama/ollama:0.24.0" },
        settings: [],
        routes: [
          route(NEIGHBOUR, "10.77.0.1", "open", OPEN, {
            hops: [
              { kind: "published-port", container: "ollama", publishedOn: "0.0.0.0:11434", to: "172.17.0.2:11434" },
            ],
          }),
          route(
            NEIGHBOUR,
            "172.17.0.2",
            "closed",
            [{ kind: "routing", stops: true, why: "not-forwarded", evidence: null }],
            {
              hops: [{ kind: "container-address", container: "ollama", network: "bridge", to: "172.17.0.2:11434" }],
            },
          ),
        ],
      },
    ],
    findings: [
      {
        rule: "published-port-open",
        severity: "critical",
        server: "ollama-1",
        routes: [0],
        data: {
          container: "ollama",
          engine: "docker",
          published: "0.0.0.0:11434",
          containerPort: 11434,
          passesBy: null,
        },
        evidence: [{ from: "docker inspect", text: "0.0.0.0:11434->11434/tcp" }],
      },
    ],
  },
  local: {
    host: GPU_1,
    reader: ROOT,
    verdict: "local",
    missing: [],
    servers: [
      {
        ...OLLAMA,
        verdict: "local",
        listeners: [{ address: "127.0.0.1", port: 11434, dualStack: false }],
        settings: [],
        routes: [
          route(NEIGHBOUR, "10.77.0.1", "closed", [LOOPBACK]),
          route(HOST, "127.0.0.1", "open", OPEN),
          route(BROWSER, "127.0.0.1", "closed", [LISTENS, HOST_CHECK]),
        ],
      },
    ],
    findings: [],
  },
  guarded: {
    host: GPU_1,
    reader: ROOT,
    verdict: "guarded",
    missing: [],
    servers: [
      {
        ...OLLAMA,
        id: "open-webui-1",
        kind: "open-webui",
        version: "0.6.5",
        verdict: "guarded",
        runBy: { kind: "process", startedFrom: "session" },
        settings: [],
        routes: [
          route(NEIGHBOUR, "10.77.0.1", "guarded", [LISTENS, CREDENTIAL], {
            entry: { address: "10.77.0.1", port: 8080 },
          }),
        ],
      },
    ],
    findings: [],
  },
  unknown: {
    host: GPU_1,
    reader: { uid: 1000 },
    verdict: "unknown",
    missing: [
      { fact: "firewall", why: "denied", from: "nft -j list tables", detail: "Operation not permitted" },
      ...[812, 813, 814, 815].map((pid) => ({
        fact: "processes",
        why: "denied" as const,
        from: `/proc/${pid}/environ`,
        detail: null,
      })),
    ],
    servers: [
      {
        ...OLLAMA,
        version: null,
        verdict: "unknown",
        runBy: { kind: "unknown" },
        process: null,
        settings: [{ name: "OLLAMA_HOST", effective: null, effectiveKnown: false, listensOn: null, declared: [] }],
        routes: [route(NEIGHBOUR, "10.77.0.1", "unknown", [LISTENS, FIREWALL_UNREAD, NO_CREDENTIAL])],
      },
    ],
    findings: [],
  },
  unseen: {
    host: { name: "gpu-1", os: null, kernel: null },
    reader: { uid: 1000 },
    verdict: "unknown",
    missing: [{ fact: "listeners", why: "absent", from: "ss -H -tlnpe", detail: null }],
    servers: [],
    findings: [],
  },
  none: { host: GPU_1, reader: ROOT, verdict: "none", missing: [], servers: [], findings: [] },
  hostile: {
    host: { name: EVIL, os: EVIL, kernel: EVIL },
    reader: { uid: null },
    verdict: "exposed",
    missing: [{ fact: EVIL, why: "failed", from: EVIL, detail: EVIL }],
    servers: [
      {
        ...OLLAMA,
        version: EVIL,
        runBy: { kind: "systemd", unit: EVIL, scope: "system" },
        process: { pid: 1, user: EVIL, startedAt: EVIL },
        listeners: [{ address: EVIL, port: 11434, dualStack: null }],
        settings: [
          {
            name: EVIL,
            effective: EVIL,
            effectiveKnown: true,
            listensOn: EVIL,
            declared: [{ value: EVIL, file: EVIL, line: 1, reaches: false, why: "shell-only" }],
          },
        ],
        routes: [
          route({ vantage: "neighbour", interface: EVIL, sources: [EVIL, EVIL], except: [] }, EVIL, "open", [
            { ...LISTENS, evidence: { from: EVIL, text: EVIL } },
          ]),
        ],
      },
    ],
    findings: [
      {
        ...OPEN_BIND,
        data: { setting: EVIL, value: EVIL, entries: [EVIL], unit: EVIL },
        evidence: [{ from: EVIL, text: EVIL }],
      },
      {
        rule: "key-file-readable",
        severity: "high",
        server: null,
        routes: [],
        data: { path: `/home/${EVIL}/.ollama/id_ed25519`, mode: "644" },
        evidence: [],
      },
    ],
  },
};
