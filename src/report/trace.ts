import type { Evidence } from "../facts/evidence.ts";
import type { Trace, TraceDecider, TraceStep } from "../judge/trace.ts";
import { toPaint, type Style } from "./colour.ts";
import { toPrintable, toSocketText } from "./printable.ts";
import { wrapText } from "./table.ts";
import type { TextOptions } from "./text.ts";
import type { Words } from "./words/words.ts";

/** The trace document, `portlock.trace/1`. */
export interface TraceDocument extends Trace {
  readonly schema: "portlock.trace/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly host: string;
  /** ISO 8601, UTC: when the facts were read. */
  readonly recordedAt: string;
}

const WIDEST = 400;
const COLOURS: Readonly<Record<Trace["verdict"], Style>> = { admitted: "red", stopped: "green", undecidable: "yellow" };

/** The way of a packet as text that ends in a newline: what it meets, in order, and what becomes of it. */
export function formatTrace(trace: Trace, { words, width, colour }: TextOptions): string {
  const paint = toPaint(colour);
  const { trace: says } = words;
  const entry = toSocketText(trace.entry.address, trace.entry.port);
  const route = trace.route === null ? null : show(trace.route);
  const lines = [
    ...wrapText(says.comesIn(show(trace.source), show(entry), show(trace.interface), route), width),
    "",
    ...(trace.steps.some(({ kind }) => kind === "chain") ? [] : wrapText(says.noChain, width)),
    ...trace.steps.flatMap((step) => formatStep(step, words, width)),
    "",
  ];
  const [first = "", ...rest] = wrapText(toVerdictText(trace, words), width);
  const word = says.verdicts[trace.verdict];
  const verdict = paint("bold", paint(COLOURS[trace.verdict], word)) + first.slice(word.length);
  return `${[...lines, verdict, ...rest, ...formatEnd(trace, words, width)].join("\n")}\n`;
}

/** Deeper chains stand further to the right, as far as there is room. */
function formatStep(step: TraceStep, words: Words, width: number): string[] {
  const { trace: says } = words;
  switch (step.kind) {
    case "routing":
      return indent(says.routing[step.to](step.outInterface === null ? null : show(step.outInterface)), 0, width);
    case "chain": {
      const hook = says.hooks[step.hook];
      return indent(`${says.chain(show(step.chain), show(step.table), hook, step.priority)}, ${step.engine}`, 0, width);
    }
    case "policy":
      return indent(says.policy(step.policy), 2, width);
    case "rule": {
      const does = step.does === "jump" ? says.jumpsTo(show(step.to ?? "?")) : says.does[step.does];
      const doubt = step.doubt === null ? "" : ` (${says.doubts[step.doubt.why]})`;
      return indent(
        words.labelled(toEvidenceText(step.evidence), does + doubt),
        2 + 2 * Math.min(step.depth, 8),
        width,
      );
    }
  }
}

function indent(text: string, columns: number, width: number): string[] {
  const [first = "", ...rest] = wrapText(text, Math.max(20, width - columns - 2));
  return [" ".repeat(columns) + first, ...rest.map((line) => " ".repeat(columns + 2) + line)];
}

function toVerdictText({ verdict, by, doubt }: Trace, words: Words): string {
  const { trace: says } = words;
  const decided = by === null ? says.byNobody : toDeciderText(by, words);
  const why = doubt === null ? "" : ` (${says.doubts[doubt.why]}: ${show(doubt.text)})`;
  return `${words.labelled(says.verdicts[verdict], decided)}${why}`;
}

function toDeciderText(by: TraceDecider, words: Words): string {
  if (by.kind === "routing") return words.trace.routingReasons[by.why];
  const written = by.written === null ? "" : `, ${toEvidenceText(by.written)}`;
  return `${words.trace.decidedBy(words.decider(by.name))} (${toEvidenceText(by.evidence)}${written})`;
}

/** Where an admitted packet ends up, who takes it, and whether the answer comes back. */
function formatEnd({ arrival, answer }: Trace, { trace: says }: Words, width: number): string[] {
  if (arrival === null) return [];
  const { address, port, rewrittenBy, listens, hook } = arrival;
  const place = address === null || port === null ? "?" : toSocketText(address, port);
  const told = [
    says.arrivesAt(show(place), hook === "input"),
    ...(rewrittenBy === null ? [] : [says.rewrittenBy(toEvidenceText(rewrittenBy))]),
    listens.kind === "socket"
      ? says.socket(toEvidenceText(listens.evidence))
      : listens.kind === "container"
        ? says.container(show(listens.name))
        : listens.kind === "nobody"
          ? says.nobody
          : says.listenerUnknown,
    ...(answer === null ? [] : [says.answerInDoubt(toEvidenceText(answer))]),
  ];
  return told.flatMap((text) => indent(text, 2, width));
}

function toEvidenceText({ from, line, text }: Evidence): string {
  const place = line === undefined ? show(from) : `${show(from)}:${line}`;
  return `${place}: ${show(text)}`;
}

function show(text: string): string {
  return toPrintable(text, WIDEST);
}
