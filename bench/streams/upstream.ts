/**
 * A model server for benches, in a process of its own. A chat streams lines of NDJSON, each with the moment it was
 * written on the clock that all processes of a machine share; how many and how fast stands in the prompt. Tells its
 * parent the port it listens on, and when the connection of a stream was closed before its end.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { VERSION } from "./answers.ts";
import { toPlan, type StreamPlan, type UpstreamNote } from "./stream-plan.ts";

const COMPLETION = JSON.stringify({
  id: "bench",
  object: "chat.completion",
  model: "bench",
  choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(800) }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

function tell(note: UpstreamNote): void {
  process.send?.(note);
}

/** Milliseconds on the monotonic clock, with microseconds behind the point. */
function stamp(): string {
  return (Number(process.hrtime.bigint()) / 1e6).toFixed(3);
}

function stream(response: ServerResponse, plan: StreamPlan): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  let sent = 0;
  let timer: NodeJS.Timeout | null = null;
  const write = (): void => {
    sent += 1;
    const isLast = sent === plan.chunks;
    const line = { model: "bench", message: { role: "assistant", content: `${sent}:${stamp()}` }, done: isLast };
    const usage = isLast ? { prompt_eval_count: 1, eval_count: sent } : {};
    response.write(`${JSON.stringify({ ...line, ...usage })}\n`);
    if (isLast) response.end();
    else timer = setTimeout(write, plan.paceMs);
  };
  response.once("close", () => {
    if (timer !== null) clearTimeout(timer);
    if (!response.writableFinished && plan.id) tell({ kind: "closed", id: plan.id, at: stamp() });
  });
  if (plan.waitMs === 0) write();
  else timer = setTimeout(write, plan.waitMs);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  if (request.url !== "/api/chat") {
    const whole = request.method === "POST" ? COMPLETION : VERSION;
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
    response.end(whole);
    return;
  }
  stream(response, toPlan(Buffer.concat(parts).toString()));
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen({ host: "127.0.0.1", port: 0, backlog: 8192 }, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") tell({ kind: "listening", port: address.port });
});
process.once("disconnect", () => process.exit());
