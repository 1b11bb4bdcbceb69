import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { toProxyChoices } from "../commands/proxy-flags.ts";
import { judge } from "../judge/judge.ts";
import { makeProxyPlan } from "../plan/proxy/make-proxy-plan.ts";
import { planPeople } from "../plan/proxy/plan-people.ts";
import { planOf } from "../plan/testing/plan-of.ts";
import type { Choices } from "../plan/choices.ts";
import type { Plan } from "../plan/plan.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import { formatPlan } from "./plan.ts";
import { EN } from "./words/en.ts";
import type { Language, Words } from "./words/words.ts";
import { ZH_CN } from "./words/zh-CN.ts";
import { toOwnCommand } from "./own-command.ts";

const WORDS: Readonly<Record<Language, Words>> = { en: EN, "zh-CN": ZH_CN };

const PAGES: readonly (readonly [page: string, scenario: string, choices: Partial<Choices>, width: number])[] = [
  ["plan-drop-in", "all-addresses", {}, 100],
  ["plan-narrow", "all-addresses", { ipFilter: true, sandbox: true }, 60],
  ["plan-environment", "etc-environment", { method: "environment" }, 100],
  ["plan-firewall", "ipv4-only", { method: "none", firewall: "auto", allow: ["10.77.0.0/24"] }, 100],
  ["plan-by-hand", "by-hand-open", {}, 100],
  ["plan-nothing", "loopback-ipv4", {}, 100],
  ["plan-without-root", "audited-by-nobody", {}, 100],
];

const FILES = { "/etc/environment": 'PATH="/usr/bin"\nOLLAMA_HOST=127.0.0.1:11434\n' };

function print(plan: Plan, language: Language, width: number): string {
  return formatPlan(plan, {
    words: WORDS[language],
    width,
    colour: false,
    linear: false,
    own: toOwnCommand("localhost"),
  });
}

/** Run with PORTLOCK_UPDATE=1 to write these pages anew, and read the difference before you commit it. */
for (const language of ["en", "zh-CN"] as const) {
  for (const [page, scenario, choices, width] of PAGES) {
    test(`${page} in ${language} on ${width} columns reads as kept`, () => {
      const text = print(planOf(readRecordedHost(scenario), choices, FILES), language, width);
      const file = join(import.meta.dirname, "golden", `${page}.${language}.${width}.txt`);
      if (process.env["PORTLOCK_UPDATE"] === "1") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });
  }
}

/** The first site of a proxy, and somebody who comes and goes there. */
function toProxyPlan(): Plan {
  const facts = readRecordedHost("loopback-ipv4");
  const judgement = judge(facts);
  const listen = { address: "127.0.0.1", port: 8080 };
  const choices = { ...toProxyChoices("caddy", { auth: "bearer", user: ["alice"], scope: ["read"] }), listen };
  const input = {
    facts,
    judgement,
    choices,
    installed: { version: "2.6.2", isActive: true },
    texts: new Map([
      ["/etc/caddy/Caddyfile", ":80 {\n}\n"],
      ["/etc/caddy/portlock/ollama_11434.keys", null],
      ["/etc/caddy/portlock/ollama_11434.caddy", null],
    ]),
  };
  const planned = makeProxyPlan(input, { version: "0.0.0", madeAt: "2026-11-22T10:00:00.000Z" });
  assert.ok(planned.kind === "plan", JSON.stringify(planned));
  const site = { proxy: "caddy", id: "ollama_11434", auth: "bearer" } as const;
  const wanted = { proxy: "caddy", site: "caddy/ollama_11434", adds: ["bob"], removes: ["alice"] } as const;
  const people = planPeople(site, "alice $2y$14$abc\n", wanted);
  assert.ok(people.kind === "steps");
  return { ...planned.plan, steps: [...planned.plan.steps, ...people.steps] };
}

for (const language of ["en", "zh-CN"] as const) {
  test(`plan-proxy in ${language} reads as kept`, () => {
    const text = print(toProxyPlan(), language, 100);
    const file = join(import.meta.dirname, "golden", `plan-proxy.${language}.100.txt`);
    if (process.env["PORTLOCK_UPDATE"] === "1") writeFileSync(file, text);
    assert.equal(text, readFileSync(file, "utf8"));
  });
}

test("a long line of a file is shown whole, and one made to flood a terminal is not", () => {
  const plan = planOf(readRecordedHost("all-addresses"));
  const [step] = plan.steps;
  assert.ok(step);
  const command = `ExecStart=/usr/bin/node ${"--flag=value ".repeat(40)}--last`;
  const toPage = (text: string): string => {
    const files = [{ path: "/etc/a", edit: { kind: "write", text, mode: 0o644 } }] as const;
    return print({ ...plan, steps: [{ ...step, files }] }, "en", 80);
  };
  assert.ok(toPage(command).includes(`+ ${command}\n`));
  assert.ok(toPage("x".repeat(1_000_000)).length < 5000);
});

test("what came from a host cannot draw on the terminal", () => {
  const plan = planOf(readRecordedHost("all-addresses"));
  const [step] = plan.steps;
  assert.ok(step);
  const hostile = "\u001b[2J\u202eevil\n";
  const files = [{ path: `/etc/${hostile}`, edit: { kind: "write", text: `${hostile}\n`, mode: 0o644 } }] as const;
  const spoilt = { ...plan, host: { name: hostile }, steps: [{ ...step, target: hostile, files }] };
  for (const language of ["en", "zh-CN"] as const) {
    assert.doesNotMatch(print(spoilt, language, 80), /[\u001b\u202e]/);
  }
});

test("a plan that was made without root says so, and what it could not read", () => {
  const plan = planOf(readRecordedHost("audited-by-nobody"));
  assert.notEqual(plan.reader.uid, 0);
  assert.ok(plan.missing.some(({ fact, why }) => fact === "firewall" && why === "denied"));
  assert.match(
    print(plan, "en", 1000),
    /Facts are missing.*\n[^]*firewall rules: permission denied[^]*Only root may read this: run the same command with sudo/,
  );
  assert.match(print(plan, "zh-CN", 1000), /缺少部分信息.*\n[^]*只有 root 才能读取/);
  assert.doesNotMatch(print(planOf(readRecordedHost("all-addresses")), "en", 1000), /missing|root/);
});

test("where nothing could be told, nothing is said to be well", () => {
  const plan = { ...planOf(readRecordedHost("audited-by-nobody")), steps: [], verdict: "unknown" } as const;
  assert.match(
    print(plan, "en", 1000),
    /^Nothing is changed on .*: whether a model server is open to others is not known\./,
  );
  assert.match(print(plan, "zh-CN", 1000), /尚不清楚/);
});

test("what a plan closes is not known where the rules of the firewall could not be read", () => {
  const facts = readRecordedHost("all-addresses");
  const firewall = { ok: false, why: "denied", from: "nft -j list tables" } as const;
  const plan = planOf({ ...facts, firewall });
  assert.ok(plan.steps.length > 0 && plan.claims.length === 0);
  assert.match(
    print(plan, "en", 1000),
    /^Plan for .*: 1 step, what it closes is not known\. Nothing has been changed yet\.\nFacts are missing/,
  );
  assert.match(print(plan, "zh-CN", 1000), /能关闭什么尚不清楚/);
});
