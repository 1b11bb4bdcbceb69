import { isRecord } from "../../container-settings-json.ts";
import { summarizeHashes } from "../passwords.ts";
import type { Upstream } from "../proxy.ts";
import { toMaps } from "./mapping.ts";
import { toText, toTexts } from "./matchers-json.ts";
import type { Changes, Handler, Route } from "./model.ts";
import { toMilliseconds, toUpstream } from "./names.ts";

export type HandlerJson = Readonly<Record<string, unknown>>;

/** Handlers that neither let in nor keep out, nor change what matters. */
const HARMLESS: ReadonlySet<string> = new Set([
  "encode",
  "vars",
  "templates",
  "push",
  "tracing",
  "log_append",
  "metrics",
  "invoke_log",
  "copy_response_headers",
  "rate_limit",
]);

/** What a handler does; a few do two things. */
export function toHandlers(handler: HandlerJson, inner: (routes: unknown) => readonly Route[]): readonly Handler[] {
  const name = toText(handler["handler"]);
  if (HARMLESS.has(name)) return [];
  switch (name) {
    case "subroute":
      return [{ kind: "routes", routes: inner(handler["routes"]) }];
    case "reverse_proxy":
      return [toProxy(handler)];
    case "authentication":
      return toAuthentication(handler["providers"]);
    case "static_response":
    case "file_server":
    case "error":
    case "acme_server":
      return [{ kind: "answers" }];
    case "rewrite":
      return toRewrites(handler);
    case "headers":
      return [
        {
          kind: "changes",
          changes: { ...toRequestChanges(handler["request"]), ...toResponseChanges(handler["response"]) },
        },
      ];
    case "map":
      return toMap(handler);
    case "request_body": {
      const size = handler["max_size"];
      return typeof size === "number" ? [{ kind: "changes", changes: { bodyLimitBytes: size } }] : [];
    }
    default:
      return [{ kind: "unknown", text: name }];
  }
}

function toMap({ source, destinations, mappings, defaults }: HandlerJson): readonly Handler[] {
  const [destination = "", ...others] = toTexts(destinations);
  const entries = Array.isArray(mappings) ? mappings.filter(isRecord) : [];
  return toMaps(
    toText(source),
    others.length === 0 ? destination : "",
    entries.map(({ input_regexp: pattern, outputs }) => [
      toText(pattern),
      Array.isArray(outputs) ? toText(outputs[0]) : "",
    ]),
    toTexts(defaults)[0] ?? "",
  );
}

function toProxy(handler: HandlerJson): Handler {
  const transport = isRecord(handler["transport"]) ? handler["transport"] : {};
  const tls = isRecord(transport["tls"]);
  const listed = Array.isArray(handler["upstreams"]) ? handler["upstreams"].filter(isRecord) : [];
  const dynamic: readonly Upstream[] = isRecord(handler["dynamic_upstreams"])
    ? [{ kind: "unclear", text: "dynamic_upstreams" }]
    : [];
  const upstreams = [...listed.map(({ dial }) => toUpstream(toText(dial), tls)), ...dynamic];
  const rewrite = isRecord(handler["rewrite"]) ? handler["rewrite"] : {};
  if (rewrite["method"] === "GET" && asksFirst(handler["handle_response"])) {
    return {
      kind: "asks-service",
      to: listed
        .map(({ dial }) => toText(dial))
        .join(" ")
        .slice(0, 200),
    };
  }
  const headers = isRecord(handler["headers"]) ? handler["headers"] : {};
  return {
    kind: "passes",
    upstreams,
    changes: { ...toRequestChanges(headers["request"]), ...toTransportChanges(transport), ...toBuffering(handler) },
  };
}

/** `forward_auth`: where the service says yes, the request goes on. */
function asksFirst(responses: unknown): boolean {
  return (
    Array.isArray(responses) &&
    responses.some(
      (response) =>
        isRecord(response) && isRecord(response["match"]) && JSON.stringify(response["match"]["status_code"]) === "[2]",
    )
  );
}

function toTransportChanges(transport: Readonly<Record<string, unknown>>): Changes {
  const versions = toTexts(transport["versions"]);
  const onlyTwo = versions.length > 0 && !versions.includes("1.1");
  return {
    silenceMs: toMilliseconds(transport["read_timeout"]) ?? toMilliseconds(transport["response_header_timeout"]),
    httpVersion: onlyTwo ? "2" : "1.1",
  };
}

function toBuffering(handler: HandlerJson): Changes {
  const buffers = handler["response_buffers"];
  return { buffered: handler["buffer_responses"] === true || (typeof buffers === "number" && buffers !== 0) };
}

