import { countDenied, toToolFailure } from "./failure.ts";
import type { FileStatus, Link, Output, Reading } from "./host.ts";
import type { LinkPattern } from "./link-pattern.ts";
import { parseLinkListing, parseStatusListing } from "./long-listing.ts";
import type { ShellReply } from "./reply-reader.ts";
import type { ShellTools } from "./shell-requests.ts";

const NAME_LIMIT = 100_000;

/** A file of which one byte more than `maxBytes` was asked for. */
export function toFileText(reply: ShellReply, path: string, maxBytes: number): Reading<string> {
  const failure = findFailure(reply, path, 0);
  if (failure) return failure;
  if (reply.output.length > maxBytes) {
    return { ok: false, why: "too-large", from: path, detail: `more than ${maxBytes} bytes` };
  }
  return { ok: true, value: reply.output.toString("utf8"), from: path };
}

/** Names that each end with a NUL byte. */
export function toNames(reply: ShellReply, path: string): Reading<readonly string[]> {
  const failure = findFailure(reply, path, 0);
  if (failure) return failure;
  const names = reply.output.toString("utf8").split("\0").slice(0, -1);
  if (names.length > NAME_LIMIT) {
    return { ok: false, why: "too-large", from: path, detail: `more than ${NAME_LIMIT} names` };
  }
  return { ok: true, value: names.toSorted(), from: path };
}

/** One line of `stat -L -c '%f %u %g %s %Y'`, or else of `ls -ldnL`. */
export function toStatus(reply: ShellReply, path: string, tools: ShellTools, now: Date): Reading<FileStatus> {
  const failure = findFailure(reply, path, 0);
  if (failure) return failure;
  const text = reply.output.toString("latin1").trimEnd();
  const value = tools.stat ? parseStatus(text) : parseStatusListing(text, now);
  return value ? { ok: true, value, from: path } : { ok: false, why: "unparsed", from: path, detail: text };
}

type Links = { readonly links: readonly Link[]; readonly denied: number };

/** `ls` says 1 or 2 where some of many could not be read. */
export function toLinks(reply: ShellReply, from: string, pattern: LinkPattern, tools: ShellTools): Reading<Links> {
  const failure = findFailure(reply, from, 2);
  if (failure) return failure;
  const links = parseLinkListing(reply.output.toString("utf8"), pattern, tools.names);
  if (links) return { ok: true, value: { links, denied: countDenied(reply.errors) }, from };
  return { ok: false, why: "unparsed", from, detail: "ls on that host does not tell names apart" };
}

export function toOutput(reply: ShellReply, from: string): Reading<Output> {
  const failure = findFailure(reply, from, 255);
  if (failure) return failure;
  const { status, output, errors } = reply;
  return { ok: true, value: { exitCode: Number(status), stdout: output.toString("utf8"), stderr: errors }, from };
}

/** The reply to a request that leaves nothing to be read. */
export function toDone(reply: ShellReply, from: string): Reading<null> {
  return findFailure(reply, from, 0) ?? { ok: true, value: null, from };
}

/** A failed reading where the status is a word, or an exit code above the highest that is fine. */
function findFailure({ status, errors }: ShellReply, from: string, highestExitCode: number): Reading<never> | null {
  if (status === "missing") return { ok: false, why: "absent", from, detail: "no such program" };
  if (status === "special") return { ok: false, why: "failed", from, detail: "not a regular file" };
  if (/^\d+$/.test(status) && Number(status) <= highestExitCode) return null;
  return toToolFailure(errors, from);
}

const FILE_TYPE_MASK = 0o170000;
const KINDS: Readonly<Record<number, FileStatus["kind"]>> = {
  0o100000: "file",
  0o040000: "directory",
  0o140000: "socket",
};

function parseStatus(text: string): FileStatus | null {
  const [, mode, uid, gid, size, seconds] = /^([0-9a-f]{1,8}) (\d+) (\d+) (\d+) (-?\d{1,12})$/.exec(text) ?? [];
  if (mode === undefined) return null;
  const bits = Number.parseInt(mode, 16);
  return {
    kind: KINDS[bits & FILE_TYPE_MASK] ?? "other",
    mode: bits & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    sizeBytes: Number(size),
    modifiedAt: new Date(Number(seconds) * 1000).toISOString(),
  };
}
