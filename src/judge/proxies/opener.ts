import type { Finding } from "../finding.ts";

/** What hands on to a server from elsewhere, so that nothing that is done to the server itself closes it. */
export interface Opener {
  /** The program: `nginx`, `cloudflared`. */
  readonly by: string;
  /** File and line of its configuration, where it is known. */
  readonly place: string | null;
}

/** The proxy or tunnel that a finding is about; null where it is about none that is open. */
export function findOpener(finding: Finding): Opener | null {
  const [where] = finding.evidence;
  // What was answered is no place that could be changed.
  const isPlace = where !== undefined && !where.from.includes(" ");
  const place = isPlace ? (where.line === undefined ? where.from : `${where.from}:${where.line}`) : null;
  if (finding.rule === "proxy-without-auth") return { by: finding.data.proxy, place };
  return finding.rule === "tunnel-without-auth" ? { by: finding.data.tunnel, place } : null;
}
