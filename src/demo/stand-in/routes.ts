import { answerSignout, answerRecommendations, answerStatus, answerWeb, answerWhoami } from "./cloud.ts";
import type { Exchange, Handler } from "./exchange.ts";
import {
  answerBlobHead,
  answerBlobUpload,
  answerCopy,
  answerCreate,
  answerDelete,
  answerLoaded,
  answerPull,
  answerPush,
  answerShow,
  answerTags,
} from "./library.ts";
import { answerMessages, withAnthropicErrors } from "./messages.ts";
import { answerChat, answerEmbed, answerEmbeddings, answerGenerate } from "./native.ts";
import {
  answerChatCompletions,
  answerCompletions,
  answerImages,
  answerModel,
  answerModelList,
  answerOpenAiEmbeddings,
  answerSpeech,
  answerSystemOne,
  answerTranscription,
  withOpenAiErrors,
} from "./openai.ts";
import { Refusal, readFields, textField } from "./request-body.ts";
import { sendEmpty, sendJson, send } from "./respond.ts";
import { answerResponses } from "./responses.ts";

/** One method and path of Ollama's HTTP surface (server/routes.go `GenerateRoutes`). */
export interface StandInRoute {
  readonly method: "HEAD" | "GET" | "POST" | "DELETE";
  /** A part that begins with a colon takes any text without a slash. */
  readonly path: string;
  /** First release that has it. */
  readonly since: string;
  /** First release without it; null where the newest one still has it. */
  readonly until: string | null;
  readonly answer: Handler;
}

type Row = readonly [StandInRoute["method"], path: string, since: string, answer: Handler, until?: string];

const openAi = withOpenAiErrors;

const ROWS: readonly Row[] = [
  ["HEAD", "/", "0.0.13", answerRoot],
  ["GET", "/", "0.0.1", answerRoot],
  ["HEAD", "/api/version", "0.1.14", answerVersion],
  ["GET", "/api/version", "0.1.14", answerVersion],
  ["GET", "/api/status", "0.16.2", answerStatus],
  ["HEAD", "/api/tags", "0.0.6", answerTags],
  ["GET", "/api/tags", "0.0.6", answerTags],
  ["GET", "/api/ps", "0.1.38", answerLoaded],
  ["POST", "/api/show", "0.0.18", answerShow],
  ["POST", "/api/generate", "0.0.1", answerGenerate],
  ["POST", "/api/chat", "0.1.14", answerChat],
  ["POST", "/api/embed", "0.2.6", answerEmbed],
  ["POST", "/api/embeddings", "0.0.14", answerEmbeddings],
  ["POST", "/api/pull", "0.0.1", answerPull],
  ["POST", "/api/push", "0.0.6", answerPush],
  ["POST", "/api/create", "0.0.6", answerCreate],
  ["HEAD", "/api/blobs/:digest", "0.1.10", answerBlobHead],
  ["POST", "/api/blobs/:digest", "0.1.10", answerBlobUpload],
  ["POST", "/api/copy", "0.0.12", answerCopy],
  ["DELETE", "/api/delete", "0.0.11", answerDelete],
  ["POST", "/api/me", "0.12.0", answerWhoami],
  ["POST", "/api/signout", "0.12.1", answerSignout],
  ["DELETE", "/api/user/keys/:encodedKey", "0.12.0", answerSignout],
  ["POST", "/api/experimental/web_search", "0.18.0", answerWeb],
  ["POST", "/api/experimental/web_fetch", "0.18.0", answerWeb],
  ["GET", "/api/experimental/model-recommendations", "0.22.1", answerRecommendations],
  ["GET", "/api/experimental/aliases", "0.15.5", answerAliases, "0.18.0"],
  ["POST", "/api/experimental/aliases", "0.15.5", answerAliasChange, "0.18.0"],
  ["DELETE", "/api/experimental/aliases", "0.15.5", answerAliasChange, "0.18.0"],
  ["POST", "/v1/chat/completions", "0.1.24", openAi(answerChatCompletions)],
  ["POST", "/v1/completions", "0.2.0", openAi(answerCompletions)],
  ["POST", "/v1/embeddings", "0.2.6", openAi(answerOpenAiEmbeddings)],
  ["GET", "/v1/models", "0.2.0", answerModelList],
  ["GET", "/v1/models/:model", "0.2.0", openAi(answerModel)],
  ["POST", "/v1/responses", "0.13.3", openAi(answerResponses)],
  ["POST", "/v1/audio/transcriptions", "0.20.0", openAi(answerTranscription)],
  ["POST", "/v1/audio/speech", "0.40.8", openAi(answerSpeech)],
  ["POST", "/v1/systemone", "0.35.0", openAi(answerSystemOne)],
  ["POST", "/v1/images/generations", "0.14.3", openAi(answerImages), "0.32.5"],
  ["POST", "/v1/images/edits", "0.15.0", openAi(answerImages), "0.32.5"],
  ["POST", "/v1/messages", "0.14.0", withAnthropicErrors(answerMessages)],
];

export const STAND_IN_ROUTES: readonly StandInRoute[] = ROWS.map(([method, path, since, answer, until]) => ({
  method,
  path,
  since,
  until: until ?? null,
  answer,
}));

function answerRoot({ response }: Exchange): void {
  send(response, 200, "text/plain; charset=utf-8", "Ollama is running");
}

function answerVersion({ response, settings }: Exchange): void {
  sendJson(response, 200, { version: settings.version });
}

function answerAliases({ response }: Exchange): void {
  sendJson(response, 200, { aliases: [] });
}

/** Takes the change and forgets it: nothing of the stand-in looks an alias up. */
async function answerAliasChange({ request, response }: Exchange): Promise<void> {
  const fields = await readFields(request);
  if (textField(fields, "alias") === "" || (request.method === "POST" && textField(fields, "target") === "")) {
    throw new Refusal(400, request.method === "POST" ? "alias and target are required" : "alias is required");
  }
  sendEmpty(response, 200);
}
