import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import test, { type TestContext } from "node:test";
import { openLocalHost } from "../host/local.ts";
import type { ReadRequest, RequestOutcome } from "../host/host.ts";
import { type Answer, gatherAnswers, type Question } from "./answers.ts";
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
  const { answers, unasked } = await gatherAnswers(host, [at(port)], WANTED);
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
  assert.equal(unasked, 0);
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
  const { answers } = await gatherAnswers(host, [at(port)], WANTED);
  await host.close();
  assert.deepEqual(summarize(answers), ["GET / not-http"]);
  assert.ok(greeted <= 2, "one request in the clear, one over TLS");
});

test("a port on which nothing answers is asked once", async () => {
  const host = openLocalHost();
  const { answers } = await gatherAnswers(host, [at(1)], WANTED);
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
    const { answers } = await gatherAnswers(host, [at(8000)], { ...WANTED, furtherQuestions: () => [] });
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
  await gatherAnswers(host, [at(8000)], { ...WANTED, questions: [ROOT], furtherQuestions });
  assert.equal(asked, 16);
});

test("listeners that never answer hold nobody up for longer than the time for all questions", async (context) => {
  const server = createTcpServer((socket) => void socket.on("error", () => {}));
  const port = await listen(context, server);
  const host = openLocalHost();
  const targets = Array.from({ length: 32 }, (_, index) => at(port, index % 2 === 0));
  const { answers, unasked } = await gatherAnswers(host, targets, WANTED);
  await host.close();
  // Each of 16 likely servers had two seconds, each of the 16 others a fifth of a second.
  assert.equal(answers.length, 16 + 16);
  assert.ok(answers.every(({ outcome }) => outcome.kind === "timeout"));
  assert.equal(unasked, 0);
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
  const { answers, unasked } = await gatherAnswers(slow, [at(8000)], {
    ...WANTED,
    questions,
    furtherQuestions: () => [],
  });
  assert.deepEqual([answers.length, unasked], [10, 0]);
  assert.ok(answers.every(({ outcome }) => outcome.kind === "answered"));
});

test("of headers a session, and whatever else is of no use, is dropped; so are the pages of a stranger", async (context) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { Server: "uvicorn", "Set-Cookie": "session=s3cret", "X-Api-Key": "s3cret" });
    response.end("a page with s3cret in it");
  });
  const port = await listen(context, server);
  const host = openLocalHost();
  const stranger = await gatherAnswers(host, [at(port)], { ...WANTED, recognises: () => false });
  const known = await gatherAnswers(host, [at(port)], WANTED);
  await host.close();
  assert.doesNotMatch(JSON.stringify(stranger), /s3cret/);
  assert.deepEqual(
    [...stranger.answers, ...known.answers].map(({ outcome }) => outcome.kind === "answered" && outcome.answer),
    [
      ...stranger.answers.map(() => ({ status: 200, headers: { server: "uvicorn" }, body: "", truncated: true })),
      ...known.answers.map(() => ({
        status: 200,
        headers: { server: "uvicorn" },
        body: "a page with s3cret in it",
        truncated: false,
      })),
    ],
  );
});
