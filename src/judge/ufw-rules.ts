/** Options that iptables adds to a rule when it prints it, or that ufw writes and iptables prints otherwise. */
const ADDED: ReadonlySet<string> = new Set(["-m", "--reject-with", "--comment", "--name", "--mask"]);
/** Options by which a rule is told from another; each has one value. */
const OPTION: RegExp = /(! )?(-{1,2}[a-zA-Z-]+) ("[^"]*"|'[^']*'|[^\s-]\S*)/g;

/** A rule of iptables in a form that is the same for what ufw wrote and for what iptables-save prints of it. */
export function toLoadedForm(rule: string): string {
  const options = [...rule.matchAll(OPTION)].flatMap(([, not = "", name = "", value = ""]) =>
    ADDED.has(name) ? [] : [`${not}${name} ${value.replace(/\/(?:32|128)$/, "")}`],
  );
  return options.toSorted().join(" ");
}
