import { toFamily } from "../judge/addresses.ts";
import { isKnock } from "../judge/expected-verdict.ts";
import { findOpener } from "../judge/proxies/opener.ts";
import type { Server } from "../judge/server.ts";
import type {
  AskedSite,
  Learned,
  OldSession,
  Outcome,
  Proofs,
  Survival,
  TriedConnection,
  TriedSite,
  Untried,
  UploadedSite,
} from "../verify/proofs.ts";
import type { Report } from "./report.ts";
import { toPrintable, toSocketText } from "./printable.ts";
import type { Words } from "./words/words.ts";

/** What was verified of one host: what the judge says, and what connections came to. */
export interface Verified {
  readonly report: Report;
  readonly proofs: Proofs;
}

/** The cells of one connection that was tried, in the order of the table: what was said, beside what was seen. */
export interface ProofCells {
  readonly at: string;
  readonly place: string;
  readonly address: string;
  readonly expected: string;
  readonly seen: string;
}

export function toProofCells(proof: TriedConnection, words: Words): ProofCells {
  const { proofs: says } = words;
  const { outcome } = proof;
  const came =
    outcome.kind === "answered" ? says.answered(outcome.status, outcome.isModelServer) : says.outcomes[outcome.kind];
  const seen = says.seen(words.routeVerdicts[proof.verdict], came);
  return {
    at: proof.at,
    place: toPlaceText(proof.place, words),
    address: toSocketText(show(proof.to.address), proof.to.port),
    expected: words.routeVerdicts[proof.expected],
    seen: proof.agrees ? seen : `${seen} ${says.parts}`,
  };
}

/** What the connections come to, in sentences each of which stands on connections that were really made. */
export function toConclusions({ report, proofs: { proofs, sites } }: Verified, words: Words): readonly string[] {
  const { proofs: says } = words;
  const outside = proofs.filter(({ place }) => place.kind !== "host");
  const parting = proofs.filter(({ agrees }) => !agrees);
  const served = outside.filter(({ verdict }) => verdict === "open");
  const own = served.filter((proof) => isOfOwnLink(proof, report.servers));
  const open = served.filter((proof) => !own.includes(proof));
  const unmet = listUnmet(report, sites, words);
  const closed = unmet.length === 0 && outside.length > 0 && outside.every(({ verdict }) => verdict === "closed");
  return [
    ...(outside.length === 0 ? [says.nothingFromOutside] : []),
    ...(open.length > 0 ? [says.openFrom(listPlaces(open, words), open.length)] : []),
    ...listOpeners(report, open, words),
    ...(own.length > 0 ? [says.openByOwnLink(listPlaces(own, words), own.length)] : []),
    ...(closed ? [says.closedFrom(listPlaces(outside, words), outside.length)] : []),
    ...(unmet.length > 0 ? [says.sitesNotCalled(words.join(unmet))] : []),
    ...(proofs.length > 0 ? [says.tried(proofs.length, parting.length)] : []),
    ...(outside.length < proofs.length ? [says.ownProvesNothing] : []),
  ];
}

/** Sites of proxies that let others through, and that nobody meets who knows nothing but address and port. */
function listUnmet({ servers }: Report, sites: Proofs["sites"], words: Words): readonly string[] {
  const unmet = servers.flatMap(({ routes }) =>
    routes.flatMap(({ from, verdict, hops, entry }) => {
      const isOutside = from.vantage === "internet" || from.vantage === "neighbour";
      const wasCalled = sites.some(({ to }) => to.port === entry.port);
      if (!isOutside || verdict === "closed" || wasCalled || hops.every(isKnock)) return [];
      return hops.flatMap((hop) => (hop.kind === "proxy" ? [`${words.hops.proxy(hop)} (${entry.port})`] : []));
    }),
  );
  return [...new Set(unmet)].slice(0, MOST_UNMET);
}

const MOST_UNMET = 4;

/** The proxies through which somebody was really served, and the tunnels, whose outside is elsewhere. */
function listOpeners({ findings, servers }: Report, open: readonly TriedConnection[], words: Words): readonly string[] {
  const sentences = findings.flatMap((finding) => {
    const opener = findOpener(finding);
    if (opener === null) return [];
    const routes = servers.find(({ id }) => id === finding.server)?.routes ?? [];
    const ports = finding.routes.map((index) => routes[index]?.entry.port);
    const wasMet = open.some(({ server, to }) => server === finding.server && ports.includes(to.port));
    if (!wasMet && finding.rule !== "tunnel-without-auth") return [];
    const place = opener.place === null ? null : toPrintable(opener.place, 200);
    return [words.proofs.openedBy(show(opener.by), place, finding.rule)];
  });
  return [...new Set(sentences)];
}

/**
 * True where a guest beside the host was served as expected, while everybody who comes in by the host's own interfaces
 * is kept out of that port: rules that name those interfaces let the guest's own one through.
 */
export function isOfOwnLink({ place, to, server, expected }: TriedConnection, servers: readonly Server[]): boolean {
  if (place.kind !== "namespace" || expected !== "open") return false;
  const routes = servers.find(({ id }) => id === server)?.routes ?? [];
  return routes
    .filter(({ from, entry }) => {
      const isOutside = from.vantage === "internet" || from.vantage === "neighbour";
      return isOutside && entry.port === to.port && toFamily(entry.address) === toFamily(to.address);
    })
    .every(({ verdict }) => verdict === "closed");
}

