/**
 * Every request Portlock puts to a listener. Each is a GET that lists or names something and changes nothing;
 * its id names the request, so that kinds share one answer. Left out on purpose: llama-swap's GET /unload
 * stops models, and GET /running (llama-swap) and GET /server_info (SGLang) hand out command lines and keys.
 */
import type { Question } from "../facts/answers.ts";

function get(path: string): Question {
  return { id: `GET ${path}`, method: "GET", path };
}

export const ROOT: Question = get("/");
export const API_VERSION: Question = get("/api/version");
export const OPENAI_MODELS: Question = get("/v1/models");

/** Host and origin that no machine of the user's has; RFC 2606 keeps `.example` free. */
export const FOREIGN_HOST = "rebind.portlock.example";
export const FOREIGN_ORIGIN = "https://page.portlock.example";

export const API_TAGS: Question = get("/api/tags");
export const API_STATUS: Question = get("/api/status");
/** Models in memory, each of which may be answering somebody. */
export const API_PS: Question = get("/api/ps");
/** Asked as a page would whose name was rebound to this host; the plain `API_VERSION` is its counterpart. */
export const FOREIGN_HOST_VERSION: Question = {
  ...get("/api/version"),
  id: "GET /api/version foreign-host",
  host: FOREIGN_HOST,
};
/** Asked as a script of a page from elsewhere. */
export const FOREIGN_ORIGIN_VERSION: Question = {
  ...get("/api/version"),
  id: "GET /api/version foreign-origin",
  origin: FOREIGN_ORIGIN,
};

export const VERSION: Question = get("/version");
export const INFO: Question = get("/info");
export const TRITON_SERVER: Question = get("/v2");
export const XINFERENCE_AUTH: Question = get("/v1/cluster/auth");
export const SERVICE_INFO: Question = get("/.well-known/serviceinfo");
export const KOBOLDCPP_VERSION: Question = get("/api/extra/version");
export const OPEN_WEBUI_CONFIG: Question = get("/api/config");
/** Paths and names of functions; told to everybody. */
export const LITELLM_ROUTES: Question = get("/routes");
/** Names and addresses of the servers behind Olla. */
export const OLLA_ENDPOINTS: Question = get("/internal/status/endpoints");
export const OPENAI_MODELS_AT_ROOT: Question = get("/models");
/** Only the status is wanted: the body holds prompts and paths. */
export const LLAMA_CPP_PROPS: Question = { id: "HEAD /props", method: "HEAD", path: "/props" };

/** Put to every listener. */
export const FIRST_QUESTIONS: readonly Question[] = [ROOT, API_VERSION, OPENAI_MODELS];
