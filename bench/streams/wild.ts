/**
 * A model server and clients that do whatever they like, for the soak of the whole gateway: it answers, fails, dies
 * before or within an answer or keeps silent; they stay, or leave before, during or right after the request.
 */
import { once } from "node:events";
import { Agent, createServer, request, type Server, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface WildServer {
  readonly port: number;
  close(): void;
}

function toLine(isLast: boolean): string {
  const usage = isLast ? { prompt_eval_count: 3, eval_count: 4 } : {};
  return `${JSON.stringify({ model: "wild", message: { content: "x" }, done: isLast, ...usage })}\n`;
}

async function answer(response: ServerResponse, random: () => number): Promise<void> {
  const fate = random();
  if (fate < 0.08) {
    response.destroy();
    return;
  }
  if (fate < 0.14) {
    response.writeHead(500, { "content-type": "application/json" }).end('{"error":"no"}');
    return;
  }
  // Silent for longer than its clients stay.
  if (fate < 0.2) await pause(60);
  if (response.destroyed) return;
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const lines = 1 + Math.floor(random() * 5);
  for (let line = 1; line <= lines; line += 1) {
    response.write(toLine(line === lines));
    if (fate > 0.92 && line > 1) {
      response.destroy();
      return;
    }
    if (random() < 0.3) await pause(1);
  }
  response.end();
}

export async function startWildServer(random: () => number): Promise<WildServer> {
  const server: Server = createServer((asked, response) => {
    response.on("error", () => {});
    asked.on("error", () => {});
    asked.resume().once("end", () => void answer(response, random));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: address !== null && typeof address === "object" ? address.port : 0, close };
}

/** Sends one chat and stays or leaves; resolves with its status, or how it ended without one. */
async function visit(agent: Agent, port: number, authorization: string, random: () => number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const body = JSON.stringify({ model: "wild", messages: [{ role: "user", content: "hello" }] });
  const headers = { authorization, "content-type": "application/json", "content-length": body.length };
  const asked = request({ agent, host: "127.0.0.1", port, method: "POST", path: "/api/chat", headers });
  const leaves = random() < 0.3;
  const timer = leaves ? setTimeout(() => asked.destroy(), random() * 40) : null;
  let status = "no answer";
  asked.once("error", () => {});
  asked.once("response", (response) => {
    status = String(response.statusCode);
    response.on("error", () => {});
    response.resume();
    if (leaves && random() < 0.3) response.destroy();
  });
  asked.once("close", () => {
    if (timer !== null) clearTimeout(timer);
    resolve(leaves ? "left" : status);
  });
  asked.end(body);
  return promise;
}

/** That many chats by so many clients; how they ended. */
export async function sendWildClients(options: {
  readonly port: number;
  readonly requests: number;
  readonly clients: number;
  readonly authorizations: readonly string[];
  readonly random: () => number;
  readonly look: (done: number) => void;
}): Promise<ReadonlyMap<string, number>> {
  const { port, requests, clients, authorizations, random, look } = options;
  const agent = new Agent({ keepAlive: true });
  const outcomes = new Map<string, number>();
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1;
      if (sent % 1000 === 0) look(sent);
      const authorization = authorizations[Math.floor(random() * authorizations.length)] ?? "";
      const how = await visit(agent, port, authorization, random);
      outcomes.set(how, (outcomes.get(how) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return outcomes;
}
