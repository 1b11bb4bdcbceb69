/** Whoever was connected before his packets were dropped goes on, as the report says, until the server is restarted. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { FILTER_MISTAKES } from "./configurations/filter-mistakes.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

test("a connection outlives the rule that stops new ones", { skip, timeout: 120_000 }, async () => {
  const configuration = FILTER_MISTAKES.find(({ id }) => id === "neighbour-still-connected");
  assert.ok(lab && configuration);
  const host = await lab.host(configuration.host ?? {});
  await configuration.set(host);
  const { report } = await host.audit();
  const finding = report.findings.find(({ rule }) => rule === "session-outlives-rule");
  assert.match(finding?.title ?? "", /10\.77\.0\.20 go on/);

  const fresh = await host.neighbour.connect(host.addresses.eth0.ipv4, 11_434, { timeoutMs: 400 });
  assert.equal(fresh.kind, "timeout");
  assert.equal((await host.neighbour.askKept()).kind, "connected");

  await host.run(["systemctl", "restart", "ollama.service"]);
  assert.equal((await host.neighbour.askKept()).kind, "closed");
  host.close();
});
