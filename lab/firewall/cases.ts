import type { Case } from "./case.ts";
import { drawIptables } from "./generators/iptables.ts";
import { drawDocker } from "./generators/docker.ts";
import { drawNft } from "./generators/nft.ts";
import { drawNftRewriting } from "./generators/nft-rewriting.ts";
import { drawIptablesRewriting } from "./generators/rewriting.ts";
import { drawUfwCommands, drawUfwRules } from "./generators/ufw.ts";
import { openRandom, type Random } from "./random.ts";

/** How cases are drawn, each with its share of a run. */
const DIALECTS: readonly { readonly name: string; readonly share: number; readonly draw: (random: Random) => Case }[] =
  [
    { name: "iptables-nft", share: 3, draw: (random) => drawIptables(random, "nft") },
    { name: "iptables-legacy", share: 1, draw: (random) => drawIptables(random, "legacy") },
    { name: "nftables", share: 3, draw: drawNft },
    { name: "iptables-nft nat", share: 1, draw: (random) => drawIptablesRewriting(random, "nft") },
    { name: "iptables-legacy nat", share: 0.5, draw: (random) => drawIptablesRewriting(random, "legacy") },
    { name: "nftables nat", share: 1, draw: drawNftRewriting },
    { name: "docker", share: 1, draw: drawDocker },
    { name: "ufw rules", share: 1.5, draw: drawUfwRules },
    { name: "ufw commands", share: 0.1, draw: drawUfwCommands },
  ];

/** One case of a run: the same seed and number give the same case, whatever else the run holds. */
export function drawCase(
  seed: number,
  number: number,
  only: string | null,
): { readonly tried: Case; readonly random: Random } {
  const random = openRandom(seed, number);
  const choices = DIALECTS.filter(({ name }) => only === null || name === only);
  let left = random.fraction() * choices.reduce((sum, { share }) => sum + share, 0);
  for (const { share, draw } of choices) {
    left -= share;
    if (left < 0) return { tried: draw(random), random };
  }
  throw new Error(`no such dialect: ${only}; there are: ${DIALECTS.map(({ name }) => name).join(", ")}`);
}
