import type { Json, JsonObject } from "../firewall/json.ts";
import { toCidrs } from "../firewall/source-set.ts";
import { toSet } from "./firewall-closing.ts";
import { toUnread, type ChangeSite, type ClosedPort, type FirewallChange, type MadeChange } from "./firewall-change.ts";
import type { FileChange } from "./plan.ts";
import { HEAD, toDropInFolder, toUnitPath, toUnitWork, type RuleUnit } from "./firewall-unit.ts";

const FOLDER = "/etc/portlock";
const NFTABLES = "nftables.service";

/** One condition or verdict, as nft(8) takes it and as it prints it in JSON. */
interface Term {
  readonly text: string;
  readonly json: Json;
}

interface OwnChain {
  readonly hook: "input" | "forward";
  readonly rules: readonly (readonly Term[])[];
}

/**
 * Closes a port in a table of Portlock's own, where no other manager is in charge. What its chains accept other
 * tables may still refuse, and what they drop is dropped. No port is named twice: each has a table, a file and a unit
 * to itself, so that each is taken back by itself. nftables.service is not enabled, for its file often begins with
 * `flush ruleset`; where somebody starts or reloads it, the table is loaded again behind it.
 */
export function closeInNftables(closed: ClosedPort, site: ChangeSite): MadeChange {
  const { port } = closed;
  const table = `portlock_${port}` as const;
  const chains = toChains(closed, site.allow);
  const file = `${FOLDER}/firewall-${port}.nft`;
  const edits = [{ kind: "make-table", table, objects: toObjects(table, chains) }] as const;
  const rules = toWritten(file, toFileText(table, chains));
  if (!site.facts.units.ok) {
    const work: FirewallChange["work"] = {
      folders: [FOLDER],
      files: [rules],
      keeps: [],
      commands: [["nft", "-f", file]],
      // One that is not there cannot be deleted.
      undo: { before: (["add", "delete"] as const).map((verb) => ["nft", verb, "table", "inet", table]), after: [] },
    };
    return { kind: "change", change: { edits, work, remarks: [{ code: "lasts-until-reboot" }] } };
  }
  const folder = toDropInFolder(NFTABLES);
  const unit: RuleUnit = {
    name: `portlock-firewall-${port}.service`,
    text: toUnitText(port, table, file),
    wantedBy: ["sysinit.target"],
    files: [rules, toWritten(`${folder}/portlock-firewall-${port}.conf`, toDropInText(file))],
    folders: [FOLDER, folder],
  };
  const paths = toUnread([toUnitPath(unit)], site.texts);
  if (paths.length > 0) return { kind: "needs-files", paths };
  return { kind: "change", change: { edits, work: toUnitWork(unit, site), remarks: [] } };
}

function toWritten(path: string, text: string): FileChange {
  return { path, edit: { kind: "write", text, mode: 0o644 } };
}

const ACCEPT: Term = { text: "accept", json: { accept: null } };
const DROP: Term = { text: "drop", json: { drop: null } };
const FROM_HERE: Term = { text: 'iifname "lo"', json: toMatch({ meta: { key: "iifname" } }, "lo") };
/** Who is connected stays connected; verify tells of such connections. */
const CONNECTED: Term = {
  text: "ct state established,related",
  json: { match: { op: "in", left: { ct: { key: "state" } }, right: ["established", "related"] } },
};

function toMatch(left: Json, right: Json): Json {
  return { match: { op: "==", left, right } };
}

function toChains({ port, closings }: ClosedPort, allow: readonly string[]): readonly OwnChain[] {
  const arriving: readonly Term[] = [
    { text: `tcp dport ${port}`, json: toMatch({ payload: { protocol: "tcp", field: "dport" } }, port) },
  ];
  // The container's own port may be another one: what was asked for stands in the connection.
  const sentOn: readonly Term[] = [
    { text: "meta l4proto tcp", json: toMatch({ meta: { key: "l4proto" } }, "tcp") },
    { text: `ct original proto-dst ${port}`, json: toMatch({ ct: { key: "proto-dst", dir: "original" } }, port) },
  ];
  const places = (["input", "forward"] as const).filter((hook) => closings.some(({ place }) => place === hook));
  return places.map((hook): OwnChain => {
    const aimed = hook === "input" ? arriving : sentOn;
    const allowed = toAllowed(allow).map((source) => [source, ...aimed, ACCEPT]);
    return { hook, rules: [[FROM_HERE, ACCEPT], [CONNECTED, ACCEPT], ...allowed, [...aimed, DROP]] };
  });
}

function toAllowed(allow: readonly string[]): readonly Term[] {
  return ([4, 6] as const).flatMap((family): Term[] => {
    const protocol = family === 4 ? "ip" : "ip6";
    const cidrs = toCidrs(toSet(family, allow));
    if (cidrs.length === 0) return [];
    const left = { payload: { protocol, field: "saddr" } };
    return [{ text: `${protocol} saddr { ${cidrs.join(", ")} }`, json: toMatch(left, { set: cidrs.map(toElement) }) }];
  });
}

function toElement(cidr: string): Json {
  const [addr, length] = cidr.split("/");
  return length === undefined ? addr : { prefix: { addr, len: Number(length) } };
}

function toObjects(table: string, chains: readonly OwnChain[]): readonly JsonObject[] {
  const family = "inet";
  return [
    { table: { family, name: table } },
    ...chains.map(({ hook }) => ({
      chain: { family, table, name: hook, type: "filter", hook, prio: 0, policy: "accept" },
    })),
    ...chains.flatMap(({ hook, rules }) =>
      rules.map((rule) => ({ rule: { family, table, chain: hook, expr: rule.map(({ json }) => json) } })),
    ),
  ];
}

/** Loaded as a whole or not at all, and in place of what it loaded before. */
function toFileText(table: string, chains: readonly OwnChain[]): string {
  const blocks = chains.flatMap(({ hook, rules }) => [
    `\tchain ${hook} {`,
    `\t\ttype filter hook ${hook} priority 0; policy accept;`,
    ...rules.map((rule) => `\t\t${rule.map(({ text }) => text).join(" ")}`),
    "\t}",
  ]);
  return [HEAD, `table inet ${table}`, `delete table inet ${table}`, `table inet ${table} {`, ...blocks, "}", ""].join(
    "\n",
  );
}

/** Before the network is up, as nftables.service itself. */
function toUnitText(port: number, table: string, file: string): readonly string[] {
  return [
    "[Unit]",
    `Description=Port ${port} closed to other machines by Portlock`,
    "DefaultDependencies=no",
    "Wants=network-pre.target",
    "Before=network-pre.target shutdown.target",
    `After=local-fs.target ${NFTABLES}`,
    "Conflicts=shutdown.target",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    `ExecStart=${toLoad(file)}`,
    `ExecReload=${toLoad(file)}`,
    `ExecStop=-/usr/bin/env nft delete table inet ${table}`,
  ];
}

/**
 * Whatever nftables.service takes away when it loads its own file is there again before anybody is told that it has.
 * Where that fails the service must not fail with it: it would take all its own rules away.
 */
function toDropInText(file: string): string {
  return [HEAD, "[Service]", `ExecStartPost=-${toLoad(file)}`, `ExecReload=-${toLoad(file)}`, ""].join("\n");
}

function toLoad(file: string): string {
  return `/usr/bin/env nft -f ${file}`;
}
