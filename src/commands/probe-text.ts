import { toPaint, type Style } from "../report/colour.ts";
import { toPrintable, toSocketText } from "../report/printable.ts";
import { wrapText } from "../report/table.ts";
import type { TextOptions } from "../report/text.ts";
import type { AllWords } from "./language.ts";
import type { Probed, ProbeVerdict } from "./probe.ts";

const COLOURS: Readonly<Record<ProbeVerdict, Style>> = {
  open: "red",
  guarded: "green",
  closed: "green",
  none: "green",
  unknown: "yellow",
};

/** One probed address as text that ends in a newline: the verdict, what was seen, and what to do. */
export function formatProbed(probed: Probed, words: AllWords, { width, colour }: TextOptions): string {
  const paint = toPaint(colour);
  const { probe } = words.commands;
  const [first = "", ...rest] = wrapText(toSentence(probed, words), width);
  const word = probe.verdicts[probed.verdict];
  const head = first.startsWith(word)
    ? paint("bold", paint(COLOURS[probed.verdict], word)) + first.slice(word.length)
    : first;
  const indented = (text: string): string[] => wrapText(text, width - 2).map((line) => `  ${line}`);
  const checks =
    probed.verdict === "open"
      ? [...indented(probe.hostCheck[probed.hostCheck]), ...indented(probe.originCheck[probed.originCheck])]
      : [];
  const elsewhere = probed.redirectsTo === null ? [] : indented(probe.redirectsTo(probed.redirectsTo));
  const strangers =
    probed.verdict === "open"
      ? [
          ...indented(words.report.labelled(probed.askedByItself ? probe.whoeverCan : probe.strangersCan, "")),
          ...probe.strangers[probed.kind === "ollama" ? "ollama" : "other"].flatMap((each) =>
            wrapText(`- ${each}`, width - 4).map((line) => `    ${line}`),
          ),
          ...indented(probed.askedByItself ? probe.askedByItself : probe.next),
        ]
      : [];
  return `${[head, ...rest, ...elsewhere, ...checks, ...strangers].join("\n")}\n`;
}

function toSentence({ verdict, why, kind, version, address, port, tls }: Probed, words: AllWords): string {
  const { probe } = words.commands;
  const place = `${tls ? "https" : "http"}://${toSocketText(toPrintable(address, 60), port)}`;
  const server = kind === null ? null : words.report.server(words.report.servers[kind], version);
  const sentences: Readonly<Record<ProbeVerdict, () => string>> = {
    open: () => probe.open(place, server ?? ""),
    guarded: () => probe.guarded(place, server),
    closed: () => probe.closed(place),
    none: () => probe.none(place),
    unknown: () => probe.unknown(place, probe.whys[why ?? "access"]),
  };
  return sentences[verdict]();
}
