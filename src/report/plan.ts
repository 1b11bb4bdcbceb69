import type { ChangeCommand } from "../host/change-command.ts";
import type { FileChange, Plan, Step } from "../plan/plan.ts";
import { toPaint, type Paint } from "./colour.ts";
import { toMissingText } from "./missing-text.ts";
import { toCommandLine, toPrintable, toSocketText } from "./printable.ts";
import type { Missing } from "./report.ts";
import { wrapText } from "./table.ts";
import type { TextOptions } from "./text.ts";
import type { PlanWords } from "./words/plan-words.ts";

interface Page extends TextOptions {
  readonly paint: Paint;
  readonly says: PlanWords;
}

/** Columns of a name from the host. */
const WIDEST = 200;

/** Columns of a line of a file: who consents sees the whole of it, unless somebody made it to flood a terminal. */
const WIDEST_LINE = 2000;

/**
 * A plan as text that ends in a newline: each step as the lines that go and come, the commands, what is looked at
 * afterwards and how it is taken back; then what is interrupted, what is closed and what stays as it is. Everything
 * that came from the host is made printable.
 */
export function formatPlan(plan: Plan, options: TextOptions): string {
  const page = toPageOf(options);
  const sections = [
    formatSummary(plan, page),
    ...plan.steps.map((step, index) => formatStep(step, index + 1, page)),
    formatList(page.says.headings.interrupts, toInterruptions(plan, page), page),
    formatList(page.says.headings.closes, toClosed(plan, page), page),
    formatList(page.says.headings.stays, toLeft(plan, page), page),
    formatMissing(plan, page),
  ];
  const shown = sections.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** The steps of a plan alone, as lines of one text each. */
export function formatSteps({ steps }: Plan, options: TextOptions): readonly string[] {
  const page = toPageOf(options);
  return steps.flatMap((step, index) => formatStep(step, index + 1, page));
}

/** The routes that a plan closes, each in a sentence. */
export function listClosed(plan: Plan, options: TextOptions): readonly string[] {
  return toClosed(plan, toPageOf(options));
}

function toPageOf(options: TextOptions): Page {
  return { ...options, paint: toPaint(options.colour), says: options.words.plan };
}

function formatSummary(plan: Plan, { says, width, paint }: Page): string[] {
  const host = show(plan.host.name);
  const text = toSummaryText(plan, host, says);
  return [
    ...wrapText(text, width).map((line) => paint("bold", line)),
    ...(plan.missing.length === 0 ? [] : wrapText(says.notWhole, width)),
  ];
}

/** Null: whoever might get in now could not be told either. */
function toRouteCount({ claims, missing }: Plan): number | null {
  return claims.length === 0 && missing.length > 0 ? null : claims.length;
}

/** What was not read, and what to do so that it can be; what one step mends stands together. */
function formatMissing({ missing, reader }: Plan, { says, words, width, paint }: Page): string[] {
  if (missing.length === 0) return [];
  const toFix = (each: Missing): string =>
    each.why === "denied" && each.fact !== "answers" && reader.uid !== 0
      ? says.asRoot
      : words.missingFixes[each.why](each, reader);
  const lines = [...Map.groupBy(missing, toFix)].flatMap(([fix, mended]) => {
    const alike = Map.groupBy(mended, ({ fact, why }) => `${fact} ${why}`);
    const facts = [...alike.values()].flatMap((each) => toItem(toMissingText(each, words), width));
    return [...facts, ...wrapText(fix, width - 4).map((line) => `    ${line}`)];
  });
  return [paint("bold", says.headings.missing), ...lines];
}

function toSummaryText(plan: Plan, host: string, says: PlanWords): string {
  const { choices, steps, verdict } = plan;
  const isEmpty = steps.length === 0;
  if ("gateway" in choices) return isEmpty ? says.gateway.nothingToDo(host) : says.gateway.summary(host);
  if ("proxy" in choices) {
    return isEmpty ? says.proxy.nothingToDo(host, choices.proxy) : says.proxy.summary(host, choices.proxy);
  }
  return isEmpty ? says.nothingToDo(host, verdict) : says.summary(host, steps.length, toRouteCount(plan));
}

function formatStep(step: Step, number: number, page: Page): string[] {
  const { says, paint, width, words, own } = page;
  const about = words.join([...(step.server === null ? [] : [step.server]), ...step.mends]);
  const head = `${number}. ${says.steps[step.kind](show(step.target))}${about === "" ? "" : ` (${about})`}`;
  return [
    ...wrapText(head, width).map((line) => paint("bold", line)),
    ...step.files.flatMap((file) => formatFile(file, page)),
    ...step.modes.flatMap(({ path, from, to }) =>
      indent(wrapText(says.modeChange(show(path), toOctal(from), toOctal(to)), width - 3)),
    ),
    ...formatCommands(says.headings.runs, step.commands, page),
    ...formatTold(
      says.headings.checks,
      step.expect.map((each) => says.expectation(each)),
      page,
    ),
    ...formatUndo(step, page),
    ...step.remarks.flatMap((remark) => formatTold(says.headings.mind, [says.remark(remark, own)], page)),
  ];
}

/** As a diff: what goes in red behind a minus, what comes in green behind a plus. Lines are never wrapped. */
function formatFile({ path, edit }: FileChange, { says, paint, width }: Page): string[] {
  const place = show(path);
  switch (edit.kind) {
    case "write":
      return indent([
        ...wrapText(says.newFile(place, toOctal(edit.mode)), width - 3),
        ...edit.text
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => paint("green", `+ ${showLine(line)}`)),
      ]);
    case "remove":
      return indent(wrapText(says.removedFile(place), width - 3));
    case "people":
      return indent([
        ...wrapText(says.proxy.lets(place, edit.mode === null ? null : toOctal(edit.mode)), width - 3),
        ...edit.removes.map((name) => paint("red", `- ${showLine(name)}`)),
        ...edit.adds.map((name) => paint("green", `+ ${showLine(says.proxy.person(name))}`)),
      ]);
    case "splice":
      return indent([
        ...wrapText(says.changedFile(place), width - 3),
        ...edit.splices.flatMap(({ line, removed, inserted }) => [
          paint("dim", `@@ ${says.atLine(line)}`),
          ...removed.map((text) => paint("red", `- ${showLine(text)}`)),
          ...inserted.map((text) => paint("green", `+ ${showLine(text)}`)),
        ]),
      ]);
  }
}

