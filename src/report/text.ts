import { SEVERITIES, type FindingOf, type RuleId, type Severity } from "../judge/finding.ts";
import type { Declaration, Server, Setting } from "../judge/server.ts";
import { toCitations, type Citations } from "./citations.ts";
import { toPaint, type Paint, type Style } from "./colour.ts";
import { toMissingText } from "./missing-text.ts";
import type { OwnCommand } from "./own-command.ts";
import { toPrintable, toSocketText } from "./printable.ts";
import type { HostVerdict, Report, ReportedFinding, RuleWords } from "./report.ts";
import { formatRoutes } from "./routes.ts";
import { toSummary } from "./summary.ts";
import { wrapText } from "./table.ts";
import type { Words } from "./words/words.ts";

/** How a report is put on paper. */
export interface TextOptions {
  readonly words: Words;
  /** Columns there are. */
  readonly width: number;
  readonly colour: boolean;
  /** One thing a line instead of tables. */
  readonly linear: boolean;
  /** For the commands that are named: about the host that is spoken of. */
  readonly own: OwnCommand;
}

interface Page extends TextOptions {
  readonly paint: Paint;
  readonly citations: Citations;
  /** Commands printed so far, with the rule they were printed for. */
  readonly commands: Map<string, RuleId>;
  readonly servers: readonly Server[];
}

const VERDICT_COLOURS: Readonly<Record<HostVerdict, Style>> = {
  exposed: "red",
  unknown: "yellow",
  guarded: "yellow",
  local: "green",
  none: "green",
};

const SEVERITY_COLOURS: Readonly<Record<Severity, Style>> = {
  critical: "red",
  high: "red",
  medium: "yellow",
  low: "dim",
  info: "dim",
};

/**
 * A report as text that ends in a newline: the verdict in one sentence, then each server with its routes, the
 * findings worst first, and what could not be read. Everything that came from the host is made printable.
 */
export function formatReport(report: Report, options: TextOptions): string {
  const paint = toPaint(options.colour);
  const page: Page = { ...options, paint, citations: toCitations(), commands: new Map(), servers: report.servers };
  const sections = [
    formatSummary(report, page),
    ...report.servers.map((server) => formatServer(server, page)),
    formatFindings(report, page),
    ...(report.missing.length === 0 ? [] : [formatMissing(report, page)]),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function formatSummary(report: Report, page: Page): string[] {
  const { words, width, paint } = page;
  const summary = toSummary(report);
  const [first = "", ...rest] = wrapText(words.summary(summary), width);
  const word = words.verdicts[report.verdict];
  const head = first.startsWith(word)
    ? paint("bold", paint(VERDICT_COLOURS[report.verdict], word)) + first.slice(word.length)
    : first;
  const { host, recordedAt } = report;
  return [
    head,
    ...rest,
    ...toWayToKnow(report, words).flatMap((text) => wrapText(text, width)),
    ...(summary.audience.internet === "as-far-as-seen" ? wrapText(words.upstreamUnseen, width) : []),
    ...wrapText(words.host(host.name, host.os, host.kernel, toMoment(recordedAt)), width).map((line) =>
      paint("dim", line),
    ),
  ];
}

/**
 * What to do so that the verdict can be known: rights first, for they are what is missing most often; where nothing
 * is missing, only a connection from outside tells.
 */
function toWayToKnow({ verdict, missing, servers }: Report, words: Words): string[] {
  if (verdict !== "unknown") return [];
  const lacking = missing.find(({ why }) => why === "denied") ?? missing[0];
  if (lacking !== undefined) return [lacking.fix];
  const untold = servers.flatMap((server) => server.routes).find((route) => route.verdict === "unknown");
  if (untold === undefined) return [];
  return [words.probeFromOutside(toSocketText(toPrintable(untold.entry.address, 60), untold.entry.port))];
}

function formatServer(server: Server, page: Page): string[] {
  const { words, width, paint, citations } = page;
  const process =
    server.process === null ? words.processUnseen : words.process(server.process.pid, server.process.user);
  const sockets = server.listeners.map(({ address, port, dualStack }) => ({
    socket: toSocketText(toPrintable(address, 60), port),
    dualStack,
  }));
  const facts = words.join([
    ...(sockets.length === 0 ? [] : [words.listensOn(sockets)]),
    words.runBy(server.runBy),
    process,
  ]);
  const head = `${paint("bold", server.id)}  ${words.server(words.servers[server.kind], server.version)}  ${paint(
    VERDICT_COLOURS[server.verdict],
    words.verdicts[server.verdict],
  )}`;
  const routes = formatRoutes(server.routes, { words, citations, paint, width: width - 2, linear: page.linear });
  const evidence = citations.takeNew();
  return [
    head,
    ...indent(wrapText(facts, width - 2)),
    ...server.settings.flatMap((setting) => formatSetting(setting, page)),
    "",
    ...indent(routes),
    ...(evidence.length === 0 ? [] : ["", ...indent(formatEvidence(evidence, page))]),
  ];
}

function formatSetting(setting: Setting, page: Page): string[] {
  const { words, width } = page;
  const name = toPrintable(setting.name, 60);
  if (setting.effective === null && setting.effectiveKnown && setting.declared.length === 0) return [];
  const head = setting.effectiveKnown
    ? words.setting(name, setting.effective, setting.listensOn)
    : words.settingUnread(name);
  return [
    ...indent(wrapText(head, width - 2)),
    ...setting.declared.flatMap((declaration) => indent(wrapText(toDeclarationText(declaration, words), width - 4), 4)),
  ];
}

function toDeclarationText({ value, file, line, reaches, why }: Declaration, words: Words): string {
  const place = toPrintable(file, 120) + (line === null ? "" : `:${line}`);
  return words.declaration(value, place, reaches, words.declarationReasons[why]);
}

function formatEvidence(lines: readonly string[], page: Page): string[] {
  return lines.flatMap((line) => {
    const mark = line.slice(0, line.indexOf(" ") + 1);
    const wrapped = wrapText(line.slice(mark.length), page.width - 2 - mark.length);
    return wrapped.map((part, index) => page.paint("dim", (index === 0 ? mark : " ".repeat(mark.length)) + part));
  });
}

function formatFindings(report: Report, page: Page): string[] {
  const { words, paint, width } = page;
  const [first] = report.findings;
  if (first === undefined) return [words.headings.noFindings];
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: report.findings.filter((finding) => finding.severity === severity).length,
  })).filter(({ count }) => count > 0);
  return [
    ...wrapText(words.labelled(words.headings.findings, words.findingCount(counts)), width).map((line) =>
      paint("bold", line),
    ),
    ...report.findings.flatMap((finding) => ["", ...formatFinding(finding, page)]),
    "",
    ...wrapText(words.moreAbout(first.rule), width),
  ];
}

