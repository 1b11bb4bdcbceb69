/** Servers that mean no good, beside an honest one whose verdict must not suffer. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "../src/judge/server.ts";
import { type Audit, CHECKOUT_INSIDE, NODE_INSIDE } from "./audit.ts";
import { TRAP_PORT } from "./hostile/servers.ts";
import { assertInert, runPortlock, type Watched } from "./hostile/run-portlock.ts";
import type { BackgroundProcess } from "./background.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;
const HONEST_PORT = 11_434;
/** Far above what an audit takes, far below what a server could make it take. */
const MOST_MEGABYTES = 320;

/**
 * What somebody who listens here does, on ports on which model servers are looked for, and what he comes to: a
 * server of this kind and version, or nobody.
 */
const NEIGHBOURS: readonly (readonly [port: number, does: string, is: string])[] = [
  [80, "never answers", "nobody"],
  [1234, "drips a byte a second", "nobody"],
  [3000, "drips its headers", "nobody"],
  [4000, "answers for ever", "nobody"],
  [5000, "answers a gigabyte at once", "nobody"],
  [5001, "sends headers without end", "nobody"],
  [8000, "sends interim answers without end", "nobody"],
  [8080, "redirects elsewhere", "nobody"],
  [443, "TLS: has ten thousand models", "ollama 0.20.0"],
  [7997, "answers other types than it should", "ollama null"],
  [8188, "answers deep objects", "ollama null"],
  [8265, "names a header __proto__", "llama-cpp null"],
  [9997, "answers deep JSON", "ollama null"],
  [23_333, "puts escapes in its version and its models", "ollama null"],
  [30_000, "has ten thousand models", "ollama 0.20.0"],
  [30_080, "answers broken JSON", "ollama null"],
  [20_001, "hangs up", "nobody"],
  [20_002, "speaks HTTP/0.9", "nobody"],
  [20_003, "speaks noise", "nobody"],
  [20_004, "puts escapes in its status line", "nobody"],
  [20_005, "packs a bomb", "nobody"],
  [20_006, "TLS: never answers", "nobody"],
  [TRAP_PORT, "is a trap", "nobody"],
];

/** Two dozen programs start at once, on a machine that may be busy. */
async function waitForCrowd(crowd: BackgroundProcess): Promise<void> {
  for (const deadline = Date.now() + 60_000; !crowd.output().includes("ready"); await sleep(50)) {
    if (Date.now() > deadline) throw new Error(`the hostile servers did not start:\n${crowd.output()}`);
  }
}

function toIdentity(servers: readonly Server[], port: number): string {
  const server = servers.find(({ listeners }) => listeners.some((listener) => listener.port === port));
  return server === undefined ? "nobody" : `${server.kind} ${server.version}`;
}

describe("hostile servers", { skip, timeout: 240_000 }, () => {
  let lab: Lab;
  let host: Host;
  let crowd: BackgroundProcess;
  let pages: readonly Watched[] = [];
  let report: Audit["report"];

  before(async () => {
    lab = openLab();
    host = await lab.host({ systemd: true });
    await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
    await host.run(["mkdir", "/tmp/tls"]);
    const certificate = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=\u202eevil"];
    await host.run(["openssl", "req", ...certificate, "-keyout", "/tmp/tls/key.pem", "-out", "/tmp/tls/cert.pem"]);
    await host.run(["chmod", "-R", "a+rX", "/tmp/tls"]);
    crowd = await host.spawn(
      [
        NODE_INSIDE,
        `${CHECKOUT_INSIDE}/lab/hostile/servers.ts`,
        ...NEIGHBOURS.map(([port, does]) => `${does}=${port}`),
      ],
      { env: { PORTLOCK_HOSTILE_TLS: "/tmp/tls" } },
    );
    await waitForCrowd(crowd);
    const document = await runPortlock(host, "audit", "--json");
    const texts = [["audit"], ["audit", "--lang", "zh-CN", "--plain"]].map((args) => runPortlock(host, ...args));
    pages = [document, ...(await Promise.all(texts))];
    report = JSON.parse(document.stdout);
  });
  after(() => lab.close());

  for (const [port, does, is] of NEIGHBOURS) {
    test(`whoever ${does} is ${is}`, () => assert.equal(toIdentity(report.servers, port), is));
  }

  test("the honest server is told as it is", async () => {
    const honest = report.servers.find(({ runBy }) => runBy.kind === "systemd");
    assert.equal(honest?.verdict, "exposed");
    assert.equal((await host.outsider.get(host.addresses.eth0.ipv4, HONEST_PORT)).kind, "answered");
    const open = honest?.routes.filter(({ verdict }) => verdict === "open").map(({ from }) => from.vantage);
    assert.ok(open?.includes("internet") && open.includes("neighbour"), JSON.stringify(open));
  });

  test("every page and document is clear, inert and made in bounded memory", () => {
    for (const { exitCode, stdout, stderr, peakMegabytes } of pages) {
      assert.equal(exitCode, 1);
      assert.equal(stderr, "");
      assertInert(stdout);
      assert.ok(peakMegabytes < MOST_MEGABYTES, `${peakMegabytes} MB`);
    }
    assert.equal(report.verdict, "exposed");
  });

  test("no redirect was followed", () => assert.doesNotMatch(crowd.output(), /followed/));
});

test(
  "whoever poses as Ollama on forty silent sockets does not hide the honest one",
  { skip, timeout: 120_000 },
  async () => {
    const lab = openLab();
    try {
      const host = await lab.host({ systemd: true });
      await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0"] });
      const script = `for (let port = 1025; port < 1065; port += 1) require("net").createServer((socket) => {
      socket.on("error", () => {});
      if (port % 2 === 1) socket.write("HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\na");
    }).listen(port, "0.0.0.0");`;
      await host.write("/tmp/poser/serve", script);
      await host.run(["cp", NODE_INSIDE, "/tmp/poser/ollama"]);
      await host.spawn(["sh", "-c", "cd /tmp/poser && exec ./ollama serve"], { user: "nobody" });
      await host.waitForPort(1064);
      const { report } = await host.audit();
      const honest = report.servers.find(({ runBy }) => runBy.kind === "systemd");
      assert.equal(honest?.verdict, "exposed");
      assert.ok(report.missing.some(({ fact }) => fact === "answers"));
    } finally {
      lab.close();
    }
  },
);
