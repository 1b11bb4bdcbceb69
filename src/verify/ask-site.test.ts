/** A model generates through real proxies, in front of the stand-in, as `portlock verify --ask-model` has it. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { findFreePort, listen, makeSiteText } from "../../test/a-proxy-site.ts";
import { readInstalledVersion, startProxy } from "../../test/proxy-programs.ts";
import { makeCredential } from "../commands/make-credential.ts";
import { startStandIn } from "../demo/stand-in/start.ts";
import { openLocalWriter } from "../host/local-writer.ts";
import { findMissing } from "../host/shell-host.fixture.ts";
import type { ProxyKind } from "../proxy/site.ts";
import { askSite, concludeAsked } from "./ask-site.ts";
import type { Look, Rounds, SeenCall } from "./asked-lines.ts";
import type { AskedSite } from "./proofs.ts";
import { openSmallHost, toTold, type Told } from "./small-host.fixture.ts";

const MODEL = "llama3.2:3b";
/** Words of the stand-in, and the pause before each. */
const LONG = { tokens: 2_000, tokenIntervalMs: 20 };

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
});

interface Case {
  readonly what: string;
  readonly kind: ProxyKind;
  /** Texts of the configuration, and what somebody made of them. */
  readonly changes?: readonly (readonly [from: string, to: string])[];
  /** The host is behind SSH, and has BusyBox. */
  readonly isFar?: boolean;
  readonly tokens?: number;
  readonly model?: string;
  readonly credential?: string;
  readonly passes: Told;
  readonly stops: Told;
}

async function ask(one: Case): Promise<AskedSite> {
  const { kind, changes = [], model = MODEL } = one;
  const folder = mkdtempSync(join(tmpdir(), "portlock-ask-"));
  closing.push(() => rmSync(folder, { recursive: true }));
  const people = join(folder, "people");
  const { authorization, line, secret } = await makeCredential(kind, "bearer", "alice");
  writeFileSync(people, `${line}\n`);
  const server = await startStandIn({ host: "127.0.0.1:0", ...LONG, tokens: one.tokens ?? LONG.tokens, parallel: 4 });
  const port = await findFreePort();
  const made = makeSiteText(
    kind,
    { id: "asked", auth: { kind: "bearer", file: people }, scopes: ["inference"] },
    { port, upstream: server.port },
  );
  for (const [from] of changes) assert.ok(made.includes(from), from);
  const text = changes.reduce((all, [from, to]) => all.replace(from, to), made);
  const proxy = await startProxy(kind, text, folder, port);
  const host = one.isFar === true ? await openSmallHost(closing) : openLocalWriter();
  closing.unshift(
    () => host.close(),
    () => proxy.end(),
    () => server.close(),
  );
  const isShown = watchArguments(secret);
  const asked = await askSite(host, {
    model,
    server: { address: "127.0.0.1", port: server.port },
    site: { address: "127.0.0.1", port, tls: false, name: null },
    credential: one.credential ?? authorization,
  });
  assert.equal(isShown(), false);
  return asked;
}

/** Looks again and again whether a secret stands in the arguments of any process. */
function watchArguments(secret: string): () => boolean {
  let isSeen = false;
  const look = (): void => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        isSeen ||= readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(secret);
      } catch {
        // It has ended.
      }
    }
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    return isSeen;
  };
}

const CASES: readonly Case[] = [
  { what: "nginx", kind: "nginx", passes: true, stops: true },
  { what: "Caddy", kind: "caddy", passes: true, stops: true },
  { what: "HAProxy", kind: "haproxy", passes: true, stops: true },
  { what: "nginx on a small host behind SSH", kind: "nginx", isFar: true, passes: true, stops: true },
  {
    what: "nginx with what it does where nothing is said: HTTP/1.0, and buffers",
    kind: "nginx",
    changes: [
      ["proxy_http_version 1.1;", "proxy_http_version 1.0;"],
      ["proxy_buffering off;", "proxy_buffering on;"],
    ],
    passes: false,
    stops: true,
  },
  {
    what: "nginx with buffers, which hold back no piece of HTTP/1.1",
    kind: "nginx",
    changes: [["proxy_buffering off;", "proxy_buffering on;"]],
    passes: true,
    stops: true,
  },
  {
    what: "nginx with HTTP/1.0, and no buffers",
    kind: "nginx",
    changes: [["proxy_http_version 1.1;", "proxy_http_version 1.0;"]],
    passes: true,
    stops: true,
  },
  { what: "a model of three words", kind: "nginx", tokens: 3, passes: "too-short", stops: "too-short" },
  {
    what: "a model that is not there",
    kind: "nginx",
    model: "no-such-model",
    passes: "server-not-answering: HTTP 404",
    stops: "server-not-answering: HTTP 404",
  },
  {
    what: "a key that nobody has",
    kind: "nginx",
    credential: "Bearer nobody",
    passes: "site-not-answering: HTTP 401",
    stops: "site-not-answering: HTTP 401",
  },
];

