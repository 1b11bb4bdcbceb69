/** Tunnels as a schema, for recordings: see facts-schema.ts. */
import { z } from "zod";
import type { Tunnel } from "./tunnel.ts";

const text = z.string();
const count = z.number().int();
const flag = z.boolean();

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
  to: z.strictObject({ host: text, port: count.min(0).max(65_535), tls: flag }).nullable(),
  audience: z.enum(["everybody", "members", "unknown"]),
  demandsCredential: flag.nullable(),
  host: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.enum(["client", "upstream"]) }),
      z.strictObject({ kind: z.literal("literal"), text }),
    ])
    .nullable(),
  source: z.strictObject({ file: text, line: count.nullable(), text }),
});

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
/** Every tunnel passes, and all that passes is one. */
const TUNNEL_MATCHES: Writable<Tunnel> extends z.input<typeof tunnel> ? true : never = true;

export const TUNNEL: z.ZodType<Tunnel, Tunnel> = TUNNEL_MATCHES && tunnel;
