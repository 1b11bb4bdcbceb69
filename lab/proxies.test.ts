/**
 * What the report says of routes through proxies is what happens to somebody who really calls: recipes people post for
 * the real proxies of Debian, all in front of the stand-in Ollama, each on a port of its own, judged by one audit.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { RuleId } from "../src/judge/finding.ts";
import type { Route } from "../src/judge/route.ts";
import type { Report } from "../src/report/report.ts";
import { attemptCommand } from "./command.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { PROXIES, type ProxyProgram } from "./proxies/programs.ts";
import type { ProxyRecipe } from "./proxies/recipe.ts";
import { missingRequirement } from "./requirements.ts";
import { placesOf, tryRoute } from "./try-route.ts";
import type { Vantage } from "./vantage.ts";

const skipAll = missingRequirement("proxies") ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => {
  lab?.close();
  console.log(`proxies: ${tally.recipes} recipes, ${tally.routes} routes, ${tally.requests} requests`);
});
const tally = { recipes: 0, routes: 0, requests: 0 };

const FIRST_PORT = 8100;
/** Rules about what is not asked here. */
const BESIDE: ReadonlySet<RuleId> = new Set<RuleId>(["proxy-breaks-streaming"]);
/** At which Ollama tells everybody that it is there. */
const PATHS: readonly string[] = ["/api/version", "/"];
const VERSION = /"version":"0\.24\.0"|Ollama is running/;

for (const program of PROXIES) {
  test(`${program.kind}: ${program.recipes.length} recipes`, { skip: skipAll, timeout: 180_000 }, async (context) => {
    assert.ok(lab);
    const host = await lab.host({ systemd: true });
    try {
      await host.installOllama();
      await start(host, program);
      const { report } = await host.audit();
      for (const [index, recipe] of program.recipes.entries()) {
        await context.test(`${program.kind} ${recipe.id}: ${recipe.what}`, async () => {
          await assertTrue(report, host, recipe, FIRST_PORT + index);
        });
      }
    } finally {
      host.close();
    }
  });
}

async function start(host: Host, { files, unit, check, recipes, join }: ProxyProgram): Promise<void> {
  for (const [path, text] of Object.entries(files)) await host.write(path, text);
  const sites = recipes.map(({ site }, index) => site(FIRST_PORT + index));
  for (const [path, text] of Object.entries(join(sites, FIRST_PORT))) await host.write(path, text);
  await host.run(["sh", "-c", check]);
  await host.systemd("restart", unit);
  await host.waitForPort(FIRST_PORT);
}

async function assertTrue(report: Report, host: Host, recipe: ProxyRecipe, port: number): Promise<void> {
  tally.recipes += 1;
  const routes = report.servers.flatMap((server) => server.routes).filter((route) => route.entry.port === port);
  const outside = routes.filter(({ from }) => from.vantage !== "host" && from.vantage !== "browser");
  await Promise.all(routes.map((route) => assertRouteTrue(host, toOwn(recipe, route, routes), route)));
  await assertNobodyForgotten(host, recipe, port, outside);
  const reasons = outside.flatMap(({ barriers }) =>
    barriers.flatMap(({ stops, why }) => (stops === null ? [why] : [])),
  );
  assert.equal(toWorst(outside), recipe.verdict, `the verdict; not known: ${reasons.join(" ")}`);
  const found = report.findings.filter(({ rule, data }) => !BESIDE.has(rule) && isAbout(data, port));
  assert.deepEqual(found.map(({ rule }) => rule).toSorted(), recipe.findings.toSorted(), "the findings");
}

/** A recipe as far as one route of it is about it: without the paths, methods and names of the others. */
function toOwn(recipe: ProxyRecipe, route: Route, all: readonly Route[]): ProxyRecipe {
  const own = listHops(route);
  const others = all.flatMap(listHops).filter((hop) => !own.includes(hop));
  const known = recipe.paths ?? PATHS;
  const paths = known.filter(
    (path) =>
      own.every((hop) => hop.methods?.includes("GET") !== false && rank(hop, path) > 0) &&
      own.every((hop) => others.every((other) => rank(other, path) <= Math.max(1, rank(hop, path)))),
  );
  const names = own.flatMap(({ serverNames }) => serverNames);
  if (names.length > 0 && others.some(({ serverNames }) => serverNames.length === 0)) {
    return { ...recipe, paths, onlyNames: names };
  }
  const told = others.flatMap(({ serverNames }) => serverNames).filter((name) => !names.includes(name));
  return { ...recipe, paths, names: (recipe.names ?? []).filter((name) => !told.includes(name)) };
}

