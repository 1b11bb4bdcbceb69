import type { Refusal } from "./decision.ts";

/** Stable: access logs and clients know them. */
export type RefusalCode =
  | "bad-target"
  | "bad-host"
  | "bad-framing"
  | "bad-header"
  | "duplicate-header"
  | "bad-expectation"
  | "upgrade-refused"
  | "method-override"
  | "unexpected-body"
  | "too-many-headers"
  | "credential-too-long"
  | "two-credentials"
  | "unauthenticated"
  | "network-not-allowed"
  | "no-such-route"
  | "scope-missing"
  | "grant-missing"
  | "model-not-allowed"
  | "context-too-large"
  | "keep-alive-too-long"
  | "encoding-refused"
  | "multipart-expected"
  | "bad-body"
  | "body-too-deep"
  | "bad-form"
  | "duplicate-field"
  | "misspelt-field"
  | "bad-field"
  | "field-refused"
  | "model-missing"
  | "bad-model-name";

/** Every refusal of the policy. A message says nothing of what a caller sent, and nothing of which keys exist. */
const REFUSALS: Readonly<Record<RefusalCode, Omit<Refusal, "code">>> = {
  "bad-target": { status: 400, message: "The request target is not a plain path." },
  "bad-host": { status: 400, message: "The request needs exactly one Host header with a name or an address." },
  "bad-framing": { status: 400, message: "The request does not say in one plain way how long its body is." },
  "bad-header": { status: 400, message: "A header name of the request is not one that is passed on." },
  "duplicate-header": { status: 400, message: "A header that may stand once in a request stands in it twice." },
  "bad-expectation": { status: 400, message: "The only expectation that is met is 100-continue." },
  "upgrade-refused": { status: 400, message: "Connections are not upgraded to another protocol." },
  "method-override": { status: 400, message: "A header may not stand in for the method of a request." },
  "unexpected-body": { status: 400, message: "A request with this method has no body." },
  "too-many-headers": { status: 431, message: "The request has too many headers." },
  "credential-too-long": { status: 431, message: "The credential is longer than any that is given out." },
  "two-credentials": {
    status: 400,
    message: "The request shows two credentials, and it is not clear which one counts.",
  },
  unauthenticated: { status: 401, message: "A valid key is needed." },
  "network-not-allowed": { status: 403, message: "This key may not be used from this address." },
  "no-such-route": { status: 403, message: "This route is not one that is passed on." },
  "scope-missing": { status: 403, message: "This key may not use this route." },
  "grant-missing": { status: 403, message: "This key may not use cloud, experimental or debug functions." },
  "model-not-allowed": { status: 403, message: "This key may not use this model." },
  "context-too-large": { status: 403, message: "This key may not ask for so large a context." },
  "keep-alive-too-long": { status: 403, message: "This key may not keep a model loaded for so long." },
  "encoding-refused": { status: 415, message: "Compressed bodies are not read: send the body as it is." },
  "multipart-expected": { status: 415, message: "This route takes a form with parts (multipart/form-data)." },
  "bad-body": { status: 400, message: "The body is not one JSON object in UTF-8." },
  "body-too-deep": { status: 400, message: "The body has too many levels or too many fields." },
  "bad-form": { status: 400, message: "The form is not written in the plain way that every reader takes alike." },
  "duplicate-field": {
    status: 400,
    message: "A field stands twice in the body, and it is not clear which one counts.",
  },
  "misspelt-field": {
    status: 400,
    message: "A field of the body is spelt in a way that only some readers take for it.",
  },
  "bad-field": { status: 400, message: "A field of the body has a value of the wrong kind." },
  "field-refused": { status: 400, message: "The body names files or models in a field that is not passed on." },
  "model-missing": { status: 400, message: "The body does not say which model it is for." },
  "bad-model-name": { status: 400, message: "A model name in the request is not one that a model can have." },
};

/** The refusal with that code. */
export function refuse(code: RefusalCode): Refusal {
  return { code, ...REFUSALS[code] };
}
