/** Proxies and tunnels as schemas, for recordings: see facts-schema.ts. */
import { z } from "zod";
import type { Tunnel } from "../tunnel.ts";
import type { Proxy } from "./proxy.ts";

const text = z.string();
const count = z.number().int();
const flag = z.boolean();
const port = count.min(0).max(65_535);
const sourceLine = z.strictObject({ file: text, line: count.nullable(), text });

const listener = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tcp"), address: text, port, tls: flag }),
  z.strictObject({ kind: z.literal("unix"), path: text }),
]);

const paths = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("all") }),
  z.strictObject({ kind: z.enum(["exact", "prefix", "pattern"]), text }),
  z.strictObject({ kind: z.literal("unclear"), text }),
]);

const upstream = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tcp"), host: text, port, tls: flag }),
  z.strictObject({ kind: z.literal("unix"), path: text }),
  z.strictObject({ kind: z.literal("unclear"), text }),
]);

const hash = z.strictObject({
  scheme: z.enum(["bcrypt", "apr1", "sha256-crypt", "sha512-crypt", "yescrypt", "sha1", "plain", "other"]),
  cost: z.number().nullable(),
});

const protection = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("basic"),
    hash: hash.nullable(),
    users: count.nullable(),
    file: text.nullable(),
  }),
  z.strictObject({ kind: z.literal("bearer") }),
  z.strictObject({ kind: z.literal("asks-service"), to: text }),
  z.strictObject({ kind: z.literal("client-certificate"), required: flag }),
  z.strictObject({ kind: z.literal("sources"), allowed: z.array(text) }),
  z.strictObject({ kind: z.literal("refuses") }),
  z.strictObject({ kind: z.literal("unclear"), text }),
]);

const passing = z.strictObject({
  host: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.enum(["client", "upstream"]) }),
      z.strictObject({ kind: z.literal("literal"), text }),
    ])
    .nullable(),
  authorization: z.enum(["passed", "removed", "replaced"]).nullable(),
  buffered: flag.nullable(),
  httpVersion: z.enum(["1.0", "1.1", "2"]).nullable(),
  silenceMs: z.number().nullable(),
  bodyLimitBytes: z.number().nullable(),
  allowsOrigins: z.array(text).nullable(),
});

const location = z.strictObject({
  paths,
  methods: z.array(text).nullable(),
  upstreams: z.array(upstream),
  replacesPath: text.nullable(),
  protections: z.array(protection),
  satisfy: z.enum(["all", "any"]),
  passing,
  source: sourceLine,
});

const site = z.strictObject({
  names: z.array(text),
  isDefault: flag,
  listeners: z.array(listener),
  locations: z.array(location),
  source: sourceLine,
});

const configuration = z.strictObject({
  files: z.array(text),
  sites: z.array(site),
  unclear: z.array(sourceLine),
});

const read = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), value: configuration, from: text }),
  z.strictObject({
    ok: z.literal(false),
    why: z.enum(["absent", "denied", "timeout", "unparsed", "too-large", "failed"]),
    from: text,
    detail: text.exactOptional(),
  }),
]);

const proxy = z.strictObject({
  kind: z.enum(["nginx", "caddy", "haproxy", "apache", "traefik"]),
  pid: count.nullable(),
  version: text.nullable(),
  declared: read,
  running: read.nullable(),
  changedSinceLoaded: flag.nullable(),
});

const tunnel = z.strictObject({
  kind: z.enum([
    "cloudflared",
    "ngrok",
    "tailscale-serve",
    "tailscale-funnel",
    "ssh-remote-forward",
    "frpc",
    "cpolar",
    "zerotier",
    "other",
  ]),
  pid: count.nullable(),
  publicName: text.nullable(),
  to: z.strictObject({ host: text, port, tls: flag }).nullable(),
  audience: z.enum(["everybody", "members", "unknown"]),
  demandsCredential: flag.nullable(),
  source: sourceLine,
});

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
/** Every document of these types passes, and all that passes is one. */
const PROXY_MATCHES: Writable<Proxy> extends z.input<typeof proxy> ? true : never = true;
const TUNNEL_MATCHES: Writable<Tunnel> extends z.input<typeof tunnel> ? true : never = true;

export const PROXY: z.ZodType<Proxy, Proxy> = PROXY_MATCHES && proxy;
export const TUNNEL: z.ZodType<Tunnel, Tunnel> = TUNNEL_MATCHES && tunnel;
