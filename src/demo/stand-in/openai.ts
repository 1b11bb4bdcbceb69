import { randomInt } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Exchange, Handler } from "./exchange.ts";
import type { Ending, Piece, Wish } from "./inference.ts";
import { countTokens, findModel, generate } from "./inference.ts";
import { embed } from "./embedding.ts";
import { parseModelName } from "./model-name.ts";
import { toInputs, toPrompt } from "./native.ts";
import type { Fields } from "./request-body.ts";
import {
  NO_BODY,
  Refusal,
  booleanField,
  field,
  listField,
  numberField,
  objectField,
  readBody,
  readFields,
  textField,
} from "./request-body.ts";
import { sendEncodedJson, toJson, writePiece } from "./respond.ts";

/** The OpenAI routes under /v1, except /v1/responses. */

const FIVE_MINUTES_IN_MS = 300_000;
const AUDIO_LIMIT_BYTES = 25 * 1024 * 1024;

/** Lets a handler's refusals leave in OpenAI's shape. */
export function withOpenAiErrors(handler: Handler): Handler {
  return async (exchange) => {
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof Refusal) || exchange.response.headersSent) {
        throw error;
      }
      sendOpenAiError(exchange.response, error.status, toBindingError(error.message));
    }
  };
}

/** The middleware of the /v1 routes hands on what gin says of a body that is not there. */
export function toBindingError(message: string): string {
  return message === NO_BODY ? "EOF" : message;
}

function sendOpenAiError(response: ServerResponse, status: number, message: string): void {
  const types: Readonly<Record<number, string>> = { 400: "invalid_request_error", 404: "not_found_error" };
  const error = { message, type: types[status] ?? "api_error", param: null, code: null };
  sendEncodedJson(response, status, { error });
}

/** POST /v1/chat/completions */
export async function answerChatCompletions(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  const messages = listField(fields, "messages") ?? [];
  if (messages.length === 0) {
    throw new Refusal(400, "[] is too short - 'messages'");
  }
  const wish = toWish(exchange, fields, toPrompt(messages));
  if (wish === null) {
    return;
  }
  const head = {
    id: `chatcmpl-${randomInt(999)}`,
    created: toUnixTime(),
    model: name,
    system_fingerprint: "fp_ollama",
  };
  await answer(exchange, fields, wish, {
    chunk: (content, reason) => ({
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: reason }],
    }),
    whole: (content, ending) => ({
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: ending.reason }],
      usage: toUsage(ending),
    }),
  });
}

/** POST /v1/completions */
export async function answerCompletions(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const wish = toWish(exchange, fields, textField(fields, "prompt"));
  if (wish === null) {
    return;
  }
  const name = textField(fields, "model");
  const head = { id: `cmpl-${randomInt(999)}`, object: "text_completion", created: toUnixTime(), model: name };
  const choice = (text: string, reason: string | null): Readonly<Record<string, unknown>> => ({
    ...head,
    system_fingerprint: "fp_ollama",
    choices: [{ text, index: 0, finish_reason: reason }],
  });
  await answer(exchange, fields, wish, {
    chunk: choice,
    whole: (text, ending) => ({ ...choice(text, ending.reason), usage: toUsage(ending) }),
  });
}

interface Shapes {
  chunk(text: string, reason: string | null): Readonly<Record<string, unknown>>;
  whole(text: string, ending: Ending): Readonly<Record<string, unknown>>;
}

async function answer(exchange: Exchange, fields: Fields, wish: Wish, shapes: Shapes): Promise<void> {
  const { response, signal } = exchange;
  const options = objectField(fields, "stream_options");
  const withUsage = options !== undefined && booleanField(options, "include_usage") === true;
  const streams = booleanField(fields, "stream") ?? false;
  let text = "";
  for await (const piece of generate(exchange, wish)) {
    if (!streams) {
      text = collect(text, piece, (ending) => sendEncodedJson(response, 200, shapes.whole(text, ending)));
      continue;
    }
    if (!response.headersSent) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
    }
    if (piece.kind === "token") {
      await writePiece(response, toData(shapes.chunk(piece.text, null)), signal);
      continue;
    }
    const last = shapes.chunk("", piece.reason);
    const usage = withUsage ? toData({ ...last, choices: [], usage: toUsage(piece) }) : "";
    await writePiece(response, `${toData(last)}${usage}data: [DONE]\n\n`, signal);
  }
  response.end();
}

