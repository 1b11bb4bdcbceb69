/** Zeros go up through real proxies, in front of the stand-in, as `portlock verify --try-upload` has it. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isFull } from "../../lab/extent.ts";
import { findFreePort, listen, makeSiteText } from "../../test/a-proxy-site.ts";
import { readInstalledVersion, startProxy } from "../../test/proxy-programs.ts";
import { makeCredential } from "../commands/make-credential.ts";
import { startStandIn } from "../demo/stand-in/start.ts";
import { openLocalWriter } from "../host/local-writer.ts";
import { findMissing } from "../host/shell-host.fixture.ts";
import type { ProxyKind } from "../proxy/site.ts";
import type { UploadedSite } from "./proofs.ts";
import { concludeUploaded, uploadToSite } from "./upload-to-site.ts";
import { openSmallHost, toTold, type Told } from "./small-host.fixture.ts";

/** 2 GiB in the long form. */
const BYTES = (isFull ? 2048 : 192) * 2 ** 20;

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
  /** Nobody sees where the server keeps what comes. */
  readonly keepsNothing?: boolean;
  readonly credential?: string;
  readonly passes: Told;
  readonly inConstantMemory: Told;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "portlock-try-upload-"));
  closing.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function upload({ kind, changes = [], ...one }: Case): Promise<UploadedSite> {
  const folder = makeFolder();
  const blobs = join(folder, "models", "blobs");
  if (one.keepsNothing !== true) mkdirSync(blobs, { recursive: true });
  const people = join(folder, "people");
  const { authorization, line } = await makeCredential(kind, "bearer", "alice");
  writeFileSync(people, `${line}\n`);
  const server = await startStandIn({ host: "127.0.0.1:0", modelsDirectory: join(folder, "models") });
  const port = await findFreePort();
  const made = makeSiteText(
    kind,
    { id: "upload", auth: { kind: "bearer", file: people }, scopes: ["manage"] },
    { port, upstream: server.port },
  );
  for (const [from] of changes) assert.ok(made.includes(from), `${from}\n${made}`);
  const text = changes.reduce((all, [from, to]) => all.replaceAll(from, to), made);
  const proxy = await startProxy(kind, text, folder, port);
  const host = one.isFar === true ? await openSmallHost(closing) : openLocalWriter();
  closing.unshift(
    () => host.close(),
    () => proxy.end(),
    () => server.close(),
  );
  const uploaded = await uploadToSite(host, {
    bytes: BYTES,
    server: { port: server.port, pid: process.pid },
    site: { address: "127.0.0.1", port, tls: false, name: null },
    credential: one.credential ?? authorization,
  });
  if (one.keepsNothing !== true) await untilEmpty(blobs);
  return uploaded;
}

/** What was broken off is thrown away. */
async function untilEmpty(folder: string): Promise<void> {
  for (let looks = 0; looks < 100; looks += 1) {
    if (readdirSync(folder).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.deepEqual(readdirSync(folder), []);
}

const CASES: readonly Case[] = [
  { what: "nginx", kind: "nginx", passes: true, inConstantMemory: true },
  { what: "Caddy", kind: "caddy", passes: true, inConstantMemory: true },
  { what: "HAProxy", kind: "haproxy", passes: true, inConstantMemory: true },
  { what: "nginx on a small host behind SSH", kind: "nginx", isFar: true, passes: true, inConstantMemory: true },
  {
    what: "nginx that waits for the whole of it, as it does where nothing is said",
    kind: "nginx",
    changes: [["proxy_request_buffering off;", "proxy_request_buffering on;"]],
    passes: false,
    inConstantMemory: "not-passed",
  },
  {
    what: "nginx that takes a MiB at most, as it does where nothing is said",
    kind: "nginx",
    changes: [["client_max_body_size 0;", ""]],
    passes: false,
    inConstantMemory: "not-passed",
  },
  {
    what: "a key that nobody has",
    kind: "nginx",
    credential: "Bearer nobody",
    passes: "site-not-answering: HTTP 401",
    inConstantMemory: "site-not-answering: HTTP 401",
  },
  {
    what: "a server that writes nobody sees where",
    kind: "nginx",
    keepsNothing: true,
    passes: "room-not-seen",
    inConstantMemory: "room-not-seen",
  },
];

describe("an upload through a site", () => {
  for (const one of CASES) {
    const missing = readInstalledVersion(one.kind) === null ? `${one.kind} is not installed` : false;
    const skip = missing || (one.isFar === true && findMissing("/bin/busybox"));
    test(one.what, { skip }, async () => {
      const uploaded = await upload(one);
      const told = [toTold(uploaded.passes), toTold(uploaded.inConstantMemory)];
      assert.deepEqual(told, [one.passes, one.inConstantMemory], JSON.stringify(uploaded));
      assert.equal(uploaded.arrived === BYTES, one.passes === true);
    });
  }

  test("a relay of somebody's own that keeps all of it in memory", async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "blobs"));
    const server = await startStandIn({ host: "127.0.0.1:0", modelsDirectory: folder });
    const kept: Buffer[] = [];
    const relay = createServer((asked) => {
      const { method, url: path, headers } = asked;
      const further = request({ host: "127.0.0.1", port: server.port, method, path, headers, agent: false });
      further.on("error", () => undefined);
      asked.on("error", () => further.destroy());
      asked.on("data", (chunk: Buffer) => kept.push(chunk));
      asked.pipe(further);
    });
    const port = await listen(relay);
    const host = openLocalWriter();
    closing.unshift(
      () => host.close(),
      () => relay.close(),
      () => server.close(),
    );
    const uploaded = await uploadToSite(host, {
      bytes: 192 * 2 ** 20,
      server: { port: server.port, pid: process.pid },
      site: { address: "127.0.0.1", port, tls: false, name: null },
      credential: "Bearer any",
    });
    assert.deepEqual([toTold(uploaded.passes), toTold(uploaded.inConstantMemory)], [true, false]);
    kept.length = 0;
  });
});

const SIZE = 2 ** 31;
const CONCLUDED: readonly (readonly [what: string, printed: string, passes: Told, inConstantMemory: Told])[] = [
  ["nothing was printed", "", "no-tool", "no-tool"],
  [
    "the disk has too little room",
    "l 5 0 900\nl 6 1048900 900\nr 1073741824\n",
    "no-room: 1024 MiB",
    "no-room: 1024 MiB",
  ],
  ["it stopped on the way", "l 5 0 900\nl 6 524288000 900\n", "not-in-time: 500 MiB", "not-in-time: 500 MiB"],
  ["more arrived than was sent", `l 5 0 900\nl 6 ${SIZE * 2} 900\n`, "connection-not-seen", "connection-not-seen"],
  ["the site's programs were not seen", `l 5 0 -\nl 9 ${SIZE + 300} -\n`, true, "holders-not-seen"],
  ["one of them came to its end", `l 5 0 900\nl 8 ${SIZE} -\nl 9 ${SIZE} 100\n`, true, "holders-not-seen"],
  ["they grew, and shrank again", `l 5 0 900\nl 8 9 900000\nl 9 ${SIZE} 900\n`, true, false],
  ["lines are somebody else's", `l x y z\nr all\nw 999\nl 5 0 900\nl 9 ${SIZE} 900\n`, true, true],
];
for (const [what, printed, passes, inConstantMemory] of CONCLUDED) {
  test(`what is told where ${what}`, () => {
    const uploaded = concludeUploaded(SIZE, printed);
    assert.deepEqual([toTold(uploaded.passes), toTold(uploaded.inConstantMemory)], [passes, inConstantMemory]);
  });
}
