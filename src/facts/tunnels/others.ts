import type { RunningTunnel } from "./running.ts";
import { parseTarget, toHost } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";
import { plainWords, valueOf } from "./words.ts";

/** What localtunnel, bore and zrok hand on to, from their command lines. */
export function parseOther({ program, words, pid }: RunningTunnel): readonly Tunnel[] {
  const tunnel = (to: Tunnel["to"], publicName: string | null, host: Tunnel["host"]): readonly Tunnel[] => [
    {
      kind: "other",
      pid,
      publicName,
      to,
      audience: "everybody",
      demandsCredential: false,
      host,
      source: { file: `/proc/${pid}/cmdline`, line: null, text: program },
    },
  ];
  if (program === "localtunnel") {
    const port = valueOf(words, "port", "p");
    const local = valueOf(words, "local-host", "l");
    // Told to call another name than localhost, it writes that one.
    const host = local === null ? toHost(null) : toHost(local);
    return tunnel(parseTarget(`${local ?? "localhost"}:${port ?? ""}`), null, host);
  }
  const plain = plainWords(words.slice(1), new Set(["headless"]));
  if (program === "bore") {
    if (plain[0] !== "local") return [];
    const to = parseTarget(`${valueOf(words, "local-host", "l") ?? "localhost"}:${plain[1] ?? ""}`);
    return tunnel(to, valueOf(words, "to", "t"), { kind: "client" });
  }
  if (plain[0] !== "share" || plain[1] !== "public") return [];
  return tunnel(parseTarget(plain[2]), null, { kind: "client" });
}

/** ZeroTier makes an interface, whose members are neighbours of this host: it leads to no port in particular. */
export function toZeroTier({ pid }: RunningTunnel): Tunnel {
  return {
    kind: "zerotier",
    pid,
    publicName: null,
    to: null,
    audience: "members",
    demandsCredential: false,
    host: { kind: "client" },
    source: { file: `/proc/${pid}/exe`, line: null, text: "zerotier-one" },
  };
}
