import type { Api, Refusal } from "./decision.ts";

const ANTHROPIC_TYPES: Readonly<Record<Refusal["status"], string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  408: "timeout_error",
  413: "request_too_large",
  415: "invalid_request_error",
  429: "rate_limit_error",
  431: "invalid_request_error",
  502: "api_error",
  503: "overloaded_error",
  504: "timeout_error",
};

const OPENAI_TYPES: Readonly<Record<Refusal["status"], string>> = {
  ...ANTHROPIC_TYPES,
  404: "not_found_error",
  413: "invalid_request_error",
  503: "api_error",
  504: "api_error",
};

/** The refusal as clients of that API read errors: one JSON object, `application/json`. */
export function toErrorBody(api: Api, { status, code, message }: Refusal): string {
  switch (api) {
    case "ollama":
      return JSON.stringify({ error: message, code });
    case "openai":
      return JSON.stringify({ error: { message, type: OPENAI_TYPES[status], param: null, code } });
    case "anthropic":
      return JSON.stringify({ type: "error", error: { type: ANTHROPIC_TYPES[status], message, code } });
  }
}
