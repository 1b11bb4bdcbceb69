import { randomBytes } from "node:crypto";
import type { Exchange, Handler } from "./exchange.ts";
import type { Ending, Wish } from "./inference.ts";
import { findModel, generate } from "./inference.ts";
import { toBindingError } from "./openai.ts";
import { toPrompt } from "./native.ts";
import { Refusal, booleanField, listField, numberField, readFields, textField } from "./request-body.ts";
import { sendEncodedJson, toJson, writePiece } from "./respond.ts";

/** POST /v1/messages: Anthropic's Messages, with its own events and errors. */

const FIVE_MINUTES_IN_MS = 300_000;
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  503: "overloaded_error",
};

/** Lets a handler's refusals leave in Anthropic's shape. */
export function withAnthropicErrors(handler: Handler): Handler {
  return async (exchange) => {
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof Refusal) || exchange.response.headersSent) {
        throw error;
      }
      const type = ERROR_TYPES[error.status] ?? "api_error";
      const body = { type: "error", error: { type, message: toBindingError(error.message) }, request_id: newId("req") };
      sendEncodedJson(exchange.response, error.status, body);
    }
  };
}

export async function answerMessages(exchange: Exchange): Promise<void> {
  const { request, response, signal } = exchange;
  const fields = await readFields(request);
  const name = textField(fields, "model");
  if (name === "") {
    throw new Refusal(400, "model is required");
  }
  const limit = numberField(fields, "max_tokens") ?? 0;
  if (limit <= 0) {
    throw new Refusal(400, "max_tokens is required and must be positive");
  }
  const messages = listField(fields, "messages") ?? [];
  if (messages.length === 0) {
    throw new Refusal(400, "messages is required");
  }
  const model = findModel(exchange, fields, name);
  if (model === null) {
    return;
  }
  const wish: Wish = { model, prompt: toPrompt(messages), limit, keepAliveMs: FIVE_MINUTES_IN_MS };
  const head = { id: newId("msg"), type: "message", role: "assistant", model: name };
  const streams = booleanField(fields, "stream") ?? false;
  let text = "";
  for await (const piece of generate(exchange, wish)) {
    if (piece.kind === "token") {
      text += piece.text;
    }
    if (!streams) {
      if (piece.kind === "end") {
        const content = [{ type: "text", text }];
        sendEncodedJson(response, 200, { ...head, content, stop_reason: toStopReason(piece), usage: toUsage(piece) });
      }
      continue;
    }
    if (!response.headersSent) {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      await writePiece(response, toOpening(head), signal);
    }
    const delta = piece.kind === "token" ? { type: "text_delta", text: piece.text } : null;
    const next = delta === null ? "" : toEvent("content_block_delta", { index: 0, delta });
    await writePiece(response, piece.kind === "end" ? toClosing(piece) : next, signal);
  }
  response.end();
}

function toOpening(head: Readonly<Record<string, unknown>>): string {
  const message = { ...head, content: [], usage: { input_tokens: 0, output_tokens: 0 } };
  return (
    toEvent("message_start", { message }) +
    toEvent("content_block_start", { index: 0, content_block: { type: "text", text: "" } })
  );
}

function toClosing(ending: Ending): string {
  return (
    toEvent("content_block_stop", { index: 0 }) +
    toEvent("message_delta", { delta: { stop_reason: toStopReason(ending) }, usage: toUsage(ending) }) +
    toEvent("message_stop", {})
  );
}

function toEvent(type: string, data: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${toJson({ type, ...data })}\n\n`;
}

function toStopReason(ending: Ending): string {
  return ending.reason === "length" ? "max_tokens" : "end_turn";
}

function toUsage(ending: Ending): Readonly<Record<string, number>> {
  return { input_tokens: ending.promptTokens, output_tokens: ending.tokens };
}

function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}
