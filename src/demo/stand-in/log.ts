import type { SeenRequest } from "./options.ts";

/** The lines Ollama writes: log/slog's text form at its start, gin's access log for each request. */

export function toLogLine(
  level: "INFO" | "WARN" | "ERROR",
  source: string,
  message: string,
  extra: string = "",
): string {
  const time = new Date().toISOString();
  return `time=${time} level=${level} source=${source} msg=${JSON.stringify(message)}${extra === "" ? "" : ` ${extra}`}`;
}

/** `[GIN] 2026/11/22 - 10:00:00 | 200 |      83.125µs |       127.0.0.1 | GET      "/api/tags"` */
export function toAccessLine(request: SeenRequest): string {
  const [date = "", clock = ""] = request.at.split("T");
  const time = `${date.replaceAll("-", "/")} - ${clock.slice(0, 8)}`;
  const columns = [
    time,
    String(request.status).padStart(3),
    toGoDuration(request.durationMs).padStart(13),
    toClient(request).padStart(15),
    `${request.method.padEnd(7)}  ${JSON.stringify(request.target.split("?")[0])}`,
  ];
  return `[GIN] ${columns.join(" | ")}`;
}

/** gin believes X-Forwarded-For from anybody unless told otherwise, and Ollama does not tell it. */
function toClient(request: SeenRequest): string {
  const forwarded = request.headers["x-forwarded-for"];
  const first = typeof forwarded === "string" ? forwarded.split(",").at(-1)?.trim() : undefined;
  return first === undefined || first === "" ? request.from : first;
}

function toGoDuration(milliseconds: number): string {
  if (milliseconds >= 1_000) {
    return `${(milliseconds / 1_000).toFixed(9).replace(/0+$/, "").replace(/\.$/, "")}s`;
  }
  return milliseconds >= 1 ? `${milliseconds.toFixed(6)}ms` : `${(milliseconds * 1_000).toFixed(3)}µs`;
}