function formatUndo(step: Step, page: Page): string[] {
  const { says } = page;
  const keeps = step.files.length + step.modes.length > 0 ? [says.filesAsTheyAre] : [];
  const parts = [...step.undo.before.map(toShownCommand), ...keeps, ...step.undo.after.map(toShownCommand)];
  return formatTold(says.headings.undo, parts, page);
}

/** One a line, never wrapped: they are there to be read against a manual. */
function formatCommands(heading: string, commands: readonly ChangeCommand[], { words }: Page): string[] {
  if (commands.length === 0) return [];
  return indent([words.labelled(heading, "").trimEnd(), ...commands.map((command) => `  ${toShownCommand(command)}`)]);
}

/** Of a script of Portlock's own the first line, which says what it does. */
function toShownCommand(command: ChangeCommand): string {
  const [program, flag, script = "", ...operands] = command;
  if (program !== "/bin/sh" || flag !== "-c") return toCommandLine(command);
  return toCommandLine([program, flag, `${script.split("\n")[0] ?? ""} ...`, ...operands]);
}

function formatTold(heading: string, parts: readonly string[], { words, says, width }: Page): string[] {
  if (parts.length === 0) return [];
  return indent(wrapText(words.labelled(heading, parts.join(says.separator)), width - 3));
}

function formatList(heading: string, texts: readonly string[], { paint, width }: Page): string[] {
  if (texts.length === 0) return [];
  const lines = texts.flatMap((text) => toItem(text, width));
  return [paint("bold", heading), ...lines];
}

function toItem(text: string, width: number): string[] {
  return wrapText(text, width - 4).map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`));
}

function toInterruptions({ interruptions }: Plan, { says }: Page): string[] {
  return interruptions.map(({ server, because, loadedModels }) => says.interruption(server, because, loadedModels));
}

function toClosed({ claims }: Plan, { says, words }: Page): string[] {
  return claims.map(({ from, entry }) => {
    const place = words.entry(toSocketText(entry.address, entry.port), from.interface);
    return says.closes(words.vantages[from.vantage](from), place);
  });
}

function toLeft({ leaves }: Plan, { says, words, own }: Page): string[] {
  return leaves.map(({ server, rule, why }) => {
    const about = words.join([...(server === null ? [] : [server]), ...(rule === null ? [] : [rule])]);
    return about === "" ? says.leave(why, own) : words.labelled(about, says.leave(why, own));
  });
}

function toOctal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function show(text: string): string {
  return toPrintable(text, WIDEST);
}

/** A line of a file, whose tabs are seen as what they are for. */
function showLine(text: string): string {
  return toPrintable(text.replaceAll("\t", "  "), WIDEST_LINE).trimEnd();
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `   ${line}`);
}
