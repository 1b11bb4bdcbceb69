import { z } from "zod";
import type { HostReader, Reading } from "../host/host.ts";
import type { Evidence } from "./evidence.ts";
import { gatherPrintedRules, type PrintedRules } from "./firewall-rules.ts";

/**
 * Whether any packet filter is loaded in the reader's network namespace, and its rules as they were printed. What
 * they let through is for the judge.
 */
export interface FirewallPresence {
  readonly ruleSets: readonly RuleSet[];
  /** The rules themselves; left out where an older version recorded the host. */
  readonly printed?: readonly PrintedRules[];
  /** What was asked and answered "nothing", so that "no firewall" is a claim with a source. */
  readonly evidence: readonly Evidence[];
}

export interface RuleSet {
  readonly engine: "nftables" | "iptables-legacy";
  readonly family: string;
  readonly table: string;
  readonly evidence: Evidence;
}

/** What one engine told: its rule sets, and the proof of having asked. */
type Told = Reading<{ readonly ruleSets: readonly RuleSet[]; readonly evidence: readonly Evidence[] }>;

/**
 * Whether a packet filter is loaded: nftables (with iptables-nft, ufw, firewalld and Docker on it) asked
 * through nft(8), iptables-legacy through /proc/net/ip_tables_names and ip6_tables_names. Reading must not
 * load a kernel module: nft is not asked where nf_tables is neither loaded nor built in, for then it cannot
 * hold rules. "No rule set" is only said where every engine was asked; one that could not be makes the whole
 * reading fail, unless another one already holds rules.
 */
export async function gatherFirewall(host: HostReader): Promise<Reading<FirewallPresence>> {
  const told = await Promise.all([
    gatherNftables(host),
    gatherLegacy(host, "ip", "/proc/net/ip_tables_names"),
    gatherLegacy(host, "ip6", "/proc/net/ip6_tables_names"),
  ]);
  const answers = told.flatMap((answer) => (answer.ok ? [answer.value] : []));
  const ruleSets = answers.flatMap((answer) => answer.ruleSets);
  const failed = told.find((answer) => !answer.ok);
  if (failed !== undefined && ruleSets.length === 0) return failed;
  const evidence = answers.flatMap((answer) => answer.evidence);
  // What one engine kept to itself is a gap in the rules, not an engine without rules.
  const unread = told.flatMap((answer, index): readonly PrintedRules[] => {
    const asked = ASKED[index];
    return answer.ok || asked === undefined ? [] : [{ ...asked, text: answer }];
  });
  const printed = [...(await gatherPrintedRules(host, ruleSets)), ...unread];
  return { ok: true, value: { ruleSets, printed, evidence }, from: told.map((answer) => answer.from).join(", ") };
}

const ASKED: readonly Omit<PrintedRules, "text">[] = [
  { engine: "nftables", dialect: "nft-json", family: null },
  { engine: "iptables-legacy", dialect: "iptables-save", family: 4 },
  { engine: "iptables-legacy", dialect: "iptables-save", family: 6 },
];

async function gatherNftables(host: HostReader): Promise<Told> {
  const [modules, release] = await Promise.all([
    host.readFile("/proc/modules"),
    host.readFile("/proc/sys/kernel/osrelease"),
  ]);
  const loaded = modules.ok ? /^nf_tables /m.test(modules.value) : modules.why === "absent" ? null : false;
  if (loaded === false) {
    const folder = release.ok ? release.value.trim() : "unknown";
    const builtIn = await host.readFile(`/lib/modules/${folder}/modules.builtin`);
    if (builtIn.ok && !/\/nf_tables\.ko/.test(builtIn.value)) {
      const text = "nf_tables is neither loaded nor built in";
      return { ok: true, value: { ruleSets: [], evidence: [{ from: modules.from, text }] }, from: modules.from };
    }
    if (!builtIn.ok && builtIn.why !== "absent") return builtIn;
  }
  const output = await host.run(["nft", "-j", "list", "tables"]);
  if (!output.ok) return { ...output, detail: "the kernel has nf_tables, and nft could not be run" };
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode !== 0) {
    const why = /not permitted|permission denied/i.test(stderr) ? "denied" : "failed";
    return { ok: false, why, from: output.from, detail: stderr.trim().slice(0, 200) };
  }
  const ruleSets = parseNftTables(stdout, output.from);
  if (ruleSets === null) return { ok: false, why: "unparsed", from: output.from };
  const evidence = ruleSets.length === 0 ? [{ from: output.from, text: "no tables" }] : [];
  return { ok: true, value: { ruleSets, evidence }, from: output.from };
}

/**
 * Tables of iptables-legacy. The kernel may list a table in which nothing stands, because somebody only
 * looked or because another namespace uses it; the saver, which then loads nothing new, tells them apart.
 */
async function gatherLegacy(host: HostReader, family: "ip" | "ip6", path: string): Promise<Told> {
  const names = await host.readFile(path);
  if (!names.ok && names.why !== "absent") return names;
  const tables = names.ok ? names.value.split("\n").filter((name) => name !== "") : [];
  if (tables.length === 0) {
    const text = names.ok ? "no tables" : "not there: the kernel has no iptables-legacy";
    return { ok: true, value: { ruleSets: [], evidence: [{ from: path, text }] }, from: path };
  }
  const saved = await host.run([family === "ip" ? "iptables-legacy-save" : "ip6tables-legacy-save"]);
  if (saved.ok && saved.value.exitCode === 0) {
    const ruleSets = parseIptablesSave(saved.value.stdout, family, saved.from);
    const evidence = ruleSets.length === 0 ? [{ from: saved.from, text: "no rules, every policy ACCEPT" }] : [];
    return { ok: true, value: { ruleSets, evidence }, from: saved.from };
  }
  const ruleSets = tables.map((table): RuleSet => {
    return { engine: "iptables-legacy", family, table, evidence: { from: path, text: table } };
  });
  return { ok: true, value: { ruleSets, evidence: [] }, from: path };
}

const NftTables = z.object({
  nftables: z.array(z.object({ table: z.object({ family: z.string(), name: z.string() }).optional() })),
});

/** Reads the JSON of `nft -j list tables` (libnftables-json(5)). Null: it is none. */
export function parseNftTables(text: string, from: string): readonly RuleSet[] | null {
  const listed = NftTables.safeParse(toJson(text));
  if (!listed.success) return null;
  return listed.data.nftables.flatMap(({ table }): readonly RuleSet[] => {
    if (table === undefined) return [];
    const evidence = { from, text: `table ${table.family} ${table.name}` };
    return [{ engine: "nftables", family: table.family, table: table.name, evidence }];
  });
}

/** Reads iptables-save(8): the tables in which a rule stands or a policy is not ACCEPT, with the first such line. */
export function parseIptablesSave(text: string, family: string, from: string): readonly RuleSet[] {
  const ruleSets = new Map<string, RuleSet>();
  let table = "";
  for (const [index, line] of text.split("\n").entries()) {
    if (line.startsWith("*")) table = line.slice(1).trim();
    const says = /^-[AI] /.test(line) || /^:\S+ (?!ACCEPT |- )/.test(line);
    if (table === "" || !says || ruleSets.has(table)) continue;
    const evidence = { from, line: index + 1, text: line.slice(0, 240) };
    ruleSets.set(table, { engine: "iptables-legacy", family, table, evidence });
  }
  return [...ruleSets.values()];
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
