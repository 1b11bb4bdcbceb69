/**
 * The facts as a schema, for recordings: the one place that says what a saved host may look like. It is
 * strict, so that a recording either holds exactly these facts or is refused; `FACTS_MATCH` fails to compile
 * when a fact and its schema part.
 */
import { z } from "zod";
import type { Facts } from "./facts.ts";

const text = z.string();
const count = z.number().int();
const flag = z.boolean();
const port = count.min(0).max(65_535);
const family = z.union([z.literal(4), z.literal(6)]);
const engine = z.enum(["docker", "podman"]);
const variables = z.record(text, text);
const why = z.enum(["absent", "denied", "timeout", "unparsed", "too-large", "failed"]);
const evidence = z.strictObject({ from: text, line: count.exactOptional(), text });

function reading<Value extends z.ZodType>(value: Value) {
  return z.discriminatedUnion("ok", [
    z.strictObject({ ok: z.literal(true), value, from: text }),
    z.strictObject({ ok: z.literal(false), why, from: text, detail: text.exactOptional() }),
  ]);
}

const identity = z.strictObject({
  hostname: text,
  os: text.nullable(),
  kernel: text,
  bootedAt: text.nullable(),
  readerUid: count,
  namespace: text.nullable(),
  unifiedCgroups: flag.nullable(),
  accounts: z.array(z.strictObject({ uid: count, name: text, home: text })),
});

const listener = z.strictObject({
  namespace: text.nullable(),
  address: text,
  port,
  dualStack: flag.nullable(),
  device: text.nullable(),
  inode: count.nullable(),
  uid: count.nullable(),
  pids: z.array(count),
  evidence,
});

const unseen = z.strictObject({
  processes: count.nullable(),
  namespaces: z.array(z.strictObject({ namespace: text, why, from: text, detail: text.exactOptional() })),
  holders: count,
});

const controlGroup = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("system-unit"), unit: text }),
  z.strictObject({ kind: z.literal("user-unit"), unit: text, uid: count }),
  z.strictObject({ kind: z.literal("session"), uid: count.nullable() }),
  z.strictObject({ kind: z.literal("container"), engine: z.enum(["docker", "podman", "other"]), id: text }),
  z.strictObject({ kind: z.literal("other"), path: text }),
]);

const process = z.strictObject({
  pid: count,
  parentPid: count.nullable(),
  name: text,
  executable: text.nullable(),
  arguments: z.array(text),
  uid: count.nullable(),
  user: text.nullable(),
  startedAt: text.nullable(),
  namespace: text.nullable(),
  cgroup: controlGroup.nullable(),
  environment: reading(variables),
});

const link = z.strictObject({
  name: text,
  loopback: flag,
  up: flag,
  kind: text.nullable(),
  master: text.nullable(),
  addresses: z.array(z.strictObject({ address: text, prefixLength: count, scope: z.enum(["host", "link", "global"]) })),
  routeLocalnet: flag.nullable(),
});

const routing = reading(
  z.array(z.strictObject({ family, destination: text, gateway: text.nullable(), interface: text, table: text })),
);

const network = z.strictObject({
  namespace: text.nullable(),
  own: flag,
  interfaces: reading(z.array(link)),
  routing: z.strictObject({ ipv4: routing, ipv6: routing }),
  forwardsIpv4: flag.nullable(),
  forwardsIpv6: flag.nullable(),
});

const unit = z.strictObject({
  name: text,
  scope: z.enum(["system", "user"]),
  uid: count.nullable(),
  loaded: reading(
    z.strictObject({
      activeState: text,
      mainPid: count.nullable(),
      needsDaemonReload: flag,
      mainFile: text.nullable(),
      dropIns: z.array(text),
      environment: variables,
      environmentFiles: z.array(z.strictObject({ path: text, optional: flag })),
      user: text.nullable(),
      enabled: text.nullable(),
      startedAt: text.nullable(),
      ipAddressDeny: z.array(text),
      ipAddressAllow: z.array(text),
    }),
  ),
  files: z.array(
    reading(
      z.strictObject({
        path: text,
        modifiedAt: text.nullable(),
        lines: z.array(
          z.strictObject({
            line: count,
            section: text.nullable(),
            key: text,
            assignments: z.array(z.strictObject({ name: text, value: text, taken: flag, behindComment: flag })),
            ignoredWords: z.array(text),
            fault: z
              .enum([
                "outside-section",
                "unknown-section",
                "curly-quotes",
                "unbalanced-quotes",
                "unknown-escape",
                "trailing-comment",
              ])
              .nullable(),
            value: text,
            text,
          }),
        ),
      }),
    ),
  ),
});

const environmentFile = z.strictObject({
  path: text,
  kind: z.enum(["pam", "environment.d", "shell", "defaults", "manager", "unit"]),
  uid: count.nullable(),
  unit: z.strictObject({ name: text, scope: z.enum(["system", "user"]), loaded: flag.nullable() }).nullable(),
  modifiedAt: text.nullable(),
  assignments: reading(
    z.array(z.strictObject({ name: text, value: text, line: count, exported: flag, understood: flag, text })),
  ),
});

