import type { Barrier, Hop, Route, RouteVerdict, Vantage } from "../judge/route.ts";
import type { Citations } from "./citations.ts";
import type { Paint, Style } from "./colour.ts";
import { toSocketText } from "./printable.ts";
import { formatTable, wrapText } from "./table.ts";
import type { Words } from "./words/words.ts";

/** How the routes of one server are laid out. */
export interface RouteLayout {
  readonly words: Words;
  readonly citations: Citations;
  readonly paint: Paint;
  /** Columns there are. */
  readonly width: number;
  /** One thing a line instead of a table. */
  readonly linear: boolean;
}

const ROUTE_COLOURS: Readonly<Record<RouteVerdict, Style>> = {
  open: "red",
  guarded: "yellow",
  closed: "green",
  unknown: "yellow",
};

/** Below this many columns a table is harder to read than one block a route. */
const NARROWEST_TABLE = 76;

/** The routes as a table, or one block a route where there is no room or none is wanted. */
export function formatRoutes(routes: readonly Route[], layout: RouteLayout): string[] {
  const { words, paint, width } = layout;
  const { headings } = words;
  if (routes.length === 0) return [headings.noRoutes];
  const rows = routes.map((route) => toRow(route, layout));
  const table =
    layout.linear || width < NARROWEST_TABLE
      ? null
      : formatTable(
          [
            { heading: headings.who.toUpperCase() },
            { heading: headings.way.toUpperCase() },
            { heading: headings.stops.toUpperCase() },
            { heading: headings.verdict.toUpperCase(), fixed: true },
            { heading: headings.evidence.toUpperCase() },
          ],
          rows.map(({ who, way, stops, verdict, evidence, colour }) => [
            { text: who },
            { text: way },
            { text: stops },
            { text: verdict, paint: (line) => paint(colour, line) },
            { text: evidence },
          ]),
          width,
          (line) => paint("bold", line),
        );
  return table ?? rows.flatMap((row, index) => formatBlock(row, index, layout));
}

interface Row {
  readonly who: string;
  readonly way: string;
  readonly stops: string;
  readonly verdict: string;
  readonly evidence: string;
  readonly colour: Style;
}

function toRow(route: Route, { words, citations }: RouteLayout): Row {
  const deciding = route.barriers.filter(DECIDING[route.verdict]);
  const evidence = deciding.flatMap((barrier) => (barrier.evidence === null ? [] : [barrier.evidence]));
  return {
    who: toVantageText(route.from, words),
    way: toWayText(route, words),
    stops: toStopsText(route, deciding, words),
    verdict: words.routeVerdicts[route.verdict],
    evidence: citations.cite(evidence),
    // That this host reaches its own server is no alarm.
    colour: route.verdict === "open" && route.from.vantage === "host" ? "bold" : ROUTE_COLOURS[route.verdict],
  };
}

/** The barriers a verdict rests on: those that stop, those not known, or, for an open route, all. */
const DECIDING: Readonly<Record<RouteVerdict, (barrier: Barrier) => boolean>> = {
  closed: ({ kind, stops }) => stops === true && kind !== "authentication",
  guarded: ({ stops }) => stops === true,
  unknown: ({ stops }) => stops === null,
  open: () => true,
};

function toStopsText(route: Route, deciding: readonly Barrier[], words: Words): string {
  const reasons = [
    ...new Set(deciding.map((barrier) => words.labelled(words.barriers[barrier.kind], toReasonText(barrier, words)))),
  ];
  if (route.verdict === "open") {
    const nothing = words.nothingStops(route.upstreamUnseen);
    const by = deciding.find(({ kind }) => kind === "firewall")?.by;
    return by === undefined ? nothing : words.letInBy(nothing, words.decider(by.name));
  }
  return route.verdict === "unknown" ? words.notKnown(reasons) : words.join(reasons);
}

function toReasonText({ why, by }: Barrier, words: Words): string {
  return why === "rules-stop" && by !== undefined ? words.stoppedBy(words.decider(by.name)) : words.barrierReasons[why];
}

function toVantageText(from: Vantage, words: Words): string {
  return words.vantages[from.vantage](from);
}

function toWayText(route: Route, words: Words): string {
  const entry = words.entry(toSocketText(route.entry.address, route.entry.port), route.from.interface);
  const hops = route.hops.map((hop) => toHopText(hop, words)).filter((text) => text !== "");
  return words.join([entry, ...hops]);
}

/** One call for each kind, because the compiler does not see that a hop and its words go together. */
function toHopText(hop: Hop, { hops }: Words): string {
  if (hop.kind === "direct") return hops.direct(hop);
  if (hop.kind === "published-port") return hops["published-port"](hop);
  if (hop.kind === "container-address") return hops["container-address"](hop);
  if (hop.kind === "proxy") return hops.proxy(hop);
  return hop.kind === "tunnel" ? hops.tunnel(hop) : hops.forwarded(hop);
}

function formatBlock(row: Row, index: number, { words, paint, width }: RouteLayout): string[] {
  const { headings } = words;
  const facts: readonly (readonly [string, string])[] = [
    [headings.way, row.way],
    [headings.stops, row.stops],
    [headings.verdict, row.verdict],
    [headings.evidence, row.evidence],
  ];
  return [
    ...wrapText(words.labelled(`${headings.route} ${index + 1}`, row.who), width).map((line) => paint("bold", line)),
    ...facts
      .filter(([, text]) => text !== "")
      .flatMap(([label, text]) =>
        wrapText(words.labelled(label, text), width - 2).map((line) =>
          label === headings.verdict ? `  ${paint(row.colour, line)}` : `  ${line}`,
        ),
      ),
  ];
}