function collect(text: string, piece: Piece, finish: (ending: Ending) => void): string {
  if (piece.kind === "token") {
    return text + piece.text;
  }
  finish(piece);
  return text;
}

function toData(value: unknown): string {
  return `data: ${toJson(value)}\n\n`;
}

function toUsage(ending: Ending): Readonly<Record<string, number>> {
  return {
    prompt_tokens: ending.promptTokens,
    completion_tokens: ending.tokens,
    total_tokens: ending.promptTokens + ending.tokens,
  };
}

function toUnixTime(): number {
  return Math.floor(Date.now() / 1_000);
}

function toWish(exchange: Exchange, fields: Fields, prompt: string): Wish | null {
  const model = findModel(exchange, fields, textField(fields, "model"));
  const limit = numberField(fields, "max_tokens") ?? null;
  return model === null ? null : { model, prompt, limit, keepAliveMs: FIVE_MINUTES_IN_MS };
}

/** POST /v1/embeddings */
export async function answerOpenAiEmbeddings(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  const format = textField(fields, "encoding_format").toLowerCase();
  if (!["", "float", "base64"].includes(format)) {
    const hint = "Supported values: ['float', 'base64'].";
    throw new Refusal(400, `Invalid value for 'encoding_format' = ${format}. ${hint}`);
  }
  const input = field(fields, "input");
  if (input === undefined || (Array.isArray(input) && input.length === 0)) {
    throw new Refusal(400, "invalid input");
  }
  const inputs = input === "" ? [""] : toInputs(input);
  if (findModel(exchange, fields, name) === null) {
    return;
  }
  const data = inputs.map((text, index) => {
    const vector = embed(text);
    const embedding = format === "base64" ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector;
    return { object: "embedding", embedding, index };
  });
  const tokens = inputs.reduce((sum, text) => sum + countTokens(text), 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  sendEncodedJson(exchange.response, 200, { object: "list", data, model: name, usage });
}

/** GET /v1/models */
export function answerModelList({ response, store }: Exchange): void {
  const data = store.list().map((model) => ({
    id: `${model.name.namespace === "library" ? "" : `${model.name.namespace}/`}${model.name.model}:${model.name.tag}`,
    object: "model",
    created: Math.floor(Date.parse(model.modifiedAt) / 1_000),
    owned_by: model.name.namespace,
  }));
  sendEncodedJson(response, 200, { object: "list", data: data.length === 0 ? null : data });
}

/** GET /v1/models/:model */
export function answerModel(exchange: Exchange): void {
  const id = exchange.parameters["model"] ?? "";
  const model = findModel(exchange, {}, id);
  if (model !== null) {
    const created = Math.floor(Date.parse(model.modifiedAt) / 1_000);
    const owner = parseModelName(id)?.namespace ?? "";
    sendEncodedJson(exchange.response, 200, { id, object: "model", created, owned_by: owner });
  }
}

/** POST /v1/audio/transcriptions: none of the stand-in's models hears. */
export async function answerTranscription(exchange: Exchange): Promise<void> {
  const type = exchange.request.headers["content-type"] ?? "";
  const body = await readBody(exchange.request);
  if (!type.startsWith("multipart/form-data") || body.length > AUDIO_LIMIT_BYTES) {
    throw new Refusal(400, "failed to parse multipart form");
  }
  const name = /name="model"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)/.exec(body.toString("latin1"))?.[1] ?? "";
  if (findModel(exchange, {}, name) !== null) {
    throw new Refusal(400, `"${name}" does not support audio`);
  }
}

/** POST /v1/images/generations and /edits (0.14.3 to 0.32.4): none of the stand-in's models draws. */
export async function answerImages(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  if (textField(fields, "prompt") === "") {
    throw new Refusal(400, "prompt is required");
  }
  if (findModel(exchange, fields, name) !== null) {
    throw new Refusal(400, `"${name}" does not support image generation`);
  }
}

/** POST /v1/audio/speech (0.40.8): none of the stand-in's models speaks. */
export async function answerSpeech(exchange: Exchange): Promise<void> {
  await refuseModel(exchange, "speech generation");
}

/** POST /v1/systemone (0.35.0), which has a model choose among answers: none of the stand-in's models does. */
export async function answerSystemOne(exchange: Exchange): Promise<void> {
  await refuseModel(exchange, "system one");
}

async function refuseModel(exchange: Exchange, what: string): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  if (findModel(exchange, fields, name) !== null) {
    throw new Refusal(400, `"${name}" does not support ${what}`);
  }
}
