import { isIP } from "node:net";
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
    `${request.method.padEnd(7)}  ${JSON.stringify(request.target)}`,
  ];
  return `[GIN] ${columns.join(" | ")}`;
}

/**
 * gin believes X-Forwarded-For from anybody unless told otherwise, and Ollama does not tell it: the first address where
 * all are addresses, else X-Real-IP.
 */
function toClient({ headers, from }: SeenRequest): string {
  const forwarded = String(headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((entry) => entry.trim());
  const [first = ""] = forwarded;
  if (forwarded.every((entry) => isIP(entry) !== 0)) {
    return first;
  }
  const real = String(headers["x-real-ip"] ?? "").trim();
  return isIP(real) === 0 ? from : real;
}

function toGoDuration(milliseconds: number): string {
  if (milliseconds >= 1_000) {
    return `${(milliseconds / 1_000).toFixed(9).replace(/0+$/, "").replace(/\.$/, "")}s`;
  }
  return milliseconds >= 1 ? `${milliseconds.toFixed(6)}ms` : `${(milliseconds * 1_000).toFixed(3)}µs`;
}
