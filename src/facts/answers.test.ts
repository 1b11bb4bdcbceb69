import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import test, { type TestContext } from "node:test";
import { openLocalHost } from "../host/local.ts";
import type { ReadRequest, RequestOutcome } from "../host/host.ts";
import { type Answer, type Question, startAsking } from "./answers.ts";
import type { Target } from "./targets.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

const ROOT: Question = { id: "GET /", method: "GET", path: "/" };
const VERSION: Question = { id: "GET /api/version", method: "GET", path: "/api/version" };
const FOREIGN: Question = {
  ...VERSION,
  id: "GET /api/version foreign",
  host: "rebind.example",
  origin: "https://page.example",
};
const WANTED = { questions: [ROOT, VERSION], furtherQuestions: () => [FOREIGN], recognises: () => true };

async function listen(context: TestContext, server: Server | TcpServer): Promise<number> {
  context.after(() => server.close());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

function at(port: number, likely = true): Target {
  return { address: "127.0.0.1", port, namespace: null, likely };
}

function summarize(answers: readonly Answer[]): readonly string[] {
  return answers.map(({ question, outcome }) => `${question} ${outcome.kind}`);
}

test("a server is asked what every listener is asked, then what its answers call for, as a stranger", async (context) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers.origin ?? "-"}`);
    response.end("Ollama is running");
  });
  const port = await listen(context, server);
  const host = openLocalHost();
  const answers = await startAsking(host, WANTED).finish([at(port)]);
  await host.close();
  assert.deepEqual(seen, [
    `GET / 127.0.0.1:${port} -`,
    `GET /api/version 127.0.0.1:${port} -`,
    `GET /api/version rebind.example:${port} https://page.example`,
  ]);
  assert.deepEqual(summarize(answers), [
    "GET / answered",
    "GET /api/version answered",
    "GET /api/version foreign answered",
  ]);
});

test("a listener that speaks something else gets no second question", async (context) => {
  let greeted = 0;
  const server = createTcpServer((socket) => {
    greeted += 1;
    socket.on("error", () => {});
    socket.end("SSH-2.0-OpenSSH_9.2p1\r\n");
  });
  const port = await listen(context, server);
  const host = openLocalHost();
  const answers = await startAsking(host, WANTED).finish([at(port)]);
  await host.close();
  assert.deepEqual(summarize(answers), ["GET / not-http"]);
  assert.ok(greeted <= 2, "one request in the clear, one over TLS");
});

test("a port on which nothing answers is asked once", async () => {
  const host = openLocalHost();
  const answers = await startAsking(host, WANTED).finish([at(1)]);
  await host.close();
  assert.deepEqual(summarize(answers), ["GET / refused"]);
});

function answered(status: number, body: string): RequestOutcome {
  return { kind: "answered", answer: { status, headers: {}, body, truncated: false } };
}

for (const [what, plain] of [
  ["hangs up on plain HTTP", { kind: "closed" }],
  ["says that it wants HTTPS", answered(400, "Client sent an HTTP request to an HTTPS server.\n")],
] as const) {
  test(`a server that ${what} is asked over TLS`, async () => {
    const host = openWrittenHost({
      answer: async (request: ReadRequest) => (request.tls === true ? answered(200, "ok") : plain),
    });
    const answers = await startAsking(host, { ...WANTED, furtherQuestions: () => [] }).finish([at(8000)]);
    assert.deepEqual(summarize(answers), ["GET / answered", "GET /api/version answered"]);
    assert.ok(answers.every(({ tls }) => tls === true));
  });
}

test("questions without end are cut off", async () => {
  let asked = 0;
  const host = openWrittenHost({
    answer: async () => {
      asked += 1;
      return answered(200, "{}");
    },
  });
  const furtherQuestions = (answers: readonly Answer[]) => [{ ...ROOT, id: `GET / ${answers.length}` }];
  await startAsking(host, { ...WANTED, questions: [ROOT], furtherQuestions }).finish([at(8000)]);
  assert.equal(asked, 16);
});

