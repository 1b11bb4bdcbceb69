import { createHash, randomBytes } from "node:crypto";
import type { ProxyAuth, ProxyKind } from "../proxy/site.ts";

/** What one person shows, and the line by which a proxy knows it. Neither is kept by Portlock. */
export interface Credential {
  readonly name: string;
  /** The password, or the key. */
  readonly secret: string;
  /** Value of the Authorization header. */
  readonly authorization: string;
  readonly line: string;
}

/** 24 bytes by chance: longer than any hash could be broken for, so that a cheap one is enough. */
const SECRET_BYTES = 24;
/**
 * nginx hashes anew for every request, 2.3 ms at this cost, and its other streams wait meanwhile. Caddy keeps what it
 * has seen; for a name that it does not know it hashes at cost 14, and at that cost nobody can tell by the time.
 */
const COSTS = { nginx: 5, caddy: 14 } as const;

/** Makes a credential for one person; a name is plain (`isPersonName`). */
export async function makeCredential(
  proxy: ProxyKind,
  auth: Exclude<ProxyAuth, "portlock">,
  name: string,
): Promise<Credential> {
  const random = randomBytes(SECRET_BYTES).toString("base64url");
  // A key of Caddy's is the base64 text of name and secret; without padding each key has one form.
  const padding = randomBytes(2)
    .toString("hex")
    .slice(0, (3 - ((name.length + 1 + random.length) % 3)) % 3);
  const password = `${random}${padding}`;
  const pair = Buffer.from(`${name}:${password}`).toString("base64");
  const secret = auth === "bearer" && proxy === "caddy" ? pair : password;
  const authorization = auth === "basic" ? `Basic ${pair}` : `Bearer ${secret}`;
  return { name, secret, authorization, line: await toLine(proxy, auth, { name, password, shown: authorization }) };
}

async function toLine(
  proxy: ProxyKind,
  auth: "basic" | "bearer",
  { name, password, shown }: { readonly name: string; readonly password: string; readonly shown: string },
): Promise<string> {
  if (proxy === "haproxy") return `${toSha256(shown.slice(shown.indexOf(" ") + 1))} ${name}`;
  if (proxy === "caddy") return `${name} ${await toBcrypt(password, COSTS.caddy)}`;
  if (auth === "basic") return `${name}:${await toBcrypt(password, COSTS.nginx)}`;
  return `"~^(?:[Bb][Ee][Aa][Rr][Ee][Rr] +${password}:|:${password})$" "${name}";`;
}

function toSha256(text: string): string {
  return createHash("sha256").update(text).digest("hex").toUpperCase();
}

/** In the form that crypt(3) of every system reads. */
async function toBcrypt(password: string, cost: number): Promise<string> {
  const { hash } = await import("bcryptjs");
  return (await hash(password, cost)).replace(/^\$2[ab]\$/, "$2y$");
}
