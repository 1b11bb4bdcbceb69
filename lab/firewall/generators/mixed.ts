import type { Case } from "../case.ts";
import type { Random } from "../random.ts";
import { drawIptables } from "./iptables.ts";
import { drawNft } from "./nft.ts";
import { drawNftRewriting } from "./nft-rewriting.ts";
import { drawIptablesRewriting } from "./rewriting.ts";
import { drawUfwRules } from "./ufw.ts";

type Draw = (random: Random) => Case;

const OLD: readonly [Draw, ...Draw[]] = [
  (random) => drawIptables(random, "nft"),
  (random) => drawIptables(random, "legacy"),
  (random) => drawIptablesRewriting(random, "nft"),
  (random) => drawIptablesRewriting(random, "legacy"),
  drawUfwRules,
];
const NEW: readonly [Draw, ...Draw[]] = [drawNft, drawNft, drawNftRewriting];

/** Two rule sets of different engines beside each other: a packet must get past both. */
export function drawMixed(random: Random): Case {
  const [one, other] = [random.pick(OLD)(random), random.pick(NEW)(random)];
  const inputs = random.chance(0.5) ? [...one.inputs, ...other.inputs] : [...other.inputs, ...one.inputs];
  return {
    dialect: "mixed",
    features: [...new Set([...one.features, ...other.features])],
    inputs,
    ways: [...one.ways, ...other.ways],
    routeLocalnet: one.routeLocalnet || other.routeLocalnet,
  };
}
