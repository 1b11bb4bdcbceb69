import { FILE_LIMIT_BYTES, READ_TIMEOUT_MS } from "./host.ts";
import type { HostReader } from "./host.ts";
import { sendRequest } from "./http-request.ts";
import { listNames, readStatus, readTextFile } from "./local-files.ts";
import { readLocalLinks } from "./local-links.ts";
import { runCommand } from "./run-command.ts";

export interface LocalSettings {
  /** For a file or a command; default `READ_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/** The door to the machine Portlock itself runs on. */
export function openLocalHost(settings: LocalSettings = {}): HostReader {
  const timeoutMs = settings.timeoutMs ?? READ_TIMEOUT_MS;
  const closing = new AbortController();
  return {
    target: "localhost",
    lagMs: 0,
    readFile: (path, maxBytes = FILE_LIMIT_BYTES) => readTextFile(path, maxBytes, timeoutMs),
    listDirectory: (path) => listNames(path, timeoutMs),
    readLinks: (pattern) => Promise.resolve(readLocalLinks(pattern)),
    stat: (path) => readStatus(path, timeoutMs),
    run: (command) => runCommand(command, { timeoutMs, signal: closing.signal }),
    request: (request) => sendRequest(request, { signal: closing.signal }),
    close: () => Promise.resolve(closing.abort()),
  };
}
