/** One request as bytes to a server on loopback, and what its answer comes to once all that changes from run to run is taken out. */
import { connect } from "node:net";

/** A request of the table. */
export interface Asked {
  readonly method: string;
  /** As it stands in the first line. */
  readonly path: string;
  /** Default of `Host`: localhost. An empty value leaves a header out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. Default: no body and no length. */
  readonly body?: unknown;
}

/** An answer, fit to be compared: the same text means the same behaviour to a client. */
export interface Answered {
  readonly status: string;
  /** The headers that are part of the behaviour, and how the body's end is told. */
  readonly headers: string;
  /** Texts whole; of JSON the names and kinds, and what an `error` says. */
  readonly body: string;
}

const TIMEOUT_MS = 60_000;
const COMPARED_HEADERS = /^(?:content-type|allow|location|vary|access-control-.*|www-authenticate|server)$/;

/** Asks, waits for the connection's end and reads. Rejects where the server says nothing for a minute. */
export async function ask(port: number, asked: Asked): Promise<Answered> {
  return readAnswer(await converse(port, toBytes(asked)));
}

function toBytes({ method, path, headers = {}, body }: Asked): Buffer {
  const bytes = Buffer.from(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  const length = body === undefined ? {} : { "Content-Length": String(bytes.length) };
  const all = { Host: "localhost", Connection: "close", ...length, ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]));
  return Buffer.concat([Buffer.from([`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n")), bytes]);
}

function converse(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    const pieces: Buffer[] = [];
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("no answer in time")));
    socket.on("data", (piece) => pieces.push(piece));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(pieces)));
    socket.write(bytes);
  });
}

function readAnswer(bytes: Buffer): Answered {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return { status: "none", headers: "", body: bytes.toString("latin1") };
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() };
  });
  const chunked = headers.some(({ name, value }) => name === "transfer-encoding" && value === "chunked");
  const measured = headers.some(({ name }) => name === "content-length");
  const rest = bytes.subarray(end + 4);
  const compared = headers
    .filter(({ name }) => COMPARED_HEADERS.test(name))
    .map(({ name, value }) => `${name}: ${name === "content-type" ? value.split(";")[0] : value}`)
    .toSorted();
  return {
    status: first.split(" ")[1] ?? "",
    headers: [toFraming(chunked, measured, compared), ...compared].join("; "),
    body: toShape((chunked ? joinChunks(rest) : rest).toString("utf8")),
  };
}

/** One JSON text may come either way; of everything else its framing is part of the behaviour. */
function toFraming(chunked: boolean, measured: boolean, compared: readonly string[]): string {
  if (compared.includes("content-type: application/json")) return "json";
  return chunked ? "chunked" : measured ? "length" : "neither";
}

function joinChunks(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, end).toString("latin1"), 16);
    if (end < 0 || !(size > 0)) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

/** Of a stream the first and the last line, and that there were some between them. */
function toShape(body: string): string {
  const lines = body.split("\n").filter((line) => line.trim() !== "");
  const shapes = lines.map(toLineShape);
  if (shapes.length <= 2) return shapes.join(" ⏎ ");
  return [...new Set([shapes[0], shapes[1], "…", shapes.at(-2), shapes.at(-1)])].join(" ⏎ ");
}

function toLineShape(line: string): string {
  const [, mark = "", json = line] = /^(data: )(.*)$/.exec(line) ?? [];
  try {
    return mark + toKinds(JSON.parse(json), "");
  } catch {
    return line;
  }
}

const TOLD_WHOLE: ReadonlySet<string> = new Set(["error", "message", "status", "object", "done"]);

function toKinds(value: unknown, name: string): string {
  if (Array.isArray(value)) return `[${value.length === 0 ? "" : toKinds(value[0], "")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([field, inner]) => `${field} ${toKinds(inner, field)}`);
    return `{${fields.toSorted().join(", ")}}`;
  }
  if (value === null) return "null";
  return typeof value === "string" && TOLD_WHOLE.has(name) ? JSON.stringify(withoutNames(value)) : typeof value;
}

/** Without the names of Go's types and of what was made up. */
function withoutNames(text: string): string {
  return text
    .replace(/(Go value of type|Go struct field) [\w.[\]]+( of type .*)?/, "$1 …")
    .replace(/\b[0-9a-f]{12}\b/, "…");
}
