import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSocketServer, type Server } from "node:net";
import test from "node:test";
import { startStandIn } from "../demo/stand-in/start.ts";
import { tryCommand } from "./testing/try-command.ts";

async function listen(server: Server): Promise<{ place: string; close(): void }> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { place: `127.0.0.1:${port}`, close: () => void server.close() };
}

function serve(listener: RequestListener): ReturnType<typeof listen> {
  const server = createServer(listener);
  server.on("connection", (socket) => socket.unref());
  return listen(server);
}

test("an open Ollama is told with its version, what whoever gets there can do and what to do; exit code 1", async () => {
  const standIn = await startStandIn({ host: "127.0.0.1:0", version: "0.24.0" });
  try {
    const place = `127.0.0.1:${standIn.port}`;
    const { code, out, err } = await tryCommand(["probe", place]);
    assert.deepEqual([code, err], [1, ""]);
    assert.match(out, new RegExp(`^OPEN: Ollama 0\\.24\\.0 at http://${place} answers without a credential\\.`));
    assert.match(out, /A foreign Host header is refused\./);
    assert.match(out, /Whoever reaches it can:\n {4}- /);
    assert.match(out, /sudo portlock audit/);
    for (const { method } of standIn.requests) assert.match(method, /^(GET|HEAD)$/);

    const json = Object(JSON.parse((await tryCommand(["probe", place, "--json"])).out));
    assert.equal(json.schema, "portlock.probe/1");
    const [first] = json.probed;
    assert.deepEqual(
      [first.verdict, first.kind, first.version, first.hostCheck, first.askedByItself],
      ["open", "ollama", "0.24.0", "refuses", true],
    );
    assert.match((await tryCommand(["probe", place, "--lang", "zh"])).out, /^开放：/);
  } finally {
    await standIn.close();
  }
});

test("a host that asks itself is not told what strangers can do: others may be stopped on the way", async () => {
  const standIn = await startStandIn({ host: "127.0.0.1:0", version: "0.24.0" });
  try {
    for (const place of [`127.0.0.1:${standIn.port}`, `127.0.0.9:${standIn.port}`, `localhost:${standIn.port}`]) {
      const { out } = await tryCommand(["probe", place]);
      assert.doesNotMatch(out, /stranger/);
      if (out.startsWith("OPEN")) assert.match(out.replaceAll(/\s+/g, " "), /asked itself, .*`sudo portlock audit`/);
    }
  } finally {
    await standIn.close();
  }
});

test("a closed port exits with 0", async () => {
  const server = await listen(createSocketServer());
  server.close();
  const { code, out } = await tryCommand(["probe", server.place]);
  assert.match(out, /^CLOSED: /);
  assert.equal(code, 0);
});

test("a server that asks everybody for a credential is guarded, and exits with 0", async () => {
  const server = await serve((_request, response) => response.writeHead(401).end());
  const { code, out } = await tryCommand(["probe", server.place]);
  server.close();
  assert.match(out, /^GUARDED: /);
  assert.equal(code, 0);
});

test("a refusal without a word of credentials hides what is behind it: unknown, exit code 2", async () => {
  const server = await serve((_request, response) => response.writeHead(403).end());
  const { code, out } = await tryCommand(["probe", server.place]);
  server.close();
  assert.match(out, /^UNKNOWN: /);
  assert.equal(code, 2);
});

test("a redirect is told and not followed: what it leads to is unknown", async () => {
  const asked: string[] = [];
  const other = await serve((request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  const server = await serve((_request, response) =>
    response.writeHead(302, { location: `http://${other.place}/?ticket=swordfish` }).end(),
  );
  const { code, out } = await tryCommand(["probe", server.place]);
  server.close();
  other.close();
  assert.match(out, new RegExp(`^UNKNOWN: [^]*\\n {2}It sends you to http://${other.place}: `));
  assert.equal(code, 2);
  assert.doesNotMatch(out, /swordfish/);
  assert.deepEqual(asked, []);
});

test("a web site is none of ours, whatever it redirects besides", async () => {
  const server = await serve((request, response) =>
    request.url === "/" ? response.end("<title>Our team</title>") : response.writeHead(302, { location: "/" }).end(),
  );
  const { code, out } = await tryCommand(["probe", server.place]);
  server.close();
  assert.match(out, /^NONE: /);
  assert.equal(code, 0);
});

test("a server that never answers is unknown, in bounded time", async () => {
  const server = await listen(createSocketServer((socket) => socket.unref()).unref());
  const { code, out } = await tryCommand(["probe", server.place]);
  server.close();
  assert.match(out, /^UNKNOWN: .*no answer in time/);
  assert.equal(code, 2);
});

test("what does not speak HTTP is unknown", async () => {
  const server = await listen(createSocketServer((socket) => socket.end("SSH-2.0-test\r\n")));
  const { code, out } = await tryCommand(["probe", server.place]);
  server.close();
  assert.match(out, /^UNKNOWN: /);
  assert.equal(code, 2);
});

test("hostile answers do nothing in a terminal", async () => {
  const evil = "0.24.0\u001b[2J\u202e";
  const server = await serve((request, response) =>
    response.end(request.url === "/api/version" ? JSON.stringify({ version: evil }) : "Ollama is running"),
  );
  const { out } = await tryCommand(["probe", server.place]);
  const json = await tryCommand(["probe", server.place, "--json"]);
  server.close();
  assert.match(out, /Ollama/);
  for (const text of [out, json.out]) assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
});

test("of several places the worst counts, and a wrong one does not stop the others", async () => {
  const server = await serve((_request, response) => response.writeHead(401).end());
  const { code, out, err } = await tryCommand(["probe", server.place, "portlock-nobody.invalid"]);
  server.close();
  assert.match(out, /^GUARDED/);
  assert.match(err, /error name-unknown/);
  assert.equal(code, 2);
});
