import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as tls from "node:tls";
import { BODY_LIMIT_BYTES } from "./host.ts";
import type { ReadRequest, RequestOutcome } from "./host.ts";
import { formatAuthority, sendRequest } from "./http-request.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/** Listens on loopback until the test ends; the server is as hostile as `serve` makes it. */
async function listen(context: TestContext, serve: (socket: net.Socket) => void): Promise<ReadRequest> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { method: "GET", address: "127.0.0.1", port: portOf(server), path: "/" };
}

function portOf(server: net.Server): number {
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === "object");
  return bound.port;
}

function expectAnswer(outcome: RequestOutcome): Extract<RequestOutcome, { kind: "answered" }>["answer"] {
  assert.ok(outcome.kind === "answered", `no answer: ${JSON.stringify(outcome)}`);
  return outcome.answer;
}

/** Writes the same text again and again, as fast as the other side takes it. */
function flood(socket: net.Socket, text: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(text)) {}
  };
  socket.on("drain", more);
  more();
}

test("a plain answer comes back with its status, headers and body", async (context) => {
  const target = await listen(context, (socket) =>
    socket.end(
      "HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\n__proto__: p\r\nContent-Length: 4\r\n\r\n\xffgon",
      "latin1",
    ),
  );
  assert.deepEqual(expectAnswer(await sendRequest(target)), {
    status: 404,
    headers: Object.fromEntries([
      ["x-a", "1"],
      ["__proto__", "p"],
      ["content-length", "4"],
    ]),
    body: "\ufffdgon",
    truncated: false,
  });
});

test("the request names itself, asks once and carries the chosen Host and Origin", async (context) => {
  let asked = "";
  const target = await listen(context, (socket) => {
    socket.on("data", (chunk) => {
      asked += chunk.toString();
      socket.end(OK);
    });
  });
  await sendRequest({
    ...target,
    path: "/api/version?a=1",
    hostHeader: "rebind.example",
    origin: "https://page.example",
  });
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
  assert.deepEqual(
    asked
      .split("\r\n")
      .filter((line) => line !== "")
      .toSorted(),
    [
      "Accept: */*",
      "Connection: close",
      "GET /api/version?a=1 HTTP/1.1",
      "Host: rebind.example",
      "Origin: https://page.example",
      `User-Agent: portlock/${version} (+read-only audit)`,
    ],
  );
});

test("the default Host is the address and port, IPv6 in brackets", () => {
  assert.equal(formatAuthority("10.0.0.1", 80), "10.0.0.1:80");
  assert.equal(formatAuthority("::1", 11434), "[::1]:11434");
  assert.equal(formatAuthority("fe80::1%eth0", 1), "[fe80::1]:1");
});

test("HEAD ends at the header section", async (context) => {
  const target = await listen(context, (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"));
  const answer = expectAnswer(await sendRequest({ ...target, method: "HEAD" }));
  assert.deepEqual([answer.body, answer.truncated], ["", false]);
});

test("a proxy named in the environment is not asked", async (context) => {
  const target = await listen(context, (socket) => socket.end(OK));
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = "http://127.0.0.1:1/";
  context.after(() => {
    if (before === undefined) delete process.env["http_proxy"];
    else process.env["http_proxy"] = before;
  });
  assert.equal(expectAnswer(await sendRequest(target)).body, "hi");
});

test("a redirect is an answer, not a way", async (context) => {
  let connections = 0;
  const target = await listen(context, (socket) => {
    connections += 1;
    socket.end("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
  });
  assert.equal(expectAnswer(await sendRequest(target)).status, 302);
  assert.equal(connections, 1);
});

const HOSTILE: readonly {
  readonly name: string;
  readonly serve: (socket: net.Socket) => void;
  readonly outcome: RequestOutcome["kind"];
  readonly truncated?: boolean;
}[] = [
  { name: "never answers", serve: () => {}, outcome: "timeout" },
  { name: "closes at once", serve: (socket) => socket.end(), outcome: "closed" },
  { name: "resets the connection", serve: (socket) => socket.resetAndDestroy(), outcome: "closed" },
  { name: "speaks another protocol", serve: (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"), outcome: "not-http" },
  { name: "answers with random bytes", serve: (socket) => socket.end(Buffer.alloc(4096, 0x9b)), outcome: "not-http" },
  {
    name: "drips its header section for ever",
    serve: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nX: ");
      const timer = setInterval(() => socket.write("a"), 10);
      socket.on("close", () => clearInterval(timer));
    },
    outcome: "timeout",
  },
  {
    name: "sends headers without end",
    serve: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      flood(socket, `X-${"n".repeat(200)}: v\r\n`);
    },
    outcome: "not-http",
  },
  { name: "sends one endless header", serve: (socket) => flood(socket, "HTTP/1.1 200 OK "), outcome: "not-http" },
  {
    name: "sends interim answers without end",
    serve: (socket) => flood(socket, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    outcome: "not-http",
  },
  {
    name: "sends 100 Continue without end",
    serve: (socket) => flood(socket, "HTTP/1.1 100 Continue\r\n\r\n"),
    outcome: "not-http",
  },
  {
    name: "answers 1 GB",
    serve: (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 30}\r\n\r\n`);
      flood(socket, "x".repeat(65_536));
    },
    outcome: "answered",
    truncated: true,
  },
  {
    name: "answers for ever in chunks",
    serve: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const timer = setInterval(() => socket.write("1\r\na\r\n"), 10);
      socket.on("close", () => clearInterval(timer));
    },
    outcome: "answered",
    truncated: true,
  },
  {
    name: "breaks off in the middle of the body",
    serve: (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    outcome: "answered",
    truncated: true,
  },
  {
    name: "breaks its own chunking",
    serve: (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n"),
    outcome: "answered",
    truncated: true,
  },
  {
    name: "switches protocols unasked",
    serve: (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    outcome: "answered",
    truncated: true,
  },
];

/** Short where time is what ends the exchange. */
const TIMEOUT_MS: Readonly<Partial<Record<RequestOutcome["kind"], number>>> = { timeout: 300, answered: 1_500 };

for (const { name, serve, outcome, truncated } of HOSTILE) {
  test(`a server that ${name} comes to: ${outcome}`, async (context) => {
    const target = await listen(context, serve);
    const result = await sendRequest({ ...target, timeoutMs: TIMEOUT_MS[outcome] ?? 10_000 });
    assert.equal(result.kind, outcome, JSON.stringify(result));
    if (result.kind !== "answered") return;
    assert.equal(result.answer.truncated, truncated);
    assert.ok(result.answer.body.length <= BODY_LIMIT_BYTES);
  });
}

test("a body of exactly the cap is whole, one byte more is truncated", async (context) => {
  for (const extra of [0, 1]) {
    const size = BODY_LIMIT_BYTES + extra;
    const target = await listen(context, (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${"b".repeat(size)}`),
    );
    const answer = expectAnswer(await sendRequest(target));
    assert.deepEqual([answer.body.length, answer.truncated], [BODY_LIMIT_BYTES, extra === 1]);
  }
});

test("a closed port refuses", async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await sendRequest({ method: "GET", address: "127.0.0.1", port, path: "/" })).kind, "refused");
});

