import { takesCredentialOff, toHost, toOrigin, toSetCredential } from "./handlers-json.ts";
import type { Changes, Handler } from "./model.ts";
import { toMilliseconds, toUpstream } from "./names.ts";
import type { Segment } from "./segments.ts";

/** `reverse_proxy` with its block. */
export function adaptProxy(words: readonly string[], block: readonly Segment[]): Handler {
  const named = block.filter((segment) => segment.words[0] === "to").flatMap((segment) => segment.words.slice(1));
  const transport = block.find((segment) => segment.words[0] === "transport")?.block ?? [];
  const tls = transport.some(({ words: [name] }) => name?.startsWith("tls") === true);
  const dynamic = block.some((segment) => segment.words[0] === "dynamic");
  const places = [...words, ...named];
  const h2c = places.some((place) => place.startsWith("h2c://"));
  return {
    kind: "passes",
    upstreams: [
      ...places.map((place) => toPlace(place, tls)),
      ...(dynamic ? [{ kind: "unclear", text: "dynamic_upstreams" } as const] : []),
    ],
    changes: { httpVersion: h2c ? "2" : "1.1", ...toTransport(transport), ...toHeaders(block), ...toBuffering(block) },
  };
}

function toPlace(place: string, tls: boolean): ReturnType<typeof toUpstream> {
  const [, scheme, rest = ""] = /^(https?|h2c):\/\/(.*)$/s.exec(place) ?? [];
  const secure = tls || scheme === "https";
  const address = (scheme === undefined ? place : rest).replace(/^:(\d+)$/, "localhost:$1");
  if (address.startsWith("unix/") || /:\d+$/.test(address)) return toUpstream(address, secure);
  return toUpstream(`${address}:${secure ? 443 : 80}`, secure);
}

function toTransport(block: readonly Segment[]): Changes {
  const valueOf = (name: string) => block.find((segment) => segment.words[0] === name)?.words.slice(1);
  const versions = valueOf("versions");
  return {
    silenceMs: toMilliseconds(valueOf("read_timeout")?.[0]) ?? toMilliseconds(valueOf("response_header_timeout")?.[0]),
    ...(versions === undefined ? {} : { httpVersion: versions.includes("1.1") ? "1.1" : "2" }),
  };
}

function toBuffering(block: readonly Segment[]): Changes {
  return { buffered: block.some(({ words: [name] }) => name === "buffer_responses" || name === "response_buffers") };
}

function toHeaders(block: readonly Segment[]): Changes {
  const lines = block.flatMap(({ words: [name, ...values] }) => (name === "header_up" ? [values] : []));
  return lines.reduce<Changes>((changes, values) => ({ ...changes, ...toRequestHeader(values) }), {});
}

/** `header_up Host {upstream_hostport}`, `request_header -Authorization`: what an upstream then sees. */
export function toRequestHeader(values: readonly string[]): Changes {
  const [field = "", value, replacement] = values;
  const name = field
    .replace(/^[+\->?]/, "")
    .replace(/:$/, "")
    .toLowerCase();
  if (name === "host" && value !== undefined) return { host: replacement === undefined ? toHost(value) : null };
  if (field.startsWith("-")) return takesCredentialOff(name) ? { authorization: "removed" } : {};
  if (name !== "authorization") return {};
  if (value === undefined) return {};
  return { authorization: replacement === undefined ? toSetCredential(value) : "passed" };
}

/** `header Access-Control-Allow-Origin *`, or a block with a field a line. */
export function toResponseHeader(values: readonly string[], block: readonly Segment[]): Changes {
  const lines = [values, ...block.map((segment) => segment.words)];
  const origins = lines.flatMap(([field = "", value]) =>
    /^[+?>]?access-control-allow-origin$/i.test(field) && value !== undefined ? [toOrigin(value)] : [],
  );
  return origins.length === 0 ? {} : { allowsOrigins: origins };
}

/** `forward_auth`, which asks before it goes on. */
export function adaptForwardAuth(words: readonly string[]): Handler {
  return {
    kind: "asks-service",
    to: words
      .join(" ")
      .replace(/^https?:\/\//, "")
      .slice(0, 200),
  };
}
