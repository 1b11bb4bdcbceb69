import assert from "node:assert/strict";
import { test } from "node:test";
import { readRecordedHost } from "../../test/recorded-host.ts";
import { parseUpstream } from "../gateway/serve/upstream-place.ts";
import { aHost } from "../judge/testing/a-host.ts";
import type { Facts } from "../facts/facts.ts";
import { CommandError, toErrorText } from "./errors.ts";
import { refuseExposed, toLocalServers, toOnlyUpstream } from "./local-upstream.ts";
import { COMMANDS_EN } from "./words/en.ts";
import { COMMANDS_ZH_CN } from "./words/zh-CN.ts";

function toTrouble(act: () => unknown): CommandError | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

function toRefusal(facts: Facts, url = "http://127.0.0.1:11434"): CommandError | null {
  const upstream = parseUpstream(url);
  assert.ok(upstream !== null);
  return toTrouble(() => refuseExposed(toLocalServers(facts), upstream));
}

const HOSTS: readonly (readonly [host: string, code: string | null])[] = [
  ["fresh-install", null],
  ["by-hand-loopback", null],
  ["all-addresses", "upstream-exposed"],
  ["docker-published", "upstream-exposed"],
  // Whoever is not root sees that it listens on loopback, and that is enough.
  ["audited-by-nobody", null],
];

for (const [host, code] of HOSTS) {
  test(`on ${host} the gateway ${code === null ? "may open" : "does not open"}`, () => {
    assert.equal(toRefusal(readRecordedHost(host))?.trouble.code ?? null, code);
  });
}

test("where it cannot be told who gets in the gateway does not open", () => {
  const denied = { ok: false, why: "denied", from: "nft" } as const;
  const host = aHost().link("eth0", ["192.0.2.5/24"]).ollama("192.0.2.5").with({ firewall: denied });
  assert.equal(toRefusal(host.facts, "http://192.0.2.5:11434")?.trouble.code, "upstream-unknown");
});

test("the way by which others get in is named, in both languages", () => {
  const refusal = toRefusal(readRecordedHost("all-addresses"));
  for (const [words, way] of [
    [COMMANDS_EN, /: the internet \(IPv4\), at [\d.]+:11434 by eth0/],
    [COMMANDS_ZH_CN, /：互联网（IPv4），经由 [\d.]+:11434，经 eth0/],
  ] as const) {
    const text = toErrorText(refusal, words);
    assert.match(text?.sentence ?? "", way);
    assert.match(text?.hint ?? "", /portlock harden.*--even-so/);
  }
});

test("a server of another host, or behind a Unix socket, is not for this host's audit", () => {
  const facts = readRecordedHost("all-addresses");
  assert.equal(toRefusal(facts, "http://192.0.2.77:11434"), null);
  assert.equal(toRefusal(facts, "unix:/run/ollama.sock"), null);
});

test("what is no model server is looked at where it listens", () => {
  const host = aHost().listens("0.0.0.0", 9000).listens("127.0.0.1", 9001);
  assert.equal(toRefusal(host.facts, "http://127.0.0.1:9000")?.trouble.code, "upstream-listens-wide");
  assert.equal(toRefusal(host.facts, "http://127.0.0.1:9001"), null);
});

test("the only Ollama of a host is found, wherever it listens", () => {
  const find = (facts: Facts): string => toOnlyUpstream(toLocalServers(facts)).origin;
  assert.equal(find(aHost().ollama("127.0.0.1").facts), "http://127.0.0.1:11434");
  assert.equal(find(aHost().ollama("::").facts), "http://[::1]:11434");
  assert.equal(find(aHost().ollama("0.0.0.0").facts), "http://127.0.0.1:11434");
});

test("with none, and with two, somebody has to say which", () => {
  const none = toTrouble(() => toOnlyUpstream(toLocalServers(aHost().facts)));
  assert.deepEqual(none?.trouble, { code: "upstream-not-found", data: { urls: [] } });
  const two = aHost().ollama("127.0.0.1").ollama("127.0.0.1", { pid: 4711, port: 11_500 });
  const both = toTrouble(() => toOnlyUpstream(toLocalServers(two.facts)));
  const urls = ["http://127.0.0.1:11434", "http://127.0.0.1:11500"];
  assert.deepEqual(both?.trouble, { code: "upstream-not-found", data: { urls } });
});