function formatFinding(finding: ReportedFinding, page: Page): string[] {
  const { words, paint, width, citations } = page;
  const { headings } = words;
  const marks = citations.cite(finding.evidence);
  const about = finding.server === null ? "" : `  ${finding.server}`;
  const labelled = (label: string, text: string): string[] =>
    indent(wrapText(words.labelled(label, toPrintable(text)), width - 2));
  return [
    `${paint(SEVERITY_COLOURS[finding.severity], words.severities[finding.severity])}  ${paint("bold", finding.rule)}${about}`,
    ...indent(wrapText(toPrintable(finding.title), width - 2)),
    ...toDetails(finding, page).flatMap((line) => formatDetail(toPrintable(line), width - 2)),
    ...labelled(headings.why, finding.why),
    ...labelled(headings.fix, finding.fix.text),
    ...formatCommand(finding, page),
    ...(marks === "" ? [] : labelled(headings.evidence, marks)),
    ...indent(formatEvidence(citations.takeNew(), page)),
  ];
}

/** Never wrapped, because it is there to be copied; a command that mends several findings stands once. */
function formatCommand({ rule, fix: { command } }: ReportedFinding, { words, commands, width }: Page): string[] {
  if (command === null) return [];
  const known = commands.get(command);
  if (known !== undefined) return indent(wrapText(words.sameCommand(known), width - 4), 4);
  commands.set(command, rule);
  return [`    ${toPrintable(command)}`];
}

/** A line that begins with a dash hangs below the dash. */
function formatDetail(line: string, width: number): string[] {
  if (!line.startsWith("- ")) return indent(wrapText(line, width));
  return wrapText(line.slice(2), width - 4).map((part, index) => (index === 0 ? `    - ${part}` : `      ${part}`));
}

function toDetails<Id extends RuleId>(finding: FindingOf<Id>, { words, servers }: Page): readonly string[] {
  const rule: RuleWords<Id> = words.rules[finding.rule];
  return rule.details?.(finding.data, servers.find(({ id }) => id === finding.server) ?? null) ?? [];
}

/** What one step mends stands together, and facts that failed alike: without root a host may hide hundreds of files. */
function formatMissing({ missing }: Report, page: Page): string[] {
  const { words, width, paint } = page;
  return [
    paint("bold", words.headings.missing),
    ...[...Map.groupBy(missing, ({ fix }) => fix)].flatMap(([fix, mended]) => [
      ...[...Map.groupBy(mended, ({ fact, why }) => `${fact} ${why}`).values()].flatMap((alike) =>
        indent(wrapText(toMissingText(alike, words), width - 2)),
      ),
      ...indent(wrapText(fix, width - 4), 4),
    ]),
  ];
}

function toMoment(instant: string): string {
  return toPrintable(instant.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC"), 40);
}

function indent(lines: readonly string[], columns: number = 2): string[] {
  return lines.map((line) => (line === "" ? "" : " ".repeat(columns) + line));
}
