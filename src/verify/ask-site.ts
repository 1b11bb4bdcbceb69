import { ASK_SCRIPT, type AskCommand } from "../host/ask-script.ts";
import type { HostWriter } from "../host/writer.ts";
import { toAuthority } from "../judge/authentication.ts";
import { parseAsked, type Look, type SeenCall, type SeenCalls } from "./asked-lines.ts";
import type { AskedSite, Learned, UnlearnedReason } from "./proofs.ts";

/** A site, and the server behind it as the host itself calls it. */
export interface Asking {
  readonly model: string;
  readonly server: { readonly address: string; readonly port: number };
  readonly site: {
    readonly address: string;
    readonly port: number;
    readonly tls: boolean;
    /** Host name it is called by; null: by its address. */
    readonly name: string | null;
  };
  /** Value of the Authorization header. */
  readonly credential: string;
}

/** Longer than everything that the script waits for. */
const PATIENCE_MS = 300_000;
const NO_TOOL: readonly number[] = [41, 127];
const PROMPT = "Count from one to one thousand, in words.";
/** Tokens: enough to see whether they come one by one, and more than are generated while a client stays. */
const SOME = 32;
const MANY = 1024;

/**
 * Has a model generate through a site and straight from its server, one after the other, and leaves one generation in
 * the middle: what it costs is a model that works for some seconds.
 */
export async function askSite(host: HostWriter, asking: Asking): Promise<AskedSite> {
  const settings = { timeoutMs: PATIENCE_MS, input: toCurlConfiguration(asking.credential) };
  const output = await host.change(toCommand(asking), settings);
  if (!output.ok) return toUnlearned(asking.model, "no-tool", output.detail ?? output.why);
  const { exitCode, stdout } = output.value;
  if (NO_TOOL.includes(exitCode)) return toUnlearned(asking.model, "no-tool", null);
  return concludeAsked(asking.model, parseAsked(stdout));
}

/** Nothing was learned, and why. */
export function toUnlearned(model: string, why: UnlearnedReason, detail: string | null): AskedSite {
  const learned: Learned = { holds: null, why, detail };
  return { model, firstAfter: null, moments: null, passesAtOnce: learned, stopsWithClient: learned };
}

/** What was seen of the calls, put into three values. */
export function concludeAsked(model: string, { calls, rounds, looks }: SeenCalls): AskedSite {
  const { warm, direct, site, long } = calls;
  if (warm.status !== 200) return toUnlearned(model, "server-not-answering", toDetail(warm));
  const refused = [...rounds.site, site].find(({ status }) => status !== 200);
  if (refused !== undefined) return toUnlearned(model, "site-not-answering", toDetail(refused));
  const first = { direct: toMedian(rounds.direct), site: toMedian(rounds.site) };
  return {
    model,
    firstAfter: first.direct === null || first.site === null ? null : { direct: first.direct, site: first.site },
    moments: { direct: direct.moments, site: site.moments },
    passesAtOnce: comparePace(direct, site),
    stopsWithClient: concludeLeaving(long, looks),
  };
}

/** Milliseconds to the first bytes; null where not every call had some. */
function toMedian(calls: readonly SeenCall[]): number | null {
  const times = calls.flatMap(({ firstAfter }) => (firstAfter === null ? [] : [firstAfter]));
  const median = times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)];
  return median === undefined || times.length < calls.length ? null : Math.round(median * 10_000) / 10;
}

function toDetail({ status }: SeenCall): string | null {
  return status === null ? null : `HTTP ${status}`;
}

/** Fewer tell nothing: a busy host may find several of them at once. */
const LEAST_MOMENTS = 8;

function comparePace(direct: SeenCall, site: SeenCall): Learned {
  if (direct.moments < LEAST_MOMENTS) return { holds: null, why: "too-short", detail: null };
  // What is let go in the end comes at one moment, in however many parts.
  const share = site.moments / direct.moments;
  if (share >= 0.5) return { holds: true };
  return share <= 0.25 ? { holds: false } : { holds: null, why: "between", detail: null };
}

/** Looks of the script: all, those before the client leaves, and one that is a second after. */
const LOOKS = 14;
const STAYING = 2;
const SETTLED = 7;

/** `long` is the same generation straight from the server: how long it takes where nobody leaves. */
function concludeLeaving(long: SeenCall, looks: readonly Look[]): Learned {
  const [first, second, settled, last] = [looks[0], looks[1], looks[SETTLED], looks.at(-1)];
  if (looks.length !== LOOKS || !first || !second || !settled || !last) {
    return { holds: null, why: "connection-not-seen", detail: null };
  }
  const busy = [...second.received].flatMap(([ends, bytes]) => (bytes > (first.received.get(ends) ?? 0) ? [ends] : []));
  const goesOn = (ends: string): boolean =>
    (last.received.get(ends) ?? 0) > (settled.received.get(ends) ?? Number.POSITIVE_INFINITY);
  if (busy.length > 0 && busy.every(goesOn)) return { holds: false };
  const gone =
    busy.length === 0
      ? undefined
      : looks.slice(STAYING).find(({ received }) => busy.every((ends) => !received.has(ends)));
  // By then it may have come to its end by itself; a look's time is told in whole seconds.
  if ((gone ?? second).at - first.at + 1 >= long.span) return { holds: null, why: "too-short", detail: null };
  return gone === undefined ? { holds: null, why: "connection-not-seen", detail: null } : { holds: true };
}

function toCommand({ model, server, site }: Asking): AskCommand {
  const toBody = (tokens: number): string =>
    JSON.stringify({
      model,
      prompt: PROMPT,
      stream: true,
      options: { num_predict: tokens, temperature: 0, seed: 1 },
    });
  return [
    "/bin/sh",
    "-c",
    ASK_SCRIPT,
    "portlock",
    `http://${toAuthority(server.address, server.port)}/api/generate`,
    toSiteUrl(site, "/api/generate"),
    `::${toAuthority(site.address, site.port)}`,
    toBody(1),
    toBody(SOME),
    toBody(MANY),
    `${server.port}`,
  ];
}

/** The site by the name that it is called by, where curl is told its place beside it. */
export function toSiteUrl({ address, port, tls, name }: Asking["site"], path: string): string {
  const called = name !== null && /^[A-Za-z0-9.-]+$/.test(name) ? `${name}:${port}` : toAuthority(address, port);
  return `${tls ? "https" : "http"}://${called}${path}`;
}

/** A line of curl's configuration: in quotes it takes a backslash before a quote and before itself. */
export function toCurlConfiguration(credential: string): string {
  return `header = "Authorization: ${credential.replaceAll(/["\\]/g, (mark) => `\\${mark}`)}"\n`;
}
