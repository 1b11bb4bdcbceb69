import type { Exchange } from "./exchange.ts";
import { Refusal, readBody } from "./request-body.ts";
import { sendEncodedJson, sendJson } from "./respond.ts";

/**
 * Routes that make a real server speak to ollama.com. The stand-in never opens a connection: it answers what
 * a server says whose owner has not signed in (401), or who switched the cloud off (403).
 */

export function refuseCloud(exchange: Exchange, operation: string): void {
  const { response, settings, signinUrl } = exchange;
  if (settings.cloudDisabled) {
    sendJson(response, 403, { error: `ollama cloud is disabled: ${operation}` });
  } else {
    sendJson(response, 401, { error: "unauthorized", signin_url: signinUrl });
  }
}

/** POST /api/me */
export function answerWhoami({ response, signinUrl }: Exchange): void {
  sendJson(response, 401, { error: "unauthorized", signin_url: signinUrl });
}

/** POST /api/signout, DELETE /api/user/keys/:encodedKey */
export function answerSignout({ response }: Exchange): void {
  sendJson(response, 401, { error: "you are not currently signed in" });
}

/** POST /api/experimental/web_search and web_fetch */
export async function answerWeb(exchange: Exchange): Promise<void> {
  const body = await readBody(exchange.request);
  if (body.toString("latin1").trim() === "") {
    throw new Refusal(400, "missing request body");
  }
  const search = exchange.request.url?.includes("web_search") ?? false;
  refuseCloud(exchange, search ? "web search is unavailable" : "web fetch is unavailable");
}

/** GET /api/experimental/model-recommendations: the list a server has that never reached ollama.com. */
export function answerRecommendations({ response }: Exchange): void {
  sendEncodedJson(response, 200, { recommendations: [] });
}

/** GET /api/status */
export function answerStatus({ response, settings }: Exchange): void {
  const disabled = settings.cloudDisabled;
  sendJson(response, 200, { cloud: { disabled, source: disabled ? "env" : "none" } });
}
