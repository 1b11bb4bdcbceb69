/**
 * What a report says will become of firewall rules really becomes of them: the host is audited, what the finding
 * warns of is done, and a neighbour who was kept out gets in (or the other way round, where rules were not in force).
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { RuleId } from "../src/judge/finding.ts";
import { FIREWALL_MANAGERS } from "./configurations/firewall-managers.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => lab?.close());

/** A configuration, what it is warned of, and what brings that about. */
const WARNINGS: readonly (readonly [id: string, rule: RuleId, event: string, becomes: "open" | "closed"])[] = [
  ["ufw-inactive", "ufw-inactive", "ufw --force enable", "closed"],
  ["firewalld-unsaved", "firewalld-unsaved", "firewall-cmd --reload", "open"],
  ["ufw-and-nftables", "rule-managers-fight", "systemctl start nftables.service", "open"],
  ["docker-rule-in-forward", "rule-lost-on-reload", "systemctl restart docker.service && docker start llm", "open"],
];
const PATIENCE_MS = 10_000;

async function knock(host: Host): Promise<"open" | "closed"> {
  const answer = await host.neighbour.get(host.addresses.eth0.ipv4, 11_434, { timeoutMs: 300 });
  return answer.kind === "answered" ? "open" : "closed";
}

for (const [id, rule, event, becomes] of WARNINGS) {
  const configuration = FIREWALL_MANAGERS.find((each) => each.id === id);
  const skip = missingRequirement(...(configuration?.needs ?? [])) ?? false;
  test(`${rule}: after \`${event}\` the port is ${becomes}`, { skip, timeout: 120_000 }, async () => {
    assert.ok(lab && configuration);
    const host = await lab.host(configuration.host ?? {});
    try {
      await configuration.set(host);
      const { report } = await host.audit();
      assert.ok(report.findings.some((finding) => finding.rule === rule));
      assert.equal(await knock(host), becomes === "open" ? "closed" : "open");
      await host.run(["sh", "-c", event]);
      let seen = await knock(host);
      // The server in the container takes a moment to listen again.
      for (const deadline = Date.now() + PATIENCE_MS; seen !== becomes && Date.now() < deadline; await sleep(200)) {
        seen = await knock(host);
      }
      assert.equal(seen, becomes);
    } finally {
      host.close();
    }
  });
}
