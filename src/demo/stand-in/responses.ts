import { randomInt } from "node:crypto";
import type { Exchange } from "./exchange.ts";
import type { Ending, Wish } from "./inference.ts";
import { findModel, generate } from "./inference.ts";
import type { Fields } from "./request-body.ts";
import { Refusal, booleanField, field, numberField, readFields, textField } from "./request-body.ts";
import { sendEncodedJson, toJson, writePiece } from "./respond.ts";

/** POST /v1/responses: OpenAI's event stream with numbered events, or one response object. */

const FIVE_MINUTES_IN_MS = 300_000;

export async function answerResponses(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  const input = field(fields, "input");
  if (input !== undefined && typeof input !== "string" && !Array.isArray(input)) {
    const kind = typeof input === "object" ? "object" : typeof input;
    throw new Refusal(400, `input must be a string or array: json: cannot unmarshal ${kind} into Go value of type []T`);
  }
  const model = findModel(exchange, fields, name, "chat");
  if (model === null) {
    return;
  }
  const wish: Wish = {
    model,
    prompt: typeof input === "string" ? input : JSON.stringify(input ?? ""),
    limit: numberField(fields, "max_output_tokens") ?? null,
    keepAliveMs: FIVE_MINUTES_IN_MS,
  };
  if (booleanField(fields, "stream") === true) {
    await stream(exchange, fields, wish);
    return;
  }
  const ids = newIds();
  let text = "";
  for await (const piece of generate(exchange, wish)) {
    if (piece.kind === "token") {
      text += piece.text;
    } else {
      sendEncodedJson(exchange.response, 200, toResponse(fields, ids, "completed", text, piece));
    }
  }
}

interface Ids {
  readonly response: string;
  readonly item: string;
}

function newIds(): Ids {
  return { response: `resp_${randomInt(999_999)}`, item: `msg_${randomInt(999_999)}` };
}

async function stream(exchange: Exchange, fields: Fields, wish: Wish): Promise<void> {
  const { response, signal } = exchange;
  const ids = newIds();
  const place = { item_id: ids.item, output_index: 0, content_index: 0 };
  let number = 0;
  const event = (type: string, data: Readonly<Record<string, unknown>>): string =>
    `event: ${type}\ndata: ${toJson({ ...data, sequence_number: number++, type })}\n\n`;
  const begun = toResponse(fields, ids, "in_progress", null, null);
  const opening =
    event("response.created", { response: begun }) +
    event("response.in_progress", { response: begun }) +
    event("response.output_item.added", { output_index: 0, item: { ...toItem(ids, "in_progress", ""), content: [] } }) +
    event("response.content_part.added", { ...place, part: toPart("") });
  let text = "";
  for await (const piece of generate(exchange, wish)) {
    if (!response.headersSent) {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      await writePiece(response, opening, signal);
    }
    if (piece.kind === "token") {
      text += piece.text;
      const delta = event("response.output_text.delta", { ...place, delta: piece.text, logprobs: [] });
      await writePiece(response, delta, signal);
      continue;
    }
    const closing =
      event("response.output_text.done", { ...place, text, logprobs: [] }) +
      event("response.content_part.done", { ...place, part: toPart(text) }) +
      event("response.output_item.done", { output_index: 0, item: toItem(ids, "completed", text) }) +
      event("response.completed", { response: toResponse(fields, ids, "completed", text, piece) });
    await writePiece(response, closing, signal);
  }
  response.end();
}

function toPart(text: string): Readonly<Record<string, unknown>> {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function toItem(ids: Ids, status: string, text: string): Readonly<Record<string, unknown>> {
  return { id: ids.item, type: "message", status, role: "assistant", content: [toPart(text)] };
}

function toResponse(
  fields: Fields,
  ids: Ids,
  status: "in_progress" | "completed",
  text: string | null,
  ending: Ending | null,
): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1_000);
  const instructions = textField(fields, "instructions");
  return {
    id: ids.response,
    object: "response",
    created_at: now,
    completed_at: status === "completed" ? now : null,
    status,
    incomplete_details: null,
    model: textField(fields, "model"),
    previous_response_id: null,
    instructions: instructions === "" ? null : instructions,
    output: text === null ? [] : [toItem(ids, "completed", text)],
    error: null,
    tools: field(fields, "tools") ?? [],
    tool_choice: "auto",
    truncation: "disabled",
    parallel_tool_calls: true,
    text: { format: { type: "text" } },
    top_p: numberField(fields, "top_p") ?? 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    temperature: numberField(fields, "temperature") ?? 1,
    reasoning: null,
    usage: ending === null ? null : toUsage(ending),
    max_output_tokens: numberField(fields, "max_output_tokens") ?? null,
    max_tool_calls: null,
    store: false,
    background: false,
    service_tier: "default",
    metadata: {},
    safety_identifier: null,
    prompt_cache_key: null,
  };
}

function toUsage(ending: Ending): Readonly<Record<string, unknown>> {
  return {
    input_tokens: ending.promptTokens,
    output_tokens: ending.tokens,
    total_tokens: ending.promptTokens + ending.tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
}
