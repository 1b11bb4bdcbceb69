import { isWildcard } from "../../judge/addresses.ts";
import type { Server } from "../../judge/server.ts";
import type { ProxySite } from "../../proxy/site.ts";
import { OWN_FOLDERS } from "./layout.ts";
import type { ProxyChoices } from "./proxy-choices.ts";

/** Where Ollama listens by itself, in front of which a site is described that is for another host. */
const USUAL_PLACE = { address: "127.0.0.1", port: 11434 } as const;

/** The site that is wanted in front of a server; null: one that listens where Ollama does by itself. */
export function describeSite(choices: ProxyChoices, server: Server | null): ProxySite {
  const id = toSiteId(server);
  const { auth, gatewayPort } = choices;
  return {
    id,
    listen: choices.listen,
    name: choices.name,
    upstream: { kind: "tcp", ...toUpstream(server) },
    auth:
      auth === "portlock"
        ? { kind: auth, gateway: { address: "127.0.0.1", port: gatewayPort } }
        : { kind: auth, file: toPeoplePath(choices, id) },
    scopes: choices.scopes,
    tls: toTls(choices, id),
    origins: choices.origins,
    requestsPerMinute: choices.requestsPerMinute,
  };
}

/** By its port: the numbers of servers are others as soon as one comes or goes. */
export function toSiteId(server: Server | null): string {
  return `ollama_${toUpstream(server).port}`;
}

/** Who is let in, by the form of what they show: a password is no key. */
export function toPeoplePath({ proxy, auth }: Pick<ProxyChoices, "proxy" | "auth">, id: string): string {
  return `${OWN_FOLDERS[proxy]}/${id}.${auth === "basic" ? "passwords" : "keys"}`;
}

/** A pair of Portlock's own: one that it makes, or the links by which HAProxy finds a key beside its certificate. */
export function toOwnPair({ proxy }: Pick<ProxyChoices, "proxy">, id: string): { certificate: string; key: string } {
  const certificate = `${OWN_FOLDERS[proxy]}/${id}.pem`;
  return { certificate, key: `${certificate}.key` };
}

/** Where a client on the host reaches an address. */
export function toLocalAddress(address: string): string {
  return isWildcard(address) ? "127.0.0.1" : address;
}

function toTls(choices: ProxyChoices, id: string): ProxySite["tls"] {
  const { tls, proxy } = choices;
  switch (tls.kind) {
    case "none":
    case "automatic":
      return { kind: tls.kind };
    case "self-signed":
      return { kind: "files", ...toOwnPair(choices, id), selfSigned: true };
    case "files":
      return proxy === "haproxy"
        ? { kind: "files", ...toOwnPair(choices, id), selfSigned: false }
        : { ...tls, selfSigned: false };
  }
}

function toUpstream(server: Server | null): { readonly address: string; readonly port: number } {
  const listener = server?.listeners[0] ?? USUAL_PLACE;
  return { address: toLocalAddress(listener.address), port: listener.port };
}
