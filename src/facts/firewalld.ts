import type { HostReader, Reading } from "../host/host.ts";
import { parseZoneFile, parseZoneListing } from "./firewalld-zones.ts";

/** What firewalld(1) does now, and what it will do after its next reload or start. */
export interface Firewalld {
  /** Null: the service manager could not be asked. */
  readonly running: boolean | null;
  /** As it runs; absent where it does not run. */
  readonly runtime: Reading<readonly FirewalldZone[]>;
  /** As its files say; those of /etc take the place of those that come with it. Absent where it does not run. */
  readonly permanent: Reading<readonly FirewalldZone[]>;
}

/** One zone. Interfaces are left out: NetworkManager gives them while it runs, which no file says. */
export interface FirewalldZone {
  readonly name: string;
  /** `default`, `ACCEPT`, `DROP`, `%%REJECT%%`. */
  readonly target: string;
  readonly sources: readonly string[];
  readonly services: readonly string[];
  /** `11434/tcp`, `8000-8010/tcp`. */
  readonly ports: readonly string[];
  /** `port=80:proto=tcp:toport=8080:toaddr=`. */
  readonly forwardPorts: readonly string[];
  /** As `firewall-cmd --list-rich-rules` prints them, without what they log. */
  readonly richRules: readonly string[];
  /** The file, or the command that was run. */
  readonly from: string;
}

const CONFIGURATION = "/etc/firewalld/firewalld.conf";
const ZONE_FOLDERS = ["/usr/lib/firewalld/zones", "/etc/firewalld/zones"];
const LISTING = "firewall-cmd --list-all-zones";
const NOT_RUNNING = "firewalld does not run";
const MOST_ZONES = 200;
const LARGEST_ZONE_BYTES = 128 * 1024;

/** Why firewalld must not be asked. */
export interface Unasked {
  readonly why: "denied" | "failed";
  readonly detail: string;
}

/**
 * Absent where firewalld is not installed. Its own command is a Python program, so it is asked only where firewalld
 * runs; `running` is what the service manager says. It is not asked either where that would start polkit, or have
 * polkit ask somebody at a screen for a password.
 */
export async function gatherFirewalld(
  host: HostReader,
  { running, unasked }: { readonly running: boolean | null; readonly unasked: Unasked | null },
): Promise<Reading<Firewalld>> {
  const installed = await host.stat(CONFIGURATION);
  if (!installed.ok) return installed;
  if (running === false) {
    const none: Reading<never> = { ok: false, why: "absent", from: CONFIGURATION, detail: NOT_RUNNING };
    return { ok: true, value: { running, runtime: none, permanent: none }, from: CONFIGURATION };
  }
  const [runtime, permanent] = await Promise.all([
    unasked === null ? gatherRuntime(host) : { ok: false as const, from: LISTING, ...unasked },
    gatherPermanent(host),
  ]);
  return { ok: true, value: { running, runtime, permanent }, from: CONFIGURATION };
}

async function gatherRuntime(host: HostReader): Promise<Reading<readonly FirewalldZone[]>> {
  const output = await host.run(["firewall-cmd", "--list-all-zones"]);
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  // 252: firewalld does not run (firewall-cmd(1)).
  if (exitCode === 252) return { ok: false, why: "absent", from: output.from, detail: NOT_RUNNING };
  if (exitCode !== 0) {
    const why = /authoriz|denied/i.test(stderr) ? "denied" : "failed";
    return { ok: false, why, from: output.from, detail: stderr.trim().slice(0, 200) };
  }
  return { ok: true, value: parseZoneListing(stdout, output.from), from: output.from };
}

async function gatherPermanent(host: HostReader): Promise<Reading<readonly FirewalldZone[]>> {
  const zones = new Map<string, FirewalldZone>();
  for (const folder of ZONE_FOLDERS) {
    const names = await host.listDirectory(folder);
    if (!names.ok && names.why !== "absent") return names;
    const files = (names.ok ? names.value : []).filter((name) => name.endsWith(".xml")).slice(0, MOST_ZONES);
    const texts = await Promise.all(files.map(async (file) => host.readFile(`${folder}/${file}`, LARGEST_ZONE_BYTES)));
    for (const [index, file] of files.entries()) {
      const text = texts[index];
      if (text === undefined) continue;
      if (!text.ok) return text;
      const name = file.slice(0, -".xml".length);
      const zone = parseZoneFile(text.value, name, text.from);
      if (zone === null) return { ok: false, why: "unparsed", from: text.from };
      zones.set(name, zone);
    }
  }
  return { ok: true, value: [...zones.values()], from: ZONE_FOLDERS.join(", ") };
}
