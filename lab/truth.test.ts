/**
 * The bar Portlock stands on: what a report says about a route is what happens to somebody who really tries it,
 * on real hosts set up in every way of the table in configurations.ts; and nobody gets in by a way the report
 * calls closed or does not name.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Report } from "../src/report/report.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { Configuration, ExtraPlaces } from "./configurations/configuration.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { doorsOf, isAmongSources, placesOf, tryRoute } from "./try-route.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => {
  lab?.close();
  console.log(`truth: ${tally.routes} routes tried from ${tally.tries} places, ${tally.unknown} unknown with a reason`);
});
const tally = { routes: 0, tries: 0, unknown: 0, knocks: 0 };

/** Findings that depend on the version the stand-in claims, which is not what most configurations are about. */
const ABOUT_VERSIONS: readonly string[] = ["known-vulnerability", "version-unknown"];

async function assertRoutesTrue(
  report: Report,
  host: Host,
  extra: ExtraPlaces,
  allowed: readonly string[],
): Promise<void> {
  const tries: Promise<void>[] = [];
  for (const server of report.servers) {
    for (const route of server.routes) {
      const { vantage, interface: name } = route.from;
      const way = `${server.id}: ${vantage} via ${name ?? "-"} to ${route.entry.address} port ${route.entry.port}`;
      tally.routes += 1;
      if (route.verdict === "unknown") {
        const reasons = route.barriers.filter((barrier) => barrier.stops === null).map((barrier) => barrier.why);
        assert.notDeepEqual(reasons, [], `${way} is unknown without a reason`);
        const surprising = reasons.filter((reason) => !allowed.includes(reason));
        assert.deepEqual(surprising, [], `${way} is unknown for a reason this host does not have`);
        tally.unknown += 1;
        continue;
      }
      const places = placesOf(route, host, extra);
      assert.notDeepEqual(
        places,
        [],
        `${way} cannot be tried: nobody of the lab stands at ${JSON.stringify(route.from)}`,
      );
      for (const place of places) {
        tally.tries += 1;
        const tried = tryRoute(route, place, host);
        tries.push(tried.then((verdict) => assert.equal(verdict, route.verdict, `${way}, tried from ${place.name}`)));
      }
    }
  }
  await Promise.all(tries);
}

/** The other direction: whoever gets an answer at any door must find himself in the report. */
async function assertNobodyForgotten(report: Report, host: Host, secondLan: boolean): Promise<void> {
  const ports = [...new Set(report.servers.flatMap((server) => server.routes.map((route) => route.entry.port)))];
  const strangers = [
    { place: host.outsider, vantage: "internet", link: null },
    { place: host.neighbour, vantage: "neighbour", link: "eth0" },
    { place: host.otherNeighbour, vantage: "neighbour", link: "eth0" },
    ...(secondLan ? [{ place: host.secondNeighbour, vantage: "neighbour", link: "eth1" }] : []),
  ];
  const knocks = strangers.flatMap((stranger) =>
    doorsOf(host, secondLan).flatMap(({ address }) => ports.map((port) => ({ ...stranger, address, port }))),
  );
  tally.knocks += knocks.length;
  const knocked = knocks.map(async ({ place, vantage, link, address, port }) => {
    const answer = await place.get(address, port, { timeoutMs: 300 });
    if (answer.kind !== "answered" || !answer.body.includes("Ollama")) return;
    const told = report.servers
      .flatMap((server) => server.routes)
      .filter((route) => route.from.vantage === vantage && (link === null || route.from.interface === link))
      .filter((route) => route.verdict === "open" || route.verdict === "unknown")
      .filter((route) => route.entry.port === port && isAmongSources(route, place));
    assert.notEqual(told.length, 0, `${place.name} got in at ${address} port ${port}, and the report does not say so`);
  });
  await Promise.all(knocked);
}

function rulesOf(report: Report): string[] {
  const rules = report.findings.map((finding) => finding.rule).filter((rule) => !ABOUT_VERSIONS.includes(rule));
  return [...new Set(rules)].toSorted();
}

async function tell(configuration: Configuration, opened: Lab): Promise<void> {
  const host = await opened.host(configuration.host ?? {});
  try {
    const extra = (await configuration.set(host)) ?? {};
    const { report } = await host.audit({ as: configuration.as ?? "root" });
    await assertRoutesTrue(report, host, extra, configuration.unknownBecause ?? []);
    await assertNobodyForgotten(report, host, configuration.host?.secondLan ?? false);
    assert.equal(report.verdict, configuration.verdict);
    const expected = configuration.findings.filter((rule) => !ABOUT_VERSIONS.includes(rule));
    const implied =
      configuration.verdict === "exposed" && configuration.hasCloud !== false ? ["cloud-on-exposed-server"] : [];
    assert.deepEqual(rulesOf(report), [...new Set([...expected, ...implied])].toSorted());
    for (const rule of configuration.findings.filter((each) => ABOUT_VERSIONS.includes(each))) {
      assert.ok(
        report.findings.some((finding) => finding.rule === rule),
        `nothing said about ${rule}`,
      );
    }
  } finally {
    host.close();
  }
}

for (const configuration of CONFIGURATIONS) {
  const skip = missingRequirement(...(configuration.needs ?? [])) ?? false;
  test(`${configuration.id}: ${configuration.what}`, { skip, timeout: 120_000 }, async () => {
    assert.ok(lab);
    await tell(configuration, lab);
  });
}