type ProxyHop = Extract<Route["hops"][number], { kind: "proxy" }>;

function listHops({ hops }: Route): readonly ProxyHop[] {
  return hops.filter((hop) => hop.kind === "proxy").slice(0, 1);
}

/** How narrowly a proxy's leg is about a path: 0 not at all, 1 as about every path; patterns come before prefixes. */
function rank({ paths }: ProxyHop, path: string): number {
  if (paths.length === 0) return 1;
  return Math.max(
    0,
    ...paths.filter((each) => fits(each, path)).map((each) => (/^[=~] /.test(each) ? 1e3 : 1 + each.length)),
  );
}

/** Whether a path is one of those that the report writes so. */
function fits(written: string, path: string): boolean {
  if (written.startsWith("= ")) return written.slice(2) === path;
  return written.startsWith("~ ") ? new RegExp(written.slice(2)).test(path) : path.startsWith(written);
}

function toWorst(routes: readonly Route[]): Route["verdict"] {
  const order = ["open", "unknown", "guarded", "closed"] as const;
  return order.find((verdict) => routes.some((route) => route.verdict === verdict)) ?? "closed";
}

function isAbout(data: object, port: number): boolean {
  return (
    "entries" in data && Array.isArray(data.entries) && data.entries.some((each) => String(each).endsWith(`:${port}`))
  );
}

async function assertRouteTrue(host: Host, recipe: ProxyRecipe, route: Route): Promise<void> {
  const { from, entry, verdict } = route;
  if (verdict === "unknown" || recipe.paths?.length === 0) return;
  tally.routes += 1;
  if (from.vantage === "browser") {
    await assertPageTrue(host, recipe, route);
    return;
  }
  for (const place of placesOf(route, host, {})) {
    const way: string = `${from.vantage} at ${place.name} to ${entry.address} port ${entry.port}, said to be ${verdict}`;
    assert.equal(await isServed(place, recipe, entry, []), verdict === "open", `${way}, tried as a stranger`);
    if (verdict !== "guarded" || recipe.friend === undefined) continue;
    assert.ok(await isServed(place, recipe, entry, recipe.friend), `${way}, tried as a friend`);
  }
}

/** Pages are tried where they need to know nothing but the port; a refusal without a demand may be either. */
async function assertPageTrue(host: Host, recipe: ProxyRecipe, route: Route): Promise<void> {
  if (recipe.tls === true || recipe.paths !== undefined || recipe.strangerSends !== undefined) return;
  const tried = await tryRoute(route, host.otherUser, host);
  const way = `a page to ${route.entry.address} port ${route.entry.port}, said to be ${route.verdict}`;
  assert.equal(tried === "open", route.verdict === "open", way);
}

/** Whoever is served must find himself in the report. */
async function assertNobodyForgotten(
  host: Host,
  recipe: ProxyRecipe,
  port: number,
  routes: readonly Route[],
): Promise<void> {
  const strangers = [
    { place: host.outsider, vantage: "internet" },
    { place: host.neighbour, vantage: "neighbour" },
  ];
  for (const { place, vantage } of strangers) {
    for (const address of [host.addresses.eth0.ipv4, host.addresses.eth0.ipv6]) {
      if (!(await isServed(place, recipe, { address, port }, []))) continue;
      const told = routes.filter(({ from, verdict }) => from.vantage === vantage && verdict !== "closed");
      const is = told.some(({ verdict }) => verdict === "open" || verdict === "unknown");
      assert.ok(is, `${place.name} was served at ${address} port ${port}, and the report does not say so`);
    }
  }
}

/** Whether the model server answered, by any of the names and paths that somebody may try. */
async function isServed(
  place: Vantage,
  recipe: ProxyRecipe,
  { address, port }: Route["entry"],
  friend: readonly string[],
): Promise<boolean> {
  const literal = address.includes(":") ? `[${address}]` : address;
  const scheme = recipe.tls === true ? "https" : "http";
  const names = recipe.onlyNames ?? [literal, "localhost", ...(recipe.names ?? [])];
  const paths = recipe.paths ?? PATHS;
  const asks = names.flatMap((name) =>
    paths.map((path) => [
      "--connect-to",
      `::${literal}:${port}`,
      ...friend,
      ...(recipe.strangerSends ?? []),
      `${scheme}://${name}:${port}${path}`,
    ]),
  );
  tally.requests += asks.length;
  const all = asks.flatMap((ask, index) => [...(index === 0 ? [] : ["--next"]), "-ks", "--max-time", "2", ...ask]);
  const { stdout } = await attemptCommand([...place.entry, "curl", ...all], { timeoutMs: 20_000 });
  return VERSION.test(stdout);
}
