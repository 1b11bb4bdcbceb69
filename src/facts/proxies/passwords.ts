import type { ConfigurationFiles } from "./configuration-files.ts";
import type { PasswordHash, Protection, ProxyConfiguration } from "./proxy.ts";

/** What a list of users tells without any of its hashes. */
export interface Passwords {
  /** The one that takes longest to try. */
  readonly hash: PasswordHash | null;
  readonly users: number;
}

/** How long one try takes, roughly, so that the dearest can be told. */
const ORDER: readonly PasswordHash["scheme"][] = [
  "plain",
  "sha1",
  "other",
  "apr1",
  "sha256-crypt",
  "sha512-crypt",
  "yescrypt",
  "bcrypt",
];

/** Reads an htpasswd file: `user:hash`, one a line. */
export function parsePasswordFile(text: string): Passwords {
  const hashes = text.split(/\r?\n/).flatMap((line) => {
    const [, hash] = /^[^:#\s][^:]*:([^:]+)/.exec(line) ?? [];
    return hash === undefined ? [] : [hash];
  });
  return summarizeHashes(hashes);
}

/** How many passwords there are, and the dearest way in which one is kept. */
export function summarizeHashes(hashes: readonly string[]): Passwords {
  const kinds = hashes.map(recogniseHash);
  const dearest = kinds.toSorted((first, second) => rank(second) - rank(first));
  return { hash: dearest[0] ?? null, users: hashes.length };
}

function rank({ scheme, cost }: PasswordHash): number {
  return ORDER.indexOf(scheme) * 1e12 + Math.min(cost ?? 0, 1e11);
}

const DEFAULT_ROUNDS = 5_000;

/** The scheme of a hash as crypt(5), Apache and nginx write it. */
function recogniseHash(hash: string): PasswordHash {
  const [, bcrypt] = /^\$2[abxy]?\$(\d\d)\$/.exec(hash) ?? [];
  if (bcrypt !== undefined) return { scheme: "bcrypt", cost: Number(bcrypt) };
  const [, sha, rounds] = /^\$([56])\$(?:rounds=(\d{1,9})\$)?/.exec(hash) ?? [];
  if (sha !== undefined) {
    const cost = rounds === undefined ? DEFAULT_ROUNDS : Number(rounds);
    return { scheme: sha === "5" ? "sha256-crypt" : "sha512-crypt", cost };
  }
  if (hash.startsWith("$apr1$")) return { scheme: "apr1", cost: 1_000 };
  if (/^\$(?:y|gy)\$/.test(hash)) return { scheme: "yescrypt", cost: null };
  if (/^\{(?:SHA|SSHA)\}/i.test(hash)) return { scheme: "sha1", cost: null };
  if (/^\{PLAIN\}/i.test(hash)) return { scheme: "plain", cost: null };
  return { scheme: "other", cost: null };
}

/** The same configuration with what its password files tell. */
export async function withPasswordFiles(
  configuration: ProxyConfiguration,
  files: ConfigurationFiles,
): Promise<ProxyConfiguration> {
  const named = configuration.sites.flatMap(({ locations }) =>
    locations.flatMap(({ protections }) =>
      protections.flatMap((protection) =>
        protection.kind === "basic" && protection.file !== null && protection.users === null ? [protection.file] : [],
      ),
    ),
  );
  if (named.length === 0) return configuration;
  const known = new Map<string, Passwords>();
  for (const file of new Set(named)) {
    const text = await files.read(file);
    if (text !== null) known.set(file, parsePasswordFile(text));
  }
  const fill = (protection: Protection): Protection => {
    const told = protection.kind === "basic" && protection.file !== null ? known.get(protection.file) : undefined;
    return told === undefined ? protection : { ...protection, ...told };
  };
  return {
    ...configuration,
    sites: configuration.sites.map((site) => ({
      ...site,
      locations: site.locations.map((location) => ({ ...location, protections: location.protections.map(fill) })),
    })),
    unclear: [...configuration.unclear, ...files.unread.filter((line) => !configuration.unclear.includes(line))],
  };
}
