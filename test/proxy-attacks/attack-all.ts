import { PROXY_AUTHS, PROXY_KINDS, type ProxyKind } from "../../src/proxy/site.ts";
import type { Column } from "./page.ts";
import { RECIPES } from "./recipes.ts";
import { runAttacks } from "./run-attacks.ts";
import { startGenerated, startRecipe } from "./targets.ts";

const NAMES: Readonly<Record<ProxyKind, string>> = { nginx: "nginx", caddy: "Caddy", haproxy: "HAProxy" };

/** The whole list against every configuration, side by side: most of the time each waits for its proxy. */
export async function attackAll(): Promise<{
  readonly generated: readonly Column[];
  readonly copied: readonly Column[];
}> {
  const ours = PROXY_KINDS.flatMap((proxy) =>
    // HAProxy can ask nobody: with the gateway's keys it hands on to the gateway, which has attacks of its own.
    PROXY_AUTHS.filter((auth) => proxy !== "haproxy" || auth !== "portlock").map(async (auth): Promise<Column> => {
      const name = `${NAMES[proxy]} ${auth}`;
      return {
        name: { en: `Portlock: ${name}`, zh: `Portlock：${name}` },
        source: null,
        outcomes: await runAttacks(startGenerated(proxy, auth)),
      };
    }),
  );
  const theirs = RECIPES.map(async (recipe): Promise<Column> => {
    const { name, source } = recipe;
    return { name, source, outcomes: await runAttacks(startRecipe(recipe)) };
  });
  const [generated, copied] = await Promise.all([Promise.all(ours), Promise.all(theirs)]);
  return { generated, copied };
}
