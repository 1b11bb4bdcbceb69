import type { Exchange } from "./exchange.ts";
import type { Ending, Wish } from "./inference.ts";
import {
  countTokens,
  findModel,
  generate,
  load,
  toKeepAliveMs,
  toMetrics,
  toNanoseconds,
  toNativeLimit,
} from "./inference.ts";
import { toShortName } from "./model-name.ts";
import type { Fields } from "./request-body.ts";
import { Refusal, booleanField, field, isFields, listField, readFields, textField } from "./request-body.ts";
import { sendJson, toJson, writePiece } from "./respond.ts";
import { embed } from "./embedding.ts";

/** The native inference routes: /api/generate, /api/chat, /api/embed, /api/embeddings. */

type Shape = (text: string, done: boolean) => Readonly<Record<string, unknown>>;

/** POST /api/generate */
export async function answerGenerate(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  const prompt = textField(fields, "prompt");
  const model = findModel(exchange, fields, name);
  if (model === null) {
    return;
  }
  const shape: Shape = (response, done) => ({ model: name, created_at: new Date().toISOString(), response, done });
  const keepAliveMs = toKeepAliveMs(fields);
  if (prompt === "") {
    await answerWithoutText(exchange, { model, prompt, limit: 0, keepAliveMs }, shape("", true));
    return;
  }
  if (booleanField(fields, "_debug_render_only") === true) {
    const rendered = { rendered_template: `<|user|>\n${prompt}<|assistant|>\n` };
    sendJson(exchange.response, 200, { ...shape("", false), _debug_info: rendered });
    return;
  }
  if (!model.capabilities.includes("completion")) {
    throw new Refusal(400, `"${name}" does not support generate`);
  }
  const wish = { model, prompt, limit: toNativeLimit(fields), keepAliveMs };
  await answerText(exchange, fields, wish, shape, { context: [1, 2, 3] });
}

/** POST /api/chat */
export async function answerChat(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  const messages = listField(fields, "messages") ?? [];
  const model = findModel(exchange, fields, name, "chat");
  if (model === null) {
    return;
  }
  const shape: Shape = (content, done) => ({
    model: name,
    created_at: new Date().toISOString(),
    message: { role: "assistant", content },
    done,
  });
  const keepAliveMs = toKeepAliveMs(fields);
  const prompt = toPrompt(messages);
  if (messages.length === 0) {
    await answerWithoutText(exchange, { model, prompt, limit: 0, keepAliveMs }, shape("", true));
    return;
  }
  if (!model.capabilities.includes("completion")) {
    throw new Refusal(400, `"${name}" does not support chat`);
  }
  await answerText(exchange, fields, { model, prompt, limit: toNativeLimit(fields), keepAliveMs }, shape, {});
}

/** All that the messages say, one after the other. */
export function toPrompt(messages: readonly unknown[]): string {
  return messages
    .map((message) => (isFields(message) ? field(message, "content") : ""))
    .map((content) => (typeof content === "string" ? content : JSON.stringify(content ?? "")))
    .join("\n");
}

/** An empty prompt loads the model; with `keep_alive` 0 it unloads it. */
async function answerWithoutText(
  exchange: Exchange,
  wish: Wish,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (wish.keepAliveMs === 0) {
    exchange.scheduler.unload(toShortName(wish.model.name));
    sendJson(exchange.response, 200, { ...answer, done_reason: "unload" });
    return;
  }
  await load(exchange, wish);
  sendJson(exchange.response, 200, { ...answer, done_reason: "load" });
}

async function answerText(
  exchange: Exchange,
  fields: Fields,
  wish: Wish,
  shape: Shape,
  extra: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { response, signal } = exchange;
  const streams = booleanField(fields, "stream") ?? true;
  const finish = (text: string, ending: Ending): Readonly<Record<string, unknown>> => ({
    ...shape(text, true),
    done_reason: ending.reason,
    ...extra,
    ...toMetrics(ending),
  });
  let text = "";
  for await (const piece of generate(exchange, wish)) {
    if (!streams) {
      if (piece.kind === "end") {
        sendJson(response, 200, finish(text, piece));
      } else {
        text += piece.text;
      }
      continue;
    }
    if (!response.headersSent) {
      response.writeHead(200, { "Content-Type": "application/x-ndjson" });
    }
    const line = piece.kind === "end" ? finish("", piece) : shape(piece.text, false);
    await writePiece(response, `${toJson(line)}\n`, signal);
  }
  response.end();
}

/** POST /api/embed */
export async function answerEmbed(exchange: Exchange): Promise<void> {
  const started = performance.now();
  const fields = await readFields(exchange.request);
  const name = textField(fields, "model");
  const inputs = toInputs(field(fields, "input"));
  const model = findModel(exchange, fields, name, "embed");
  if (model === null) {
    return;
  }
  await load(exchange, { model, keepAliveMs: toKeepAliveMs(fields) });
  if (inputs.length === 0) {
    sendJson(exchange.response, 200, { model: name, embeddings: [] });
    return;
  }
  sendJson(exchange.response, 200, {
    model: name,
    embeddings: inputs.map(embed),
    total_duration: toNanoseconds(performance.now() - started),
    load_duration: 1_000_000,
    prompt_eval_count: inputs.reduce((sum, input) => sum + countTokens(input), 0),
  });
}

/** POST /api/embeddings, the older form: one prompt, one vector. */
export async function answerEmbeddings(exchange: Exchange): Promise<void> {
  const fields = await readFields(exchange.request);
  const prompt = textField(fields, "prompt");
  const model = findModel(exchange, fields, textField(fields, "model"), "embeddings");
  if (model !== null) {
    sendJson(exchange.response, 200, { embedding: prompt === "" ? [] : embed(prompt) });
  }
}

/** `input` of an embedding request: one text or a list of texts. */
export function toInputs(input: unknown): readonly string[] {
  if (input === undefined || input === "") {
    return [];
  }
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  const texts = list.filter((entry) => typeof entry === "string");
  if (texts.length !== list.length) {
    throw new Refusal(400, "invalid input type");
  }
  return texts;
}