test("listeners that never answer are given up, all at the same time", async (context) => {
  const silent = createTcpServer((socket) => void socket.on("error", () => {}));
  const port = await listen(context, silent);
  const host = openLocalHost();
  const addresses = Array.from({ length: 32 }, (_, index) => ({
    namespace: `net:[${index}]`,
    likely: index % 2 === 0,
  }));
  const targets = addresses.map((each) => ({ ...at(port), ...each }));
  const answers = await startAsking(host, WANTED).finish(targets);
  await host.close();
  // The door ends the likely ones itself after two seconds; the others had a tenth of that.
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    targets.map(({ likely }) => ({ kind: "timeout", ...(likely ? {} : { detail: "no time was left to wait" }) })),
  );
});

/** A server that thinks for that long over its answer; null: for ever. */
async function listenSlowly(
  context: TestContext,
  thinkMs: number | null,
): Promise<{ readonly port: number; readonly asked: () => number }> {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    if (thinkMs !== null) setTimeout(() => response.end("Ollama is running"), thinkMs);
  });
  return { port: await listen(context, server), asked: () => asked };
}

for (const [what, likely, thinkMs, outcome] of [
  // Longer than an unlikely one is waited for.
  ["is waited for once its process is known for a model server's", true, 600, "answered"],
  // How long that is grows with the load of the machine: this one never answers.
  ["is not waited for where nothing speaks for it", false, null, "timeout: no time was left to wait"],
] as const) {
  test(`a slow listener that is asked before its holder is known ${what}, and asked once`, async (context) => {
    const { port, asked } = await listenSlowly(context, thinkMs);
    const host = openLocalHost();
    const asking = startAsking(host, { ...WANTED, questions: [ROOT], furtherQuestions: () => [] });
    asking.begin([at(port, false)]);
    const answers = await asking.finish([at(port, likely)]);
    await host.close();
    const outcomes = answers.map((each) => each.outcome);
    assert.deepEqual(
      outcomes.map((each) => (each.kind === "timeout" ? `timeout: ${each.detail}` : each.kind)),
      [outcome],
    );
    assert.equal(asked(), 1);
  });
}

const SERVER = `
const server = require("node:http").createServer((request, response) => {
  console.log("asked");
  response.end("Ollama is running");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

test("what came in while files were read is heard, however late it is looked at", async (context) => {
  const child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill());
  const [started] = await once(child.stdout, "data");
  const host = openLocalHost();
  const asking = startAsking(host, { ...WANTED, questions: [ROOT], furtherQuestions: () => [] });
  asking.begin([at(Number(started), false)]);
  await once(child.stdout, "data");
  // Files of /proc are read synchronously: nothing else is done, for longer than the listener is waited for.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  const answers = await asking.finish([at(Number(started), false)]);
  await host.close();
  assert.deepEqual(summarize(answers), ["GET / answered"]);
});

test("a server behind a slow door has its whole time", async () => {
  const slow = {
    ...openWrittenHost({
      answer: async () => {
        await new Promise((resolve) => setTimeout(resolve, 400));
        return answered(200, "{}");
      },
    }),
    lagMs: 400,
  };
  const questions = Array.from({ length: 10 }, (_, number) => ({ ...ROOT, id: `GET / ${number}` }));
  const answers = await startAsking(slow, { ...WANTED, questions, furtherQuestions: () => [] }).finish([at(8000)]);
  assert.equal(answers.length, 10);
  assert.ok(answers.every(({ outcome }) => outcome.kind === "answered"));
});

test("of headers a session, and whatever else is of no use, is dropped; so are the pages of a stranger", async (context) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { Server: "uvicorn", "Set-Cookie": "session=s3cret", "X-Api-Key": "s3cret" });
    response.end("a page with s3cret in it");
  });
  const port = await listen(context, server);
  const host = openLocalHost();
  const stranger = await startAsking(host, { ...WANTED, recognises: () => false }).finish([at(port)]);
  const known = await startAsking(host, WANTED).finish([at(port)]);
  await host.close();
  assert.doesNotMatch(JSON.stringify(stranger), /s3cret/);
  assert.deepEqual(
    [...stranger, ...known].map(({ outcome }) => outcome.kind === "answered" && outcome.answer),
    [
      ...stranger.map(() => ({ status: 200, headers: { server: "uvicorn" }, body: "", truncated: true })),
      ...known.map(() => ({
        status: 200,
        headers: { server: "uvicorn" },
        body: "a page with s3cret in it",
        truncated: false,
      })),
    ],
  );
});
