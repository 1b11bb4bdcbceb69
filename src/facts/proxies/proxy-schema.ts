/** A proxy as a schema, for recordings; `PROXY_MATCHES` fails to compile when it and the type part. */
import { z } from "zod";
import type { Proxy } from "./proxy.ts";

const text = z.string();
const count = z.number().int();
const flag = z.boolean();
const port = count.min(0).max(65_535);

const source = z.strictObject({ file: text, line: count.nullable(), text });

const listener = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tcp"), address: text, port, tls: flag }),
  z.strictObject({ kind: z.literal("unix"), path: text }),
]);

const upstream = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tcp"), host: text, port, tls: flag }),
  z.strictObject({ kind: z.literal("unix"), path: text }),
  z.strictObject({ kind: z.literal("unclear"), text }),
]);

const paths = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("all") }),
  z.strictObject({ kind: z.enum(["exact", "prefix", "pattern"]), text }),
  z.strictObject({ kind: z.literal("unclear"), text }),
]);

const hash = z.strictObject({
  scheme: z.enum(["bcrypt", "apr1", "sha256-crypt", "sha512-crypt", "yescrypt", "sha1", "plain", "other"]),
  cost: count.nullable(),
});

const protection = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("basic"), hash: hash.nullable(), users: count.nullable(), file: text.nullable() }),
  z.strictObject({ kind: z.literal("bearer") }),
  z.strictObject({ kind: z.literal("any-credential") }),
  z.strictObject({ kind: z.literal("asks-service"), to: text }),
  z.strictObject({ kind: z.literal("client-certificate"), required: flag }),
  z.strictObject({ kind: z.literal("sources"), allowed: z.array(text) }),
  z.strictObject({ kind: z.literal("refuses") }),
  z.strictObject({ kind: z.literal("unclear"), text, byWhoAsks: z.literal(true).exactOptional() }),
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
  source,
});

const configuration = z.strictObject({
  files: z.array(text),
  sites: z.array(
    z.strictObject({
      names: z.array(text),
      isDefault: flag,
      listeners: z.array(listener),
      locations: z.array(location),
      source,
    }),
  ),
  unclear: z.array(source),
});

const why = z.enum(["absent", "denied", "timeout", "unparsed", "too-large", "failed"]);

const reading = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), value: configuration, from: text }),
  z.strictObject({ ok: z.literal(false), why, from: text, detail: text.exactOptional() }),
]);

const proxy = z.strictObject({
  kind: z.enum(["nginx", "caddy", "haproxy", "apache", "traefik", "portlock"]),
  pid: count.nullable(),
  version: text.nullable(),
  declared: reading,
  running: reading.nullable(),
  changedSinceLoaded: flag.nullable(),
});

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
/** Every proxy passes, and all that passes is one. */
const PROXY_MATCHES: Writable<Proxy> extends z.input<typeof proxy> ? true : never = true;

export const PROXY: z.ZodType<Proxy, Writable<Proxy>> = PROXY_MATCHES && proxy;
