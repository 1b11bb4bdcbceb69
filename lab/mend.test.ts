/**
 * No command that mends nothing: on real hosts, the very command a report prints for a finding is run as an
 * administrator would run it, and a new audit must find that finding gone, no other in its place, and the host
 * as well off as was promised.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { RuleId } from "../src/judge/finding.ts";
import type { Hop, Route, VantageName } from "../src/judge/route.ts";
import type { HostVerdict, Report } from "../src/report/report.ts";
import { RULE_SAMPLES } from "../src/report/rule-samples.ts";
import { toRuleText } from "../src/report/rule-text.ts";
import { EN } from "../src/report/words/en.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { Configuration, ExtraPlaces } from "./configurations/configuration.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { placesOf, tryRoute } from "./try-route.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => lab?.close());

/** A finding on the host of one configuration, and the host's verdict once its command was run. */
const MENDED: readonly (readonly [configuration: string, rule: RuleId, verdict: HostVerdict])[] = [
  ["all-addresses", "open-bind", "local"],
  ["ipv6-wildcard", "open-bind", "local"],
  ["quoted-value", "open-bind", "local"],
  ["later-drop-in-wins", "open-bind", "local"],
  ["environment-file-wins", "open-bind", "local"],
  ["by-hand-open", "open-bind", "none"],
  ["user-service", "open-bind", "local"],
  ["docker-host-network", "open-bind", "none"],
  ["second-server-by-hand", "open-bind", "local"],
  ["second-server-by-hand", "second-server", "local"],
  ["docker-without-rules", "published-port-open", "none"],
  ["docker-loopback-without-rules", "container-address-open", "exposed"],
  ["lan-address-two-lans", "reached-from-other-interface", "local"],
  ["route-localnet", "loopback-routed-in", "local"],
  ["ufw-active", "browser-page-can-call", "local"],
  ["any-origin", "any-origin-allowed", "local"],
  ["etc-environment", "setting-without-effect", "local"],
  ["outside-service-section", "setting-without-effect", "local"],
  ["environment-file-wins", "setting-without-effect", "local"],
  ["comment-applied", "comment-applied-as-setting", "local"],
  ["main-unit-edited", "setting-in-overwritten-unit", "local"],
  ["daemon-reload-missing", "daemon-reload-missing", "local"],
  ["drop-in-removed", "daemon-reload-missing", "local"],
  ["restart-missing", "restart-missing", "local"],
  ["user-service-edited", "restart-missing", "local"],
  ["port-only", "misleading-listen-address", "local"],
  ["comment-in-value", "misleading-listen-address", "local"],
  ["loose-permissions", "key-file-readable", "local"],
  ["loose-permissions", "model-folder-writable", "local"],
  ["runs-as-root", "request-logging-on", "local"],
  ["neighbour-still-connected", "session-outlives-rule", "local"],
  ["strangers-were-here", "cloud-on-exposed-server", "exposed"],
];

/** What a command closes that leaves other ways to the same server open. */
const CLOSED_BY: Partial<Record<RuleId, Hop["kind"]>> = { "container-address-open": "container-address" };

/** Findings whose mending is their owner's decision: for them no command is printed. */
const WITHOUT_COMMAND: readonly RuleId[] = [
  "known-vulnerability",
  "version-unknown",
  "runs-as-root",
  "planted-models",
  "open-to-containers",
  "forwarded-port-open",
  "ip-filter-unproven",
  "ufw-inactive",
  "firewalld-unsaved",
  "rule-managers-fight",
  "rule-lost-on-reload",
  "rule-never-reached",
  "rule-for-one-family",
  "default-policy-accept",
  "proxy-without-auth",
  "proxy-auth-without-tls",
  "every-user-manages-models",
  "credential-forwarded-upstream",
  "host-check-switched-off-by-proxy",
  "proxy-refused-by-host-check",
  "proxy-breaks-streaming",
  "proxy-allows-any-origin",
  "open-beside-proxy",
  "slow-password-hash",
  "proxy-answers-otherwise",
  "proxy-reload-missing",
  "tunnel-without-auth",
];

