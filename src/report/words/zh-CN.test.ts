import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ZH_CN } from "./zh-CN.ts";

test("a way through the gateway, and the places of proofs, read as Chinese is written", () => {
  const hop = { kind: "proxy", name: "portlock", serverNames: [], paths: [], to: "127.0.0.1:11434" } as const;
  assert.equal(ZH_CN.hops.proxy(hop), "经 Portlock 网关转到 127.0.0.1:11434");
  assert.equal(ZH_CN.hops.proxy({ ...hop, name: "nginx" }), "经代理 nginx 转到 127.0.0.1:11434");
  assert.equal(
    ZH_CN.proofs.openFrom(ZH_CN.proofs.places(["同网段主机", "外部主机"]), 2),
    "从同网段主机、外部主机看仍开放：2 个新连接无需凭据即得到服务。",
  );
});

test("who demands a credential is not said to be no model server", () => {
  assert.equal(ZH_CN.proofs.answered(401, false), "HTTP 401");
  assert.equal(ZH_CN.proofs.answered(200, false), "HTTP 200，不是模型服务");
});

test("no blank stands between two Chinese characters of a report", () => {
  const root = join(import.meta.dirname, "../../..");
  const reports = globSync("scenarios/*/report.zh-CN.txt", { cwd: root });
  assert.ok(reports.length > 50);
  for (const report of reports) assert.doesNotMatch(readFileSync(join(root, report), "utf8"), /\p{sc=Han} \p{sc=Han}/u);
});