/** What is done to the headers that an upstream sees. */
function toRequestChanges(value: unknown): Changes {
  if (!isRecord(value)) return {};
  const named = (entries: unknown, name: string) =>
    isRecord(entries) ? Object.entries(entries).find(([field]) => field.toLowerCase() === name)?.[1] : undefined;
  const host = toTexts(named(value["set"], "host")).at(-1);
  const deletes = toTexts(value["delete"]).some(takesCredentialOff);
  const sets = named(value["set"], "authorization");
  const isReplaced = named(value["replace"], "authorization") !== undefined;
  return {
    ...(host === undefined ? {} : { host: toHost(host) }),
    ...(isReplaced ? { authorization: "passed" } : {}),
    ...(sets === undefined ? {} : { authorization: toSetCredential(toTexts(sets).at(-1) ?? "") }),
    ...(sets === undefined && deletes ? { authorization: "removed" } : {}),
  };
}

/** What is made of something that the caller sent is the caller's credential in another form. */
export function toSetCredential(value: string): "passed" | "replaced" {
  return /\{(?:http\.request\.)?(?:header|cookie|uri\.query|query)\./.test(value) ? "passed" : "replaced";
}

/** Whether deleting a field takes the credential off; `*` at either end stands for anything (headers.HeaderOps). */
export function takesCredentialOff(field: string): boolean {
  const wanted = field.toLowerCase();
  if (wanted === "*") return true;
  const [starts, ends] = [wanted.startsWith("*"), wanted.endsWith("*")];
  const text = wanted.slice(starts ? 1 : 0, ends ? -1 : undefined);
  if (starts && ends) return "authorization".includes(text);
  if (starts) return "authorization".endsWith(text);
  return ends ? "authorization".startsWith(text) : text === "authorization";
}

/** A `Host` header as it is set. */
export function toHost(value: string): NonNullable<Changes["host"]> | null {
  if (/^\{(?:http\.reverse_proxy\.upstream\.\w+|upstream_\w+)\}(?::\{.*\})?$/.test(value)) return { kind: "upstream" };
  if (/^\{(?:http\.request\.)?(?:host|hostport|http\.request\.host(?:port)?)\}$/.test(value)) return { kind: "client" };
  return value.includes("{") ? null : { kind: "literal", text: value };
}

function toResponseChanges(value: unknown): Changes {
  if (!isRecord(value)) return {};
  const fields = [value["set"], value["add"]].flatMap((entries) => (isRecord(entries) ? Object.entries(entries) : []));
  const origins = fields.flatMap(([field, values]) =>
    /^access-control-allow-origin$/i.test(field) ? toTexts(values) : [],
  );
  return origins.length === 0 ? {} : { allowsOrigins: origins.map(toOrigin) };
}

/** An origin as it is answered: whoever sends one is told that it may. */
export function toOrigin(value: string): string {
  return /^\{(?:http\.request\.)?header\.origin\}$/i.test(value) ? "*" : value;
}

function toRewrites(handler: HandlerJson): readonly Handler[] {
  const { strip_path_prefix: prefix, uri } = handler;
  const others = Object.keys(handler).filter((key) => !["handler", "strip_path_prefix", "uri", "method"].includes(key));
  return [
    ...(typeof prefix === "string" && prefix !== "" ? [{ kind: "strips", prefix } as const] : []),
    ...(typeof uri === "string" ? [{ kind: "rewrites", path: uri } as const] : []),
    ...(others.length > 0 ? [{ kind: "unknown", text: "rewrite" } as const] : []),
  ];
}

function toAuthentication(providers: unknown): readonly Handler[] {
  if (!isRecord(providers)) return [];
  return Object.entries(providers).map(([name, provider]): Handler => {
    if (name !== "http_basic" || !isRecord(provider)) return { kind: "checks", text: name };
    const accounts = Array.isArray(provider["accounts"]) ? provider["accounts"].filter(isRecord) : [];
    return { kind: "basic", passwords: summarizeHashes(accounts.map(({ password }) => toHash(toText(password)))) };
  });
}

/** Older versions wrote hashes in Base64. */
function toHash(text: string): string {
  return text.startsWith("JDJ") ? "$2a$" + decodeCost(text) : text;
}

/** The cost of a bcrypt hash in Base64: `$2a$14$` takes the first characters. */
function decodeCost(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bits = Array.from(text.slice(0, 12))
    .map((character) => alphabet.indexOf(character).toString(2).padStart(6, "0"))
    .join("");
  const bytes =
    bits
      .match(/.{8}/g)
      ?.map((byte) => String.fromCharCode(Number.parseInt(byte, 2)))
      .join("") ?? "";
  return bytes.slice(4);
}
