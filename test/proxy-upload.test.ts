/**
 * A model that is uploaded goes through each proxy as it comes: the proxy's memory does not grow with it, and nothing
 * of it comes to rest on its disk.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isFull } from "../lab/extent.ts";
import { makeCredential } from "../src/commands/make-credential.ts";
import { PROXY_KINDS, type ProxyKind } from "../src/proxy/site.ts";
import { findFreePort, listen, makeSiteText } from "./a-proxy-site.ts";
import { readInstalledVersion, startProxy } from "./proxy-programs.ts";

const MIB = 1024 * 1024;
/** 2 GiB in the long form. */
const PIECES = isFull ? 2048 : 192;
const PIECE = Buffer.alloc(MIB, "model");
/** Far below what is uploaded, far above what a busy proxy takes for itself. */
const MOST_GROWTH_MIB = 96;
const BLOB = `/api/blobs/sha256:${"a".repeat(64)}`;

/** Most memory that a process and its children have held, MiB. */
function readPeak(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  const own = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return Number(own) / 1024 + children.reduce((sum, child) => sum + readPeak(Number(child)), 0);
}

function readSize(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

async function upload(port: number, authorization: string): Promise<number> {
  const asked = request({
    host: "127.0.0.1",
    port,
    method: "POST",
    path: BLOB,
    headers: { authorization, "content-length": PIECES * MIB },
    agent: false,
  });
  const answered = once(asked, "response");
  for (let piece = 0; piece < PIECES; piece += 1) {
    if (!asked.write(PIECE)) await once(asked, "drain");
  }
  asked.end();
  const [response] = await answered;
  response.resume();
  return response.statusCode;
}

async function tryUpload(kind: ProxyKind, folder: string): Promise<void> {
  let bytes = 0;
  const model = createServer({ requestTimeout: 0 }, (message, response) => {
    message.on("data", (chunk: Buffer) => (bytes += chunk.length));
    message.on("end", () => response.writeHead(201).end());
  });
  const upstream = await listen(model);
  const port = await findFreePort();
  const people = join(folder, "people");
  const { authorization, line } = await makeCredential(kind, "bearer", "alice");
  writeFileSync(people, `${line}\n`);
  const made = makeSiteText(
    kind,
    { id: "upload", auth: { kind: "bearer", file: people }, scopes: ["manage"] },
    { port, upstream },
  );
  const proxy = await startProxy(kind, made, folder, port);
  try {
    const before = readPeak(proxy.pid);
    assert.equal(await upload(port, authorization), 201);
    assert.equal(bytes, PIECES * MIB);
    const grown = readPeak(proxy.pid) - before;
    assert.ok(grown < MOST_GROWTH_MIB, `${kind} grew by ${grown.toFixed(0)} MiB`);
    assert.ok(readSize(folder) < 8 * MIB, `${kind} keeps ${readSize(folder)} bytes`);
  } finally {
    await proxy.end();
    model.closeAllConnections();
    model.close();
  }
}

for (const kind of PROXY_KINDS) {
  const skip = readInstalledVersion(kind) === null ? `${kind} is not installed` : false;
  test(`${PIECES} MiB go through ${kind} in constant memory`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "portlock-upload-"));
    try {
      await tryUpload(kind, folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
