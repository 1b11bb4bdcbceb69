import type { RedisLink } from "./redis-link.ts";

/** Tells all replicas that a key was changed, so that none of them waits for its next look at the store. */
export interface Revisions {
  /** Tells the others; false where they could not be told, and find out when they look themselves. */
  publish(revision: number): Promise<boolean>;
  /** Called whenever somebody has published, and after each time the connection was away: something may have been missed. */
  onRevision(hear: () => void): void;
}

/** Over pub/sub of Redis or Valkey. Call it before the link connects; `prefix` tells gateways on one Redis apart. */
export function openRevisions(link: RedisLink, prefix = "portlock"): Revisions {
  const channel = `${prefix}:revision`;
  const hearers: (() => void)[] = [];
  const tell = (): void => {
    for (const hear of hearers) hear();
  };
  link.listen(channel, tell);
  link.onUp(tell);
  return {
    publish: async (revision) => {
      try {
        await link.publish(channel, String(revision));
        return true;
      } catch {
        return false;
      }
    },
    onRevision: (hear) => {
      hearers.push(hear);
    },
  };
}
