import type { HostReader } from "../../host/host.ts";
import { inTurns } from "../in-turns.ts";

/** A process that may be a tunnel. Its command line may hold secrets: it is looked through, never kept. */
export interface RunningTunnel {
  readonly program: TunnelProgram;
  readonly pid: number;
  readonly words: readonly string[];
  /** Home of its user as its environment has it; null where that may not be read. */
  readonly home: string | null;
}

export type TunnelProgram =
  | "cloudflared"
  | "ngrok"
  | "tailscaled"
  | "ssh"
  | "frpc"
  | "cpolar"
  | "zerotier-one"
  | "localtunnel"
  | "bore"
  | "zrok";

/** What is known of a host's processes before tunnels are looked for. */
export interface TunnelSigns {
  readonly executableOf: ReadonlyMap<number, string>;
  /** Short names of processes whose program is hidden. */
  readonly nameOf: ReadonlyMap<number, string>;
}

const PROGRAMS: readonly (readonly [RegExp, TunnelProgram])[] = [
  [/^cloudflared/, "cloudflared"],
  [/^ngrok$/, "ngrok"],
  [/^tailscaled$/, "tailscaled"],
  [/^(?:ssh|autossh)$/, "ssh"],
  [/^frpc/, "frpc"],
  [/^cpolar$/, "cpolar"],
  [/^zerotier-one$/, "zerotier-one"],
  [/^bore$/, "bore"],
  [/^zrok2?$/, "zrok"],
  [/^(?:node|MainThread)$/, "localtunnel"],
];
const LOCALTUNNEL = /(?:^|\/)(?:lt|localtunnel|lt\.js)$/;
const MOST_PROCESSES = 256;
const AT_A_TIME = 16;

/** The processes of a host that are tunnels by their name. Where none is, nothing is read. */
export async function findRunningTunnels(
  host: Pick<HostReader, "readFile">,
  signs: TunnelSigns,
): Promise<{ readonly found: readonly RunningTunnel[]; readonly unread: readonly number[] }> {
  const named = [...signs.executableOf, ...signs.nameOf].flatMap(([pid, path]) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const program = PROGRAMS.find(([pattern]) => pattern.test(name))?.[1];
    return program === undefined ? [] : [{ pid, program }];
  });
  const unread: number[] = [];
  const found = await inTurns(named.slice(0, MOST_PROCESSES), AT_A_TIME, async ({ pid, program }) => {
    const [line, environment] = await Promise.all([
      host.readFile(`/proc/${pid}/cmdline`),
      program === "localtunnel" ? null : host.readFile(`/proc/${pid}/environ`),
    ]);
    if (!line.ok) {
      if (line.why !== "absent" && program !== "localtunnel") unread.push(pid);
      return null;
    }
    const words = line.value.split("\0").filter((word) => word !== "");
    if (program === "localtunnel" && !words.slice(0, 3).some((word) => LOCALTUNNEL.test(word))) return null;
    const variables = environment?.ok === true ? environment.value.split("\0") : [];
    const home = variables.find((each) => each.startsWith("HOME="))?.slice(5) ?? null;
    return { program, pid, words, home };
  });
  return { found: found.flatMap((each) => each ?? []), unread };
}