const container = z.strictObject({
  engine,
  engineVersion: text.nullable(),
  id: text,
  name: text,
  image: text,
  pid: count.nullable(),
  networkMode: text,
  user: text,
  networks: z.array(
    z.strictObject({
      name: text,
      bridge: text.nullable(),
      address: text.nullable(),
      ipv6Address: text.nullable(),
      subnets: z.array(text),
      internal: flag,
    }),
  ),
  published: z.array(z.strictObject({ hostAddress: text, hostPort: port, containerPort: port })),
  environment: variables,
  compose: z.strictObject({ project: text, service: text, files: z.array(text) }).nullable(),
});

const containers = z.strictObject({
  containers: z.array(container),
  networks: z.array(z.strictObject({ engine, name: text, bridge: text.nullable(), subnets: z.array(text) })),
  unread: z.array(z.strictObject({ engine, why, from: text, detail: text.exactOptional() })),
});

const firewall = z.strictObject({
  ruleSets: z.array(
    z.strictObject({ engine: z.enum(["nftables", "iptables-legacy"]), family: text, table: text, evidence }),
  ),
  printed: z
    .array(
      z.strictObject({
        engine: z.enum(["iptables-nft", "iptables-legacy", "nftables", "ipset"]),
        dialect: z.enum(["iptables-save", "nft-json", "nft-text", "ipset-save"]),
        family: family.nullable(),
        text: reading(text),
      }),
    )
    .exactOptional(),
  evidence: z.array(evidence),
});

const zones = reading(
  z.array(
    z.strictObject({
      name: text,
      target: text,
      sources: z.array(text),
      services: z.array(text),
      ports: z.array(text),
      forwardPorts: z.array(text),
      richRules: z.array(text),
      from: text,
    }),
  ),
);

const managers = z.strictObject({
  ufw: reading(
    z.strictObject({
      enabled: flag.nullable(),
      ipv6: flag.nullable(),
      inputPolicy: text.nullable(),
      rules: reading(
        z.array(
          z.strictObject({
            family,
            command: text,
            action: z.enum(["allow", "deny", "reject", "limit"]),
            routed: flag,
            direction: z.enum(["in", "out"]),
            protocol: text,
            port: text,
            loadedAs: z.array(text),
            evidence,
          }),
        ),
      ),
      evidence: z.array(evidence),
    }),
  ),
  firewalld: reading(z.strictObject({ running: flag.nullable(), runtime: zones, permanent: zones })),
  loaders: reading(
    z.array(
      z.strictObject({
        unit: z.enum(["nftables.service", "netfilter-persistent.service"]),
        startedBy: evidence.nullable(),
        replaces: z.array(
          z.strictObject({
            what: z.enum(["everything", "filter", "nat", "mangle", "raw"]),
            family: family.nullable(),
            evidence,
          }),
        ),
      }),
    ),
  ),
  ownRules: reading(
    z.array(
      z.strictObject({
        unit: text,
        startedBy: evidence.nullable(),
        startsAfter: z.array(text),
        rules: reading(z.array(z.strictObject({ table: text, chain: text, text }))),
        loadedAgain: evidence.nullable(),
      }),
    ),
  ).exactOptional(),
  docker: reading(
    z.strictObject({
      iptables: flag.nullable(),
      ip6tables: flag.nullable(),
      firewallBackend: text.nullable(),
      userlandProxy: flag.nullable(),
      evidence: z.array(evidence),
    }),
  ),
  bridgeFilter: z.strictObject({ ipv4: flag.nullable(), ipv6: flag.nullable() }),
  reversePathFilter: count.nullable(),
});

const sessions = z.strictObject({
  sessions: z.array(z.strictObject({ peer: text, address: text, port, interface: text.nullable() })),
  left: count,
});

const outcome = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("answered"),
    answer: z.strictObject({ status: count, headers: variables, body: text, truncated: flag }),
  }),
  z.strictObject({
    kind: z.enum(["refused", "timeout", "unroutable", "not-http", "tls-failed", "closed", "not-possible"]),
    detail: text.exactOptional(),
  }),
]);

const answer = z.strictObject({
  question: text,
  address: text,
  port,
  namespace: text.nullable(),
  tls: z.literal(true).exactOptional(),
  outcome,
});

const serverFile = z.strictObject({
  pid: count,
  role: text,
  path: text,
  status: reading(
    z.strictObject({
      kind: z.enum(["file", "directory", "socket", "other"]),
      mode: count,
      uid: count,
      gid: count,
      sizeBytes: count,
      modifiedAt: text,
    }),
  ),
});

const facts = z.strictObject({
  identity: reading(identity),
  listeners: reading(z.array(listener)),
  unseen,
  processes: reading(z.array(process)),
  networks: z.array(network),
  units: reading(z.array(unit)),
  environmentFiles: z.array(environmentFile),
  containers: reading(containers),
  firewall: reading(firewall),
  managers: managers.exactOptional(),
  sessions: reading(sessions).exactOptional(),
  answers: z.array(answer),
  unasked: count,
  files: z.array(serverFile),
});

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
/** Every facts document passes, and all that passes is one. */
const FACTS_MATCH: Writable<Facts> extends z.input<typeof facts> ? true : never = true;

export const FACTS: z.ZodType<Facts> = FACTS_MATCH && facts;
