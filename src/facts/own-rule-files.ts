/** One rule that a service of Portlock's own loads, in the words of its engine. */
export interface OwnRule {
  /** `inet portlock_11434`, `ip filter`. */
  readonly table: string;
  readonly chain: string;
  readonly text: string;
}

/** What a unit of Portlock's own says. */
export interface OwnUnit {
  readonly startsAfter: readonly string[];
  readonly loads:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "rules"; readonly rules: readonly OwnRule[] };
}

/** What such a unit may say: a condition, a user or another command would make something else of it. */
const KEYS: ReadonlySet<string> = new Set([
  "Description",
  "DefaultDependencies",
  "Wants",
  "Before",
  "After",
  "Conflicts",
  "Type",
  "RemainAfterExit",
  "ExecStart",
  "ExecReload",
  "ExecStop",
  "WantedBy",
]);
const LOADS_FILE: RegExp = /^\/usr\/bin\/env nft -f (\/etc\/portlock\/firewall-\d{1,5}\.nft)$/;
const ADDS_RULE: RegExp = /^\/usr\/bin\/env (ip6?)tables -w -([AI]) (DOCKER-USER|PORTLOCK-\d{1,5}) (.+)$/;
/** Makes a chain, where it may be there already, or empties it. */
const MAKES_CHAIN: RegExp = /^-?\/usr\/bin\/env ip6?tables -w -[NF] (?:DOCKER-USER|PORTLOCK-\d{1,5})$/;

/** Reads a unit as Portlock writes it; null where it holds anything else. */
export function parseOwnUnit(text: string): OwnUnit | null {
  const lines = text.split("\n").filter((line) => line !== "" && !/^[#;[]/.test(line));
  const settings = lines.map((line) => /^([A-Za-z]+)=(.*)$/.exec(line));
  if (settings.some((setting) => !KEYS.has(setting?.[1] ?? "") || setting?.[2]?.endsWith("\\") === true)) return null;
  const valuesOf = (key: string): readonly string[] =>
    settings.flatMap((setting) => (setting?.[1] === key ? [setting[2] ?? ""] : []));
  const loads = toLoads(valuesOf("ExecStart"));
  return loads === null ? null : { startsAfter: valuesOf("After").flatMap((value) => value.split(" ")), loads };
}

function toLoads(commands: readonly string[]): OwnUnit["loads"] | null {
  const [first = "", ...others] = commands;
  const [, path] = LOADS_FILE.exec(first) ?? [];
  if (path !== undefined) return others.length === 0 ? { kind: "file", path } : null;
  const rules: OwnRule[] = [];
  for (const command of commands) {
    if (MAKES_CHAIN.test(command)) continue;
    const [, family, , chain, text] = ADDS_RULE.exec(command) ?? [];
    if (family === undefined || chain === undefined || text === undefined) return null;
    rules.push({ table: `${family} filter`, chain, text });
  }
  return rules.length === 0 ? null : { kind: "rules", rules };
}

/** Reads a file of nft(8) as Portlock writes it: one table of base chains. Null where it holds anything else. */
export function parseOwnTable(text: string): readonly OwnRule[] | null {
  const [opened = "", removed, table, ...lines] = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const [, name] = /^table inet (portlock_\d{1,5})$/.exec(opened) ?? [];
  if (name === undefined || removed !== `delete ${opened}` || table !== `${opened} {` || lines.pop() !== "}")
    return null;
  const rules: OwnRule[] = [];
  let chain: string | null = null;
  let isHooked = false;
  for (const line of lines) {
    const [, begun] = /^\tchain (input|forward) \{$/.exec(line) ?? [];
    const rule = line.startsWith("\t\t") ? line.slice(2) : null;
    if (begun !== undefined && chain === null) {
      chain = begun;
      isHooked = false;
    } else if (line === "\t}" && chain !== null && isHooked) {
      chain = null;
    } else if (chain !== null && rule === `type filter hook ${chain} priority 0; policy accept;`) {
      isHooked = true;
    } else if (chain !== null && rule !== null && isHooked) {
      rules.push({ table: `inet ${name}`, chain, text: rule });
    } else {
      return null;
    }
  }
  return chain === null && rules.length > 0 ? rules : null;
}
