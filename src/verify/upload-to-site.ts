import type { HostWriter } from "../host/writer.ts";
import { UPLOAD_SCRIPT, type UploadCommand } from "../host/upload-script.ts";
import { toAuthority } from "../judge/authentication.ts";
import { toCurlConfiguration, toSiteUrl, type Asking } from "./ask-site.ts";
import type { Learned, UnlearnedReason, UploadedSite } from "./proofs.ts";

/** A site, and the server behind it as the host itself sees it. */
export interface Uploading {
  readonly bytes: number;
  readonly server: { readonly port: number; readonly pid: number };
  readonly site: Asking["site"];
  /** Value of the Authorization header. */
  readonly credential: string;
}

/** Longer than everything that the script waits for. */
const PATIENCE_MS = 300_000;
const NO_TOOL: readonly number[] = [41, 127];
/** Nobody's model has this name; what comes of the upload is never whole. */
const PATH = `/api/blobs/sha256:${"0".repeat(64)}`;
const MIB = 2 ** 20;
/** Far below what is uploaded, far above what a busy proxy takes for itself. */
export const MOST_GROWTH_MIB = 96;

/**
 * Uploads zeros through a site and breaks off before the last byte, looking all the while at what arrives at the server
 * and at the memory of the programs that listen at the site's port.
 */
export async function uploadToSite(host: HostWriter, uploading: Uploading): Promise<UploadedSite> {
  const { bytes, credential } = uploading;
  const settings = { timeoutMs: PATIENCE_MS, input: toCurlConfiguration(credential) };
  const output = await host.change(toCommand(uploading), settings);
  if (!output.ok) return toNotUploaded(bytes, "no-tool", output.detail ?? output.why);
  const { exitCode, stdout } = output.value;
  return NO_TOOL.includes(exitCode) ? toNotUploaded(bytes, "no-tool", null) : concludeUploaded(bytes, stdout);
}

/** Nothing was learned, and why. */
export function toNotUploaded(bytes: number, why: UnlearnedReason, detail: string | null): UploadedSite {
  const learned: Learned = { holds: null, why, detail };
  return { bytes, arrived: 0, seconds: null, grownMiB: null, passes: learned, inConstantMemory: learned };
}

/** What the upload script printed about so many bytes. Lines that are none of its are passed over; never throws. */
export function concludeUploaded(bytes: number, printed: string): UploadedSite {
  const lines = printed.split("\n");
  const looks = lines.flatMap(toLook);
  const [before, ...after] = looks;
  if (before === undefined) return toNotUploaded(bytes, "no-tool", null);
  const last = after.at(-1) ?? before;
  const grownMiB = toGrowth(looks);
  const passes = concludePassing(bytes, { arrived: last.arrived, lines });
  return {
    bytes,
    arrived: Math.min(last.arrived, bytes),
    seconds: passes.holds === true ? last.at - before.at : null,
    grownMiB,
    passes,
    inConstantMemory: passes.holds === true ? concludeGrowth(grownMiB) : withoutPassing(passes),
  };
}

function concludePassing(
  bytes: number,
  { arrived, lines }: { readonly arrived: number; readonly lines: readonly string[] },
): Learned {
  // Its head and the lengths of its pieces arrive, too; more is somebody else's.
  if (arrived > bytes * 1.01 + 65_536) return { holds: null, why: "connection-not-seen", detail: null };
  if (arrived >= bytes) return { holds: true };
  const status = lines.flatMap((line) => /^w ([1-5]\d\d)$/.exec(line)?.[1] ?? [])[0];
  if (status === "413") return { holds: false };
  if (status !== undefined) return { holds: null, why: "site-not-answering", detail: `HTTP ${status}` };
  const room = lines.flatMap((line) => /^r (none|unseen|unread|\d{1,19})$/.exec(line)?.[1] ?? [])[0];
  // The first MiB has been sent seconds ago, and nothing of it has come to the server.
  if (room === "none") return { holds: false };
  if (room === "unseen") return { holds: null, why: "connection-not-seen", detail: null };
  if (room === "unread") return { holds: null, why: "room-not-seen", detail: null };
  if (room !== undefined) return { holds: null, why: "no-room", detail: `${Math.floor(Number(room) / MIB)} MiB` };
  return { holds: null, why: "not-in-time", detail: `${Math.floor(arrived / MIB)} MiB` };
}

/** Where not all of it came through, nothing is known of what all of it takes. */
function withoutPassing(passes: Learned): Learned {
  return passes.holds === null ? passes : { holds: null, why: "not-passed", detail: null };
}

function concludeGrowth(grownMiB: number | null): Learned {
  if (grownMiB === null) return { holds: null, why: "holders-not-seen", detail: null };
  return { holds: grownMiB <= MOST_GROWTH_MIB };
}

interface Look {
  /** Seconds since 1970. */
  readonly at: number;
  /** Bytes at the server. */
  readonly arrived: number;
  /** Held by the site's programs, KiB; null where one could not be seen. */
  readonly held: number | null;
}

function toLook(line: string): readonly Look[] {
  const [, at, arrived, held] = /^l (\d{1,12}) (\d{1,19}) (\d{1,15}|-)$/.exec(line) ?? [];
  if (at === undefined) return [];
  return [{ at: Number(at), arrived: Number(arrived), held: held === "-" ? null : Number(held) }];
}

/** MiB, the most that was held at once less what was held before. */
function toGrowth(looks: readonly Look[]): number | null {
  const held = looks.flatMap((look) => look.held ?? []);
  const [before] = held;
  if (before === undefined || held.length < looks.length) return null;
  return Math.max(0, Math.round((Math.max(...held) - before) / 1024));
}

function toCommand({ bytes, server, site }: Uploading): UploadCommand {
  return [
    "/bin/sh",
    "-c",
    UPLOAD_SCRIPT,
    "portlock",
    toSiteUrl(site, PATH),
    `::${toAuthority(site.address, site.port)}`,
    `${bytes}`,
    `${server.port}`,
    `${site.port}`,
    `${server.pid}`,
  ];
}