describe("a generation through a site", { concurrency: true }, () => {
  for (const one of CASES) {
    const missing = readInstalledVersion(one.kind) === null ? `${one.kind} is not installed` : false;
    const skip = missing || (one.isFar === true && findMissing("/bin/busybox"));
    test(one.what, { skip }, async () => {
      const asked = await ask(one);
      assert.deepEqual([toTold(asked.passesAtOnce), toTold(asked.stopsWithClient)], [one.passes, one.stops]);
      const isAnswered = !String(one.passes).includes("-answering");
      assert.deepEqual([asked.firstAfter !== null, asked.moments !== null], [isAnswered, isAnswered]);
    });
  }

  test("a relay of somebody's own that takes the whole answer for a client who has left", async () => {
    const server = await startStandIn({ host: "127.0.0.1:0", ...LONG, parallel: 4 });
    const relay = createServer((asked, response) => {
      const { method, url: path, headers } = asked;
      const further = request(
        { host: "127.0.0.1", port: server.port, method, path, headers, agent: false },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502);
          answer.on("data", (chunk: Buffer) => response.write(chunk));
          answer.on("end", () => response.end());
        },
      );
      asked.pipe(further);
    });
    const port = await listen(relay);
    const host = openLocalWriter();
    closing.unshift(
      () => host.close(),
      () => relay.close(),
      () => server.close(),
    );
    const asked = await askSite(host, {
      model: MODEL,
      server: { address: "127.0.0.1", port: server.port },
      site: { address: "127.0.0.1", port, tls: false, name: null },
      credential: "Bearer any",
    });
    assert.deepEqual([toTold(asked.passesAtOnce), toTold(asked.stopsWithClient)], [true, false]);
  });

  test("a credential reaches the site as it is, whatever it is made of", async () => {
    const shown = new Set<string | undefined>();
    const model = createServer((request, response) => {
      shown.add(request.headers.authorization);
      response.end(JSON.stringify({ response: "one", done: true }));
    });
    const port = await listen(model);
    const host = openLocalWriter();
    closing.unshift(
      () => host.close(),
      () => model.close(),
    );
    const place = { address: "127.0.0.1", port };
    const credential = String.raw`Bearer a"b\c'$(d)%s`;
    await askSite(host, { model: MODEL, server: place, site: { ...place, tls: false, name: "ai.test" }, credential });
    assert.deepEqual(shown, new Set([undefined, credential]));
  });
});

const STREAM: SeenCall = { status: 200, firstAfter: 0.1, moments: 32, span: 0.6 };
const NOT_MADE: SeenCall = { status: null, firstAfter: null, moments: 0, span: 0 };
/** The first time the site had to hash a password. */
const ROUNDS: Rounds = {
  direct: [STREAM, STREAM, STREAM],
  site: [2.5, 0.1025, 0.1].map((firstAfter) => ({ ...STREAM, firstAfter })),
};
const SOMEBODY_ELSES = "127.0.0.1:1 127.0.0.1:11434";

/** What the looks saw of the proxy's connection, and of another client's that is served all the time. */
function looksAt(received: (number: number) => number | null, isBusy: boolean): readonly Look[] {
  return Array.from({ length: 14 }, (_, number) => {
    const own = received(number);
    const others: readonly (readonly [string, number])[] = isBusy ? [[SOMEBODY_ELSES, number * 100]] : [];
    const mine: readonly (readonly [string, number])[] = own === null ? [] : [["127.0.0.1:2 127.0.0.1:11434", own]];
    return { at: 100 + (number === 0 ? 0 : 1 + Math.floor(number / 6)), received: new Map([...others, ...mine]) };
  });
}

const untilLeft = (number: number): number | null => (number < 4 ? number * 100 : null);
const forEver = (number: number): number => number * 100;

const CONCLUDED: readonly (readonly [
  what: string,
  seen: { readonly site?: Partial<SeenCall>; readonly span?: number; readonly looks: readonly Look[] },
  passes: Told,
  stops: Told,
])[] = [
  ["it came as it was sent, and ended with its client", { looks: looksAt(untilLeft, false) }, true, true],
  ["it came in the end", { site: { moments: 2 }, looks: looksAt(untilLeft, false) }, false, true],
  ["it came in some parts", { site: { moments: 12 }, looks: looksAt(untilLeft, false) }, "between", true],
  ["the server was read on", { looks: looksAt(forEver, false) }, true, false],
  ["the answer may have been over", { span: 2, looks: looksAt(untilLeft, false) }, true, "too-short"],
  ["another client was served all the time", { looks: looksAt(untilLeft, true) }, true, "connection-not-seen"],
  ["nothing grew", { looks: looksAt(() => 7, false) }, true, "connection-not-seen"],
  ["a look is missing", { looks: looksAt(untilLeft, false).slice(1) }, true, "connection-not-seen"],
];
for (const [what, { site, span = 6, looks }, passes, stops] of CONCLUDED) {
  test(`what is told where ${what}`, () => {
    const long = { ...STREAM, span };
    const calls = { warm: STREAM, direct: STREAM, site: { ...STREAM, ...site }, long };
    const asked = concludeAsked(MODEL, { calls, rounds: ROUNDS, looks });
    assert.deepEqual(asked.firstAfter, { direct: 100, site: 102.5 });
    assert.deepEqual([toTold(asked.passesAtOnce), toTold(asked.stopsWithClient)], [passes, stops]);
  });
}

test("a site that did not answer at all is told as that", () => {
  const calls = { warm: STREAM, direct: NOT_MADE, site: NOT_MADE, long: NOT_MADE };
  const rounds = { direct: [STREAM, NOT_MADE, NOT_MADE], site: [NOT_MADE, NOT_MADE, NOT_MADE] };
  assert.equal(toTold(concludeAsked(MODEL, { calls, rounds, looks: [] }).passesAtOnce), "site-not-answering");
});