for (const address of ["224.0.0.1", "fe80::1%no-such-if"]) {
  test(`no connection leads to ${address}: unroutable`, async () => {
    assert.equal((await sendRequest({ method: "GET", address, port: 80, path: "/" })).kind, "unroutable");
  });
}

test("bytes after the end of the body break the answer off without losing the body", async (context) => {
  const target = await listen(context, (socket) => socket.end(`${OK} and more`));
  const answer = expectAnswer(await sendRequest(target));
  assert.deepEqual([answer.status, answer.body, answer.truncated], [200, "hi", true]);
});

const IMPOSSIBLE: readonly (readonly [string, Partial<ReadRequest>])[] = [
  ["a name instead of an address", { address: "localhost" }],
  ["an address in brackets", { address: "[::1]" }],
  ["port 0", { port: 0 }],
  ["a path without a slash", { path: "api" }],
  ["a path with a line break", { path: "/\r\nX: 1" }],
  ["a Host with a line break", { hostHeader: "a\r\nX: 1" }],
];
for (const [name, part] of IMPOSSIBLE) {
  test(`${name} is not sent`, async () => {
    const request: ReadRequest = { method: "GET", address: "127.0.0.1", port: 9, path: "/", ...part };
    assert.equal((await sendRequest(request)).kind, "not-possible");
  });
}

test("TLS is spoken to a server nobody vouches for, with the name that was given", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "portlock-test-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const [key, cert] = [join(directory, "key"), join(directory, "cert")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=lab"].concat([
      "-days",
      "1",
      "-keyout",
      key,
      "-out",
      cert,
    ]),
    { stdio: "ignore" },
  );
  const names: unknown[] = [];
  const server = tls.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    names.push(socket.servername);
    socket.on("error", () => {});
    socket.end(OK);
  });
  context.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const request: ReadRequest = { method: "GET", address: "127.0.0.1", port: portOf(server), path: "/", tls: true };
  assert.equal(expectAnswer(await sendRequest(request)).body, "hi");
  assert.equal(expectAnswer(await sendRequest({ ...request, hostHeader: "models.example:443" })).body, "hi");
  assert.equal(
    expectAnswer(await sendRequest({ ...request, hostHeader: "other.example", serverName: "real.example" })).body,
    "hi",
  );
  assert.deepEqual(names, [false, "models.example", "real.example"]);
  assert.equal((await sendRequest({ ...request, tls: false })).kind, "closed");
});

for (const [name, serve, outcome] of [
  ["a plain HTTP server", (socket: net.Socket) => socket.end(OK), "tls-failed"],
  ["a server that hangs up on the handshake", (socket: net.Socket) => socket.end(), "tls-failed"],
  ["a server that is silent", () => {}, "timeout"],
] as const) {
  test(`TLS spoken to ${name} comes to: ${outcome}`, async (context) => {
    const target = await listen(context, serve);
    assert.equal((await sendRequest({ ...target, tls: true, timeoutMs: TIMEOUT_MS[outcome] ?? 10_000 })).kind, outcome);
  });
}

test("an aborted exchange ends at once", async (context) => {
  const target = await listen(context, () => {});
  const closing = new AbortController();
  const outcome = sendRequest({ ...target, timeoutMs: 60_000 }, { signal: closing.signal });
  closing.abort();
  assert.equal((await outcome).kind, "not-possible");
});
