import { parseCidr, toFamily } from "../judge/addresses.ts";
import type { Choices } from "../plan/choices.ts";
import { CommandError } from "./errors.ts";
import type { LayoutFlags } from "./page.ts";

export type HardenFlags = LayoutFlags & {
  readonly host?: string;
  readonly server?: readonly string[];
  readonly method?: Choices["method"];
  readonly sandbox?: boolean;
  readonly ipFilter?: boolean;
  readonly restartProcess?: boolean;
  readonly recreate?: boolean;
  readonly firewall?: Choices["firewall"];
  readonly allow?: readonly string[];
  readonly mend?: readonly Choices["mends"][number][];
  readonly mayChange?: readonly number[];
  readonly dryRun?: boolean;
  readonly plan?: string;
  readonly apply?: string;
  readonly yes?: boolean;
  /** Seconds; 0: none. */
  readonly confirmWithin?: number;
  readonly json?: boolean;
  readonly lang?: string;
};

/** Where a plan comes from a file, its own choices hold, and no flag may say otherwise. */
const FLAGS_OF_CHOICES = [
  "server",
  "method",
  "sandbox",
  "ipFilter",
  "restartProcess",
  "recreate",
  "firewall",
  "allow",
  "mend",
  "mayChange",
] as const satisfies readonly (keyof HardenFlags)[];

/** What the flags ask for. Throws a `CommandError` where flags contradict each other. */
export function toChoices(flags: HardenFlags): Choices {
  return {
    servers: flags.server ?? null,
    // Who is to get through a firewall must find the server where it listens.
    method: flags.method ?? ((flags.firewall ?? "none") === "none" ? "auto" : "none"),
    sandbox: flags.sandbox ?? false,
    ipFilter: flags.ipFilter ?? false,
    restartProcess: flags.restartProcess ?? false,
    recreate: flags.recreate ?? false,
    firewall: flags.firewall ?? "none",
    allow: flags.allow ?? [],
    mends: flags.mend ?? [],
    mayChange: flags.mayChange ?? [],
  };
}

/** Throws a `CommandError` where flags contradict each other. */
export function refuseContradictions(flags: HardenFlags): void {
  if (flags.apply !== undefined) {
    const other =
      FLAGS_OF_CHOICES.find((name) => flags[name] !== undefined) ?? (flags.plan === undefined ? null : "plan");
    if (other !== null) throw contradiction("apply", other);
    if (flags.dryRun === true) throw contradiction("apply", "dryRun");
  }
  if (flags.allow === undefined) return;
  if (flags.firewall === "none") throw contradiction("allow", "firewall");
  if (flags.firewall === undefined) {
    throw new CommandError({ code: "flag-missing", data: { flag: "--allow", needs: "--firewall" } });
  }
}

function contradiction(flag: keyof HardenFlags, other: keyof HardenFlags): CommandError {
  return new CommandError({ code: "flags-contradict", data: { flags: [toFlag(flag), toFlag(other)] } });
}

/** `mayChange` as it is typed: `--may-change`. */
function toFlag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An address or a network as a CIDR; null where it is none. */
export function parseNetwork(text: string): string | null {
  const family = toFamily(text);
  const cidr = family === null ? text : `${text}/${family === 4 ? 32 : 128}`;
  return parseCidr(cidr) === null ? null : cidr;
}

/** A TCP port; null where it is none. */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, min: 60 };
const LONGEST_SECONDS = 3600;

/** `90`, `90s` or `5m` in seconds; null where it is no such time, or longer than an hour. */
export function parseSeconds(text: string): number | null {
  const [, digits, unit] = /^(\d{1,4})(s|m|min|)$/.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const seconds = Number(digits) * (UNITS[unit] ?? 1);
  return seconds <= LONGEST_SECONDS ? seconds : null;
}
