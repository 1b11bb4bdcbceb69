import type { FindingData, RuleId } from "../judge/finding.ts";
import type { Server } from "../judge/server.ts";
import type { Subject } from "./report.ts";

/** The server of the examples in `explain` and docs/rules.md; addresses are RFC 5737's. */
export const SAMPLE_SERVER: Server = {
  id: "ollama-1",
  kind: "ollama",
  version: "0.24.0",
  verdict: "exposed",
  runBy: { kind: "systemd", unit: "ollama.service", scope: "system" },
  process: { pid: 812, user: "ollama", startedAt: null },
  listeners: [{ address: "::", port: 11434, dualStack: true }],
  settings: [
    {
      name: "OLLAMA_HOST",
      effective: "127.0.0.1:11434",
      effectiveKnown: true,
      listensOn: "127.0.0.1:11434",
      declared: [],
    },
  ],
  routes: [],
};

/** What the examples are about: that server, read as root. */
export const SAMPLE_SUBJECT: Subject = { server: SAMPLE_SERVER, reader: { uid: 0 } };

/** The site of a proxy in the examples. */
const SAMPLE_SITE = { proxy: "nginx", names: ["ai.example.com"], entries: ["192.0.2.10:80"] } as const;

/** Data of one finding of every rule, for examples. */
export const RULE_SAMPLES: { readonly [Id in RuleId]: FindingData[Id] } = {
  "open-bind": { setting: "OLLAMA_HOST", value: "0.0.0.0", entries: ["192.0.2.10:11434"], unit: "ollama.service" },
  "published-port-open": {
    container: "ollama",
    engine: "docker",
    published: "0.0.0.0:11434",
    containerPort: 11434,
    passesBy: "ufw deny 11434/tcp",
  },
  "container-address-open": {
    container: "ollama",
    network: "bridge",
    bridge: "docker0",
    addresses: ["172.17.0.2:11434"],
  },
  "open-to-containers": { container: "ollama", network: "bridge", addresses: ["172.17.0.2:11434"] },
  "forwarded-port-open": {
    entries: ["192.168.1.10:8080"],
    by: "-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 127.0.0.1:11434",
    to: "127.0.0.1:11434",
  },
  "reached-from-other-interface": { address: "198.51.100.5", interfaces: ["eth1"] },
  "loopback-routed-in": { interfaces: ["eth0"], entry: "127.0.0.1:11434" },
  "browser-page-can-call": { by: "any-origin" },
  "any-origin-allowed": { value: "*" },
  "proxy-without-auth": { ...SAMPLE_SITE, to: "127.0.0.1:11434", paths: [] },
  "proxy-auth-without-tls": SAMPLE_SITE,
  "every-user-manages-models": {
    ...SAMPLE_SITE,
    by: "no-path-policy",
    paths: ["POST /api/pull", "POST /api/create", "DELETE /api/delete"],
  },
  "credential-forwarded-upstream": SAMPLE_SITE,
  "host-check-switched-off-by-proxy": { ...SAMPLE_SITE, names: [], entries: ["127.0.0.1:8080"] },
  "proxy-refused-by-host-check": { ...SAMPLE_SITE, by: "passes-any-name", hosts: ["ai.example.com"] },
  "proxy-breaks-streaming": {
    ...SAMPLE_SITE,
    faults: ["collects-answers", "http-1.0", "gives-up-early", "small-body"],
    silenceMs: 60_000,
    bodyLimitBytes: 1_048_576,
  },
  "proxy-allows-any-origin": SAMPLE_SITE,
  "open-beside-proxy": { ...SAMPLE_SITE, open: ["192.0.2.10:11434"] },
  "slow-password-hash": { ...SAMPLE_SITE, scheme: "bcrypt", cost: 12 },
  "proxy-answers-otherwise": { ...SAMPLE_SITE, demands: true },
  "proxy-reload-missing": { proxy: "nginx", file: "/etc/nginx/sites-enabled/ollama" },
  "tunnel-without-auth": { tunnel: "cloudflared", publicName: "ai.example.com", to: "127.0.0.1:11434" },
  "setting-without-effect": {
    setting: "OLLAMA_HOST",
    value: "127.0.0.1:11434",
    file: "/etc/environment",
    line: 3,
    reason: "not-read-by-system-services",
  },
  "comment-applied-as-setting": {
    file: "/etc/systemd/system/ollama.service.d/override.conf",
    line: 2,
    setting: "OLLAMA_HOST",
    value: "0.0.0.0",
  },
  "setting-in-overwritten-unit": {
    setting: "OLLAMA_HOST",
    file: "/etc/systemd/system/ollama.service",
    unit: "ollama.service",
  },
  "daemon-reload-missing": { unit: "ollama.service" },
  "restart-missing": { unit: "ollama.service", setting: "OLLAMA_HOST", running: "0.0.0.0", loaded: "127.0.0.1" },
  "second-server": { servers: ["ollama-1", "ollama-2"] },
  "misleading-listen-address": { value: ":8080", reason: "all-interfaces-by-empty-host", listensOn: "[::]:8080" },
  "known-vulnerability": {
    version: "0.1.33",
    advisories: [
      {
        id: "CVE-2024-37032",
        aliases: ["GHSA-8hqg-whrw-pv92"],
        severity: "critical",
        certain: true,
        summary: {
          en: "a pulled model can write files anywhere, which leads to running code",
          "zh-CN": "拉取的模型可向任意路径写文件，进而执行代码",
        },
        fixed: "0.1.34",
        usableFrom: ["neighbour"],
        source: "https://nvd.nist.gov/vuln/detail/CVE-2024-37032",
      },
    ],
    updateTo: "0.1.34",
  },
  "version-unknown": { advisories: 20 },
  "runs-as-root": { pid: 812 },
  "key-file-readable": { path: "/usr/share/ollama/.ollama/id_ed25519", mode: "644" },
  "model-folder-writable": { path: "/usr/share/ollama/.ollama/models", mode: "777" },
  "request-logging-on": { setting: "OLLAMA_DEBUG_LOG_REQUESTS" },
  "planted-models": { models: ["leak_model_1a2b3c"] },
  "cloud-on-exposed-server": { models: ["gpt-oss:120b-cloud"] },
  "ufw-inactive": { rules: 3, command: "ufw allow from 192.0.2.0/24 to any port 11434 proto tcp" },
  "firewalld-unsaved": {
    zone: "public",
    onlyNow: ['rule family="ipv4" source address="203.0.113.0/24" port port="11434" protocol="tcp" reject'],
    onlySaved: ["port: 11434/tcp"],
  },
  "rule-managers-fight": { by: "nftables.service", of: ["ufw", "docker"], flushes: true },
  "rule-lost-on-reload": {
    manager: "docker",
    chain: "FORWARD",
    how: "put-behind",
    rules: ["-A FORWARD -p tcp -m tcp --dport 11434 -j DROP"],
  },
  "rule-never-reached": { ruleText: "ufw deny 11434/tcp", behind: "ufw allow 11434", stops: true },
  "rule-for-one-family": {
    family: 4,
    by: "-A INPUT -p tcp -m tcp --dport 11434 -j DROP",
    entries: ["[2001:db8::10]:11434"],
  },
  "default-policy-accept": { policies: ["ip filter INPUT: policy accept"], entries: ["192.0.2.10:11434"] },
  "session-outlives-rule": { sources: ["198.51.100.7"], by: "ufw deny 11434/tcp", goesOn: true },
  "ip-filter-unproven": { unit: "ollama.service", unifiedCgroups: true },
};
