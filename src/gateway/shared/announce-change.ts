import { RedisLink } from "./redis-link.ts";
import { openRevisions } from "./revisions.ts";

/** Tells the gateways on one Redis that keys were changed. False: they were not told, and find out by themselves. */
export async function announceChange(redisUrl: string): Promise<boolean> {
  if (!isRedisUrl(redisUrl)) return false;
  const link = new RedisLink(redisUrl);
  const revisions = openRevisions(link);
  try {
    await link.connect();
    return await revisions.publish(Date.now());
  } finally {
    await link.close();
  }
}

/** What is no such place is told by the gateway that is started with it. */
function isRedisUrl(text: string): boolean {
  return text.startsWith("unix:") || /^rediss?:$/.test(URL.parse(text)?.protocol ?? "");
}
