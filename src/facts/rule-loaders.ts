import type { HostReader, Reading } from "../host/host.ts";
import type { Evidence } from "./evidence.ts";

/** A unit that loads rules from files when the host starts, and again whenever it is restarted. */
export interface RuleLoader {
  readonly unit: "nftables.service" | "netfilter-persistent.service";
  /** The link that starts it with the host; null: none does. */
  readonly startedBy: Evidence | null;
  /**
   * What it takes away first: `everything` (`flush ruleset`), or the tables its file names, for iptables-restore(8)
   * puts those of the file in place of what is there.
   */
  readonly replaces: readonly Replacement[];
}

export interface Replacement {
  readonly what: "everything" | "filter" | "nat" | "mangle" | "raw";
  readonly family: 4 | 6 | null;
  readonly evidence: Evidence;
}

const FILES = [
  { unit: "nftables.service", path: "/etc/nftables.conf", family: null },
  { unit: "nftables.service", path: "/etc/sysconfig/nftables.conf", family: null },
  { unit: "netfilter-persistent.service", path: "/etc/iptables/rules.v4", family: 4 },
  { unit: "netfilter-persistent.service", path: "/etc/iptables/rules.v6", family: 6 },
] as const;
/** Links that `systemctl enable` makes; a unit's own directory below them has drop-ins, which are no links to units. */
const STARTS = "/etc/systemd/system/*/*";

/** The units that load rules; those without a file that takes anything away are left out. */
export async function gatherRuleLoaders(host: HostReader): Promise<Reading<readonly RuleLoader[]>> {
  const texts = await Promise.all(FILES.map(async (file) => ({ ...file, text: await host.readFile(file.path) })));
  const failed = texts.find(({ text }) => !text.ok && text.why !== "absent");
  if (failed !== undefined && !failed.text.ok) return failed.text;
  const found = texts.flatMap(({ unit, path, family, text }) =>
    text.ok ? parseRuleFile(text.value, family, path).map((replacement) => ({ unit, replacement })) : [],
  );
  const from = FILES.map(({ path }) => path).join(", ");
  if (found.length === 0) return { ok: true, value: [], from };
  const links = await host.readLinks(STARTS);
  if (!links.ok) return links;
  const value = [...Map.groupBy(found, ({ unit }) => unit)].map(([unit, replacements]): RuleLoader => {
    const link = links.value.links.find(({ path }) => path.endsWith(`.wants/${unit}`));
    return {
      unit,
      startedBy: link === undefined ? null : { from: link.path, text: `-> ${link.target}` },
      replaces: replacements.map(({ replacement }) => replacement),
    };
  });
  return { ok: true, value, from };
}

/**
 * Reads a file of nft(8), for `flush ruleset`, or one of iptables-save(8), for the tables it holds. What an nft file
 * includes is not followed.
 */
export function parseRuleFile(text: string, family: 4 | 6 | null, from: string): readonly Replacement[] {
  return text.split("\n").flatMap((line, index): readonly Replacement[] => {
    const evidence = { from, line: index + 1, text: line.trim().slice(0, 240) };
    if (family === null) {
      return /^\s*flush\s+ruleset\s*(?:;|#|$)/.test(line) ? [{ what: "everything", family: null, evidence }] : [];
    }
    const [, table] = /^\*(filter|nat|mangle|raw)\s*$/.exec(line) ?? [];
    return table === "filter" || table === "nat" || table === "mangle" || table === "raw"
      ? [{ what: table, family, evidence }]
      : [];
  });
}