/** Verdicts from worst to best. */
const VERDICTS: readonly HostVerdict[] = ["exposed", "unknown", "guarded", "local", "none"];
const FROM_OTHER_MACHINES: readonly VantageName[] = ["internet", "neighbour"];
const PATIENCE_MS = 10_000;

/** The administrator of a lab host is root already: what `sudo` is asked for is done, as the user it names. */
const SUDO = `#!/bin/sh
if [ "$1" != -Hu ]; then exec "$@"; fi
user=$2
shift 2
exec runuser -u "$user" -- env HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"
`;

function toKeys(report: Report): readonly string[] {
  return report.findings.map(({ rule, server }) => `${rule} ${server}`);
}

/** What is only told of a server that is not exposed any more. */
function told(verdict: HostVerdict): readonly RuleId[] {
  return verdict === "exposed" ? [] : ["browser-page-can-call"];
}

/** Audits until the server is there again, or gone for good, and the verdict is the one that was promised. */
async function auditUntil(host: Host, verdict: HostVerdict): Promise<Report> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const { report } = await host.audit();
    const settled = report.verdict === verdict && (verdict === "none") === (report.servers.length === 0);
    if (settled || Date.now() > deadline) return report;
  }
}

async function mend(configuration: Configuration, rule: RuleId, verdict: HostVerdict, opened: Lab): Promise<void> {
  const host = await opened.host(configuration.host ?? {});
  try {
    const extra = (await configuration.set(host)) ?? {};
    await host.write("/usr/local/sbin/sudo", SUDO);
    await host.run(["chmod", "0755", "/usr/local/sbin/sudo"]);
    const { report: before } = await host.audit();
    const finding = before.findings.find((each) => each.rule === rule);
    assert.ok(finding, `${rule} was not found: ${toKeys(before).join(", ")}`);
    assert.ok(finding.fix.command !== null, `no command for ${rule}`);

    await host.run(["sh", "-c", finding.fix.command]);

    const report = await auditUntil(host, verdict);
    assert.equal(report.verdict, verdict, `${finding.fix.command}\n${toKeys(report).join("\n")}`);
    assert.ok(VERDICTS.indexOf(verdict) >= VERDICTS.indexOf(before.verdict), "the verdict is worse than before");
    const found = toKeys(report);
    assert.ok(!found.includes(`${rule} ${finding.server}`), `${rule} is still there after ${finding.fix.command}`);
    const known = new Set<RuleId>([...before.findings.map((each) => each.rule), ...told(verdict)]);
    assert.deepEqual(
      report.findings.filter((each) => !known.has(each.rule)).map((each) => each.rule),
      [],
      "the command brought something new",
    );
    const all = before.servers.flatMap(({ routes }) => routes);
    const mended = verdict === "exposed" ? all.filter(({ hops }) => hops[0]?.kind === CLOSED_BY[rule]) : all;
    await assertClosed(mended, host, extra);
  } finally {
    host.close();
  }
}

/** Whatever the reports say: no other machine gets in by a way that was open. */
async function assertClosed(routes: readonly Route[], host: Host, extra: ExtraPlaces): Promise<void> {
  for (const route of routes) {
    if (route.verdict !== "open" || !FROM_OTHER_MACHINES.includes(route.from.vantage)) continue;
    for (const place of placesOf(route, host, extra)) {
      const { address, port } = route.entry;
      assert.equal(await tryRoute(route, place, host), "closed", `${place.name} to ${address} port ${port}`);
    }
  }
}

for (const [id, rule, verdict] of MENDED) {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  const skip = missingRequirement(...(configuration?.needs ?? [])) ?? false;
  test(`${rule} on ${id}: the command of the report mends it`, { skip, timeout: 120_000 }, async () => {
    assert.ok(lab && configuration);
    await mend(configuration, rule, verdict, lab);
  });
}

test("every rule that can print a command is tried here", () => {
  const tried = new Set<string>([...MENDED.map(([, rule]) => rule), ...WITHOUT_COMMAND]);
  assert.deepEqual(
    Object.keys(RULE_SAMPLES).filter((rule) => !tried.has(rule)),
    [],
  );
  for (const rule of WITHOUT_COMMAND) {
    assert.equal(toRuleText(rule, EN).example.command, null);
  }
});
