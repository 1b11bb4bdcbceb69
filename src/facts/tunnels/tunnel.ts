import type { Passing } from "../proxies/proxy.ts";

/** Programs that make a port of this host reachable through somebody else's machine. */
export type TunnelKind =
  | "cloudflared"
  | "ngrok"
  | "tailscale-serve"
  | "tailscale-funnel"
  | "ssh-remote-forward"
  | "frpc"
  | "cpolar"
  | "zerotier"
  | "other";

/** One way through a tunnel to an address of this host. No token that its configuration holds is kept. */
export interface Tunnel {
  readonly kind: TunnelKind;
  readonly pid: number | null;
  /** Name or address under which the outside calls it; null where it does not tell. */
  readonly publicName: string | null;
  /** Where it hands on to, as far as it tells; null: anything the program likes (ZeroTier, a token-run cloudflared). */
  readonly to: { readonly host: string; readonly port: number; readonly tls: boolean } | null;
  /** Who can come in: everybody, members of the same private network, or not known. */
  readonly audience: "everybody" | "members" | "unknown";
  /** The tunnel itself demands a credential before it hands on; null where it does not tell. */
  readonly demandsCredential: boolean | null;
  /** Host header that the server behind sees: the public name (`client`), its own address, or this text. */
  readonly host: Passing["host"];
  readonly source: { readonly file: string; readonly line: number | null; readonly text: string };
}