function listPlaces(proofs: readonly TriedConnection[], words: Words): string {
  const places = proofs.map(({ place }) =>
    toPlaceText(place.kind === "namespace" ? { ...place, source: "" } : place, words),
  );
  return words.proofs.places([...new Set(places)]);
}

function toPlaceText(place: TriedConnection["place"], words: Words): string {
  if (place.kind === "ssh") return words.proofs.place({ kind: "ssh", target: show(place.target) });
  if (place.kind === "host") return words.proofs.place(place);
  return words.proofs.place({ ...place, source: show(place.source) });
}

export function toSessionText(session: OldSession, words: Words): string {
  return words.proofs.oldSession({ ...session, local: show(session.local), remote: show(session.remote) });
}

export function toUntriedText({ place, why, detail }: Untried, words: Words): string {
  const text = words.proofs.untried[why](toPrintable(detail ?? "-", 200));
  return place === null ? text : words.labelled(toPlaceText(place, words), text);
}

/** What one site came to: all that was as expected by how many, everything else one by one; and what was not tried. */
export function toSiteLines(site: TriedSite, words: Words): readonly string[] {
  const { proofs: says } = words;
  const { tries, refusedAfter, asked, uploaded, isCut } = site;
  const groups = SHOWN.flatMap((shown) => {
    const seen = tries.filter((each) => each.shown === shown);
    const well = seen.filter(({ agrees }) => agrees);
    const parting = seen.filter(({ agrees }) => !agrees);
    const passed = well.filter(({ expected }) => expected === "let-through").length;
    return [
      ...(well.length === 0 ? [] : [says.siteTries(shown, { refused: well.length - passed, let: passed })]),
      ...parting
        .slice(0, MOST_PARTING)
        .map(({ method, path, expected, outcome }) =>
          says.siteParts(shown, `${method} ${show(path)}`, expected, toCame(outcome, words)),
        ),
      ...(parting.length > MOST_PARTING ? [says.sitePartsMore(shown, parting.length - MOST_PARTING)] : []),
    ];
  });
  return [
    ...groups,
    ...toOtherwiseLines(site, words),
    ...(refusedAfter === null ? [] : [says.refusedAfter(refusedAfter.unknownName, refusedAfter.knownName)]),
    ...(isCut ? [says.siteCut] : []),
    ...(asked === null ? [] : toAskedLines(asked, words)),
    ...(uploaded === null ? [] : toUploadedLines(uploaded, words)),
    says.sitesCaveat({
      knocked: tries.some(({ method }) => method !== "GET" && method !== "HEAD"),
      asked: asked !== null,
      uploaded: uploaded !== null,
    }),
  ];
}

/** A site that lets everybody through would fill pages. */
const MOST_PARTING = 12;

function toCame(outcome: Outcome, { proofs }: Words): string {
  return outcome.kind === "answered" ? `HTTP ${outcome.status}` : proofs.outcomes[outcome.kind];
}

function toOtherwiseLines({ otherwise }: TriedSite, words: Words): readonly string[] {
  const well = otherwise.filter(({ agrees }) => agrees);
  return [
    ...(well.length === 0 ? [] : [words.proofs.otherwise(well.length)]),
    ...otherwise
      .filter(({ agrees }) => !agrees)
      .map(({ name, outcome }) => words.proofs.otherwiseParts(name, toCame(outcome, words))),
  ];
}

function toAskedLines(asked: AskedSite, { proofs }: Words): readonly string[] {
  const { asked: says } = proofs;
  const { model, firstAfter, moments } = asked;
  const learned = (["passesAtOnce", "stopsWithClient"] as const).map((what) => {
    const told = asked[what];
    if (told.holds !== null) return says[what][told.holds ? "yes" : "no"];
    return says.unlearned(what, says.reasons[told.why](told.detail === null ? null : toPrintable(told.detail, 200)));
  });
  return [
    ...(firstAfter === null ? [] : [says.firstAfter(show(model), firstAfter)]),
    ...(moments === null ? [] : [says.moments(moments)]),
    ...learned,
  ];
}

function toUploadedLines(uploaded: UploadedSite, { proofs }: Words): readonly string[] {
  const { uploaded: says, asked } = proofs;
  const { passes, inConstantMemory } = uploaded;
  const toBecause = (learned: Learned): string =>
    learned.holds === null ? asked.reasons[learned.why](learned.detail && toPrintable(learned.detail, 200)) : "";
  const memory =
    inConstantMemory.holds === null ? says.memoryUnlearned(toBecause(inConstantMemory)) : says.memory(uploaded);
  if (passes.holds === null) return [says.unlearned(uploaded, toBecause(passes))];
  return passes.holds ? [says.passes(uploaded), memory] : [says.heldBack(uploaded)];
}

const SHOWN = ["nothing", "wrong-credential", "credential"] as const;

export function toSiteHeading({ proxy, file, to }: TriedSite, words: Words): string {
  return words.proofs.site(proxy, file === null ? null : show(file), toSocketText(show(to.address), to.port));
}

/** Event, whether it stays closed, and why. */
export function toSurvivalCells(survival: Survival, words: Words): readonly [string, string, string] {
  const { proofs: says } = words;
  const holds = survival.holds === null ? says.holds.unknown : survival.holds ? says.holds.yes : says.holds.no;
  return [says.events[survival.event], holds, says.reasons[survival.because]];
}

function show(text: string): string {
  return toPrintable(text, 80);
}
