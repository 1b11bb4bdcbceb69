import type { HostReader, Reading } from "../host/host.ts";
import type { Evidence } from "./evidence.ts";
import { inTurns } from "./in-turns.ts";
import { parseOwnTable, parseOwnUnit, type OwnRule, type OwnUnit } from "./own-rule-files.ts";

/** A service of Portlock's own (`portlock harden --firewall`) that loads rules when the host starts. */
export interface OwnRules {
  /** `portlock-firewall-11434.service`, `portlock-docker-user-11434.service`. */
  readonly unit: string;
  /** The link that starts it with the host; null: none does. */
  readonly startedBy: Evidence | null;
  /** Units behind which it is started. */
  readonly startsAfter: readonly string[];
  /** What it loads; failed where its files say anything that Portlock does not write. */
  readonly rules: Reading<readonly OwnRule[]>;
  /** The drop-in by which nftables.service loads them again behind its own, started or reloaded; null: there is none. */
  readonly loadedAgain: Evidence | null;
}

const UNITS = "/etc/systemd/system";
const NAME: RegExp = /^portlock-(?:firewall|docker-user)-\d{1,5}\.service$/;
/** Those that load a table, which nothing but their file holds. */
const TABLE_NAME: RegExp = /^portlock-firewall-(\d{1,5})\.service$/;
/** Links that `systemctl enable` makes. */
const STARTS = `${UNITS}/*/*`;
/** Every port has one; nobody closes more. */
const MOST_UNITS = 64;
const AT_A_TIME = 8;
const LARGEST_FILE_BYTES = 256 * 1024;

/** The services by which Portlock itself keeps ports closed, from their files: a listing where there are none. */
export async function gatherOwnRules(host: HostReader): Promise<Reading<readonly OwnRules[]>> {
  const listed = await host.listDirectory(UNITS);
  if (!listed.ok) return listed.why === "absent" ? { ok: true, value: [], from: UNITS } : listed;
  const names = listed.value.filter((name) => NAME.test(name));
  if (names.length === 0) return { ok: true, value: [], from: UNITS };
  if (names.length > MOST_UNITS) return { ok: false, why: "too-large", from: UNITS };
  const links = await host.readLinks(STARTS);
  if (!links.ok) return links;
  const value = await inTurns(names, AT_A_TIME, async (unit): Promise<OwnRules> => {
    const [read, again] = await Promise.all([readUnit(host, unit, listed.value), readDropIn(host, unit)]);
    const link = links.value.links.find(({ path }) => path.endsWith(`.wants/${unit}`));
    return {
      unit,
      startedBy: link === undefined ? null : { from: link.path, text: `-> ${link.target}` },
      startsAfter: read.ok ? read.value.startsAfter : [],
      rules: read.ok ? await readRules(host, read) : read,
      loadedAgain: again,
    };
  });
  return { ok: true, value, from: UNITS };
}

async function readUnit(host: HostReader, unit: string, listed: readonly string[]): Promise<Reading<OwnUnit>> {
  const from = `${UNITS}/${unit}`;
  // What a drop-in makes of it is not followed.
  if (listed.includes(`${unit}.d`)) return { ok: false, why: "unparsed", from: `${from}.d` };
  const text = await host.readFile(from, LARGEST_FILE_BYTES);
  if (!text.ok) return text;
  const value = parseOwnUnit(text.value);
  return value === null ? { ok: false, why: "unparsed", from } : { ok: true, value, from };
}

async function readRules(
  host: HostReader,
  { value: { loads }, from }: { readonly value: OwnUnit; readonly from: string },
): Promise<Reading<readonly OwnRule[]>> {
  if (loads.kind === "rules") return { ok: true, value: loads.rules, from };
  const text = await host.readFile(loads.path, LARGEST_FILE_BYTES);
  if (!text.ok) return text;
  const value = parseOwnTable(text.value);
  return value === null ? { ok: false, why: "unparsed", from: loads.path } : { ok: true, value, from: loads.path };
}

async function readDropIn(host: HostReader, unit: string): Promise<Evidence | null> {
  const [, port] = TABLE_NAME.exec(unit) ?? [];
  if (port === undefined) return null;
  const from = `${UNITS}/nftables.service.d/portlock-firewall-${port}.conf`;
  const text = await host.readFile(from, LARGEST_FILE_BYTES);
  const load = `=-/usr/bin/env nft -f /etc/portlock/firewall-${port}.nft`;
  const lines = text.ok ? text.value.split("\n") : [];
  const isWhole = lines.includes("[Service]") && lines.includes(`ExecReload${load}`);
  const line = lines.indexOf(`ExecStartPost${load}`);
  return isWhole && line >= 0 ? { from, line: line + 1, text: `ExecStartPost${load}` } : null;
}
