import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxyLocation } from "../../facts/proxies/proxy.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { aListener, aLocation, aProxiedHost, aSite, type LocationOptions } from "../testing/proxied-host.ts";

const RULE = "proxy-refused-by-host-check";

interface Case {
  readonly what: string;
  readonly location: LocationOptions;
  readonly names?: readonly string[];
  readonly isDefault?: boolean;
  /** Who is refused by what name; null: nothing to say. */
  readonly found: readonly [by: string, ...hosts: readonly string[]] | null;
}

const CASES: readonly Case[] = [
  {
    what: "a name of an upstream block is the Host",
    location: { passing: { host: { kind: "literal", text: "ollama_backend" } } },
    found: ["writes-name", "ollama_backend"],
  },
  {
    what: "the same where a password is asked",
    location: {
      passing: { host: { kind: "literal", text: "ollama_backend" } },
      protections: [{ kind: "basic", hash: null, users: 1, file: null }],
    },
    found: ["writes-name", "ollama_backend"],
  },
  {
    what: "the site's name is passed on, and the site takes every other",
    location: { passing: { host: { kind: "client" } } },
    names: ["ai.example.com"],
    found: ["passes-any-name", "ai.example.com"],
  },
  {
    what: "the site's name is passed on, and another site takes the others",
    location: { passing: { host: { kind: "client" } } },
    names: ["ai.example.com"],
    isDefault: false,
    found: ["passes-its-name", "ai.example.com"],
  },
  { what: "the Host is the server's own", location: {}, names: ["ai.example.com"], found: null },
  {
    what: "a name that Ollama takes is passed on",
    location: { passing: { host: { kind: "client" } } },
    names: ["ai.local"],
    found: null,
  },
  {
    what: "a site without a name passes on what comes",
    location: { passing: { host: { kind: "client" } } },
    found: null,
  },
];

for (const { what, location, names = [], isDefault = true, found } of CASES) {
  test(what, () => {
    const places: readonly ProxyLocation[] = [aLocation(location)];
    const [finding, ...others] = findingsOf(aProxiedHost([aSite(places, { names, isDefault })]), RULE);
    assert.deepEqual(others, []);
    assert.deepEqual(finding === undefined ? null : [finding.data.by, ...finding.data.hosts], found);
    if (finding !== undefined) assert.equal(finding.severity, "low");
  });
}

test("an Ollama that listens for everybody has no Host check", () => {
  const site = aSite([aLocation({ passing: { host: { kind: "literal", text: "ollama_backend" } } })]);
  assert.deepEqual(findingsOf(aProxiedHost([site], { ollamaOn: "0.0.0.0" }), RULE), []);
});

test("sites of which the same is found are told once", () => {
  const broken = aLocation({ passing: { host: { kind: "literal", text: "ollama_backend" } } });
  const sites = [8001, 8002].map((port) => aSite([broken], { listeners: [aListener("0.0.0.0", port)] }));
  const host = aProxiedHost(sites)
    .listens("0.0.0.0", 8001, { pids: [500] })
    .listens("0.0.0.0", 8002, { pids: [500] });
  const found = findingsOf(host, RULE);
  assert.equal(found.length, 1);
  assert.ok(found[0]?.data.entries.some((each) => each.endsWith(":8001")));
  assert.ok(found[0]?.data.entries.some((each) => each.endsWith(":8002")));
});
