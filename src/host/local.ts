import { FILE_LIMIT_BYTES, LONGEST_LAG_MS, READ_TIMEOUT_MS } from "./host.ts";
import type { HostReader, Reading } from "./host.ts";
import type { sendRequest } from "./http-request.ts";
import { isKernelFile, listNames, readStatus, readTextFile } from "./local-files.ts";
import { readLocalLinks } from "./local-links.ts";
import { runCommand } from "./run-command.ts";
import { readRunDelayMs } from "./run-delay.ts";
import type { SlowFiles } from "./slow-files.ts";
import { findSlowMount, readSlowMounts } from "./slow-mounts.ts";

export interface LocalSettings {
  /** For a file or a command; default `READ_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/** The door to the machine Portlock itself runs on. */
export function openLocalHost(settings: LocalSettings = {}): HostReader {
  const timeoutMs = settings.timeoutMs ?? READ_TIMEOUT_MS;
  const closing = new AbortController();
  const mounts = readSlowMounts();
  let requests: Promise<{ readonly sendRequest: typeof sendRequest }> | undefined;
  /** TLS takes as long to load as the rest of the door. */
  const loadRequests = () => (requests ??= import("./http-request.ts"));
  let slowFiles: Promise<SlowFiles> | undefined;
  /** What lies on this machine's own disks is read here, everything else by processes that can be ended. */
  async function read<T>(
    path: string,
    here: () => Promise<Reading<T>>,
    there: (files: SlowFiles, mount: string) => Promise<Reading<T>>,
  ): Promise<Reading<T>> {
    const mount = mounts.size === 0 || isKernelFile(path) ? null : findSlowMount(path, mounts);
    if (mount === null) return await here();
    slowFiles ??= import("./slow-files.ts").then((module) => new module.SlowFiles());
    return await there(await slowFiles, mount);
  }
  return {
    target: "localhost",
    get lagMs() {
      return readLagMs();
    },
    readFile: (path, maxBytes = FILE_LIMIT_BYTES) =>
      read(
        path,
        () => readTextFile(path, maxBytes, timeoutMs),
        (files, mount) => files.readFile(path, mount, maxBytes),
      ),
    listDirectory: (path) =>
      read(
        path,
        () => listNames(path, timeoutMs),
        (files, mount) => files.listDirectory(path, mount),
      ),
    readLinks: (pattern) => readLocalLinks(pattern),
    stat: (path) =>
      read(
        path,
        () => readStatus(path, timeoutMs),
        (files, mount) => files.stat(path, mount),
      ),
    run: (command) => {
      const output = runCommand(command, { timeoutMs, signal: closing.signal });
      // Who runs commands sends requests next; while the first command runs there is time to load that.
      setImmediate(() => void loadRequests());
      return output;
    },
    request: async (request) =>
      (await loadRequests()).sendRequest(request, { signal: closing.signal, lagMs: readLagMs() }),
    close: () => Promise.resolve(closing.abort()),
  };
}

function readLagMs(): number {
  return Math.min(LONGEST_LAG_MS, readRunDelayMs());
}
