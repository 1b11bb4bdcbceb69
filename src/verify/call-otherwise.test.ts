/** What stands where a site is, for names that nobody told: in the real proxies, in front of the stand-in. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findFreePort } from "../../test/a-proxy-site.ts";
import { makeCertificate, readInstalledVersion, startProxy } from "../../test/proxy-programs.ts";
import { RECOGNISER as recogniser } from "../commands/recogniser.ts";
import { startStandIn } from "../demo/stand-in/start.ts";
import { openHost } from "../host/open-host.ts";
import { makeConfiguration } from "../proxy/configuration.ts";
import type { ProxyKind } from "../proxy/site.ts";
import { callOtherwise } from "./call-otherwise.ts";

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
});

const NAME = "ai.portlock.example";

interface Case {
  readonly what: string;
  readonly kind: ProxyKind;
  readonly tls?: true;
  /** What stands beside the site or in it, by somebody else: HERE is where it listens, MODEL where the server does. */
  readonly change?: (text: string) => string;
  /** What came of a call by the address, a name that nobody has, and `localhost`. */
  readonly came: readonly [address: string, nobody: string, localhost: string];
}

const CASES: readonly Case[] = [
  { what: "the site is the only one", kind: "nginx", came: ["401", "401", "401"] },
  { what: "the site is the only one, by TLS", kind: "nginx", tls: true, came: ["401", "401", "401"] },
  {
    what: "a default site hands everything on, as the server itself",
    kind: "nginx",
    change: (text) => `${text}server { listen HERE default_server; location / { proxy_pass http://MODEL; } }\n`,
    came: ["200 open", "200 open", "200 open"],
  },
  {
    what: "a default site hands on the caller's Host, which Ollama refuses but for localhost",
    kind: "nginx",
    change: (text) =>
      `${text}server { listen HERE default_server; location / { proxy_pass http://MODEL; proxy_set_header Host $host; } }\n`,
    came: ["200 open", "403", "200 open"],
  },
  {
    what: "a default site has a page of its own",
    kind: "nginx",
    change: (text) => `${text}server { listen HERE default_server; location / { return 200 "welcome"; } }\n`,
    came: ["200", "200", "200"],
  },
  { what: "the site is the only one", kind: "caddy", came: ["421", "421", "421"] },
  {
    what: "other names are handed on",
    kind: "caddy",
    change: (text) => text.replace(/respond @other_name .*/, "reverse_proxy @other_name MODEL"),
    came: ["200 open", "403", "200 open"],
  },
];

for (const { what, kind, tls, change, came } of CASES) {
  const skip = readInstalledVersion(kind) === null ? `${kind} is not installed` : false;
  test(`${kind}: ${what}`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "portlock-names-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const people = join(folder, "people");
    writeFileSync(people, `alice $2y$04$${".".repeat(53)}\n`);
    const model = await startStandIn({ host: "127.0.0.1:0" });
    closing.unshift(() => model.close());
    const port = await findFreePort();
    const made = makeConfiguration(
      kind,
      {
        id: "named",
        name: NAME,
        listen: { address: "127.0.0.1", port },
        upstream: { kind: "tcp", address: "127.0.0.1", port: model.port },
        tls: tls === true ? { kind: "files", ...makeCertificate(folder), selfSigned: true } : { kind: "none" },
        auth: { kind: "basic", file: people },
        scopes: ["read"],
        origins: [],
        requestsPerMinute: null,
      },
      readInstalledVersion(kind) ?? assert.fail(),
    );
    assert.ok(made.kind === "text");
    const text = (change?.(made.text) ?? made.text)
      .replaceAll("HERE", `127.0.0.1:${port}`)
      .replaceAll("MODEL", `127.0.0.1:${model.port}`);
    assert.equal(text === made.text, change === undefined);
    const proxy = await startProxy(kind, text, folder, port);
    const host = await openHost("localhost");
    closing.unshift(
      () => host.close(),
      () => proxy.end(),
    );
    const site = { address: "127.0.0.1", port, tls: tls === true, name: NAME };
    const called = await callOtherwise({ host, recogniser, now: () => new Date(0) }, site);
    assert.deepEqual(
      called.map(({ name }) => name),
      [null, "portlock-no-such-name.example", "localhost"],
    );
    const seen = called.map(({ outcome, agrees }) => {
      const status = outcome.kind === "answered" ? `${outcome.status}` : outcome.kind;
      return agrees ? status : `${status} open`;
    });
    assert.deepEqual(seen, came);
  });
}
