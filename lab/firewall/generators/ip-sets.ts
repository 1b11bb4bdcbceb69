import type { AddressFamily } from "../../../src/firewall/address.ts";
import { openAddresses } from "../addresses.ts";
import { type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES } from "../world.ts";
import { drawPort } from "./ways.ts";

/** A set of ipset(8), as a rule names it. */
export interface IpSet {
  readonly name: string;
  readonly kind: string;
  /** Which part of the packet each of its fields stands for. */
  readonly dimensions: string;
  readonly lines: readonly Line[];
}

const DIMENSIONS = {
  "hash:ip": "src",
  "hash:net": "src",
  "hash:net,port": "src,dst",
  "hash:ip,port,ip": "src,dst,dst",
  "bitmap:port": "dst",
} as const;
type Kind = keyof typeof DIMENSIONS;

export function drawSets(random: Random, family: AddressFamily): readonly IpSet[] {
  const drawn = Array.from({ length: 1 + random.below(3) }, (_, index) => drawSet(random, family, `set${index}`));
  const [first] = drawn;
  if (first === undefined || first.dimensions !== "src" || random.chance(0.6)) return drawn;
  const lines = [toNeededLine("create sets list:set"), toRuleLine(`add sets ${first.name}`)];
  return [...drawn, { name: "sets", kind: "list:set", dimensions: "src", lines }];
}

function drawSet(random: Random, family: AddressFamily, name: string): IpSet {
  const addresses = openAddresses(random, family);
  const kind = random.pick<Kind>([
    "hash:ip",
    "hash:net",
    "hash:net",
    "hash:net,port",
    "hash:ip,port,ip",
    "bitmap:port",
  ]);
  const destinations = [HOST_ADDRESSES.eth0[family], HOST_ADDRESSES.eth1[family], CONTAINER_ADDRESS[family]] as const;

  function drawMember(): string {
    const port = random.chance(0.3) ? `${drawPort(random)}` : `tcp:${drawPort(random)}`;
    switch (kind) {
      case "hash:ip":
        return drawHost();
      case "hash:net":
        return `${drawNet()}${random.chance(0.2) ? " nomatch" : ""}`;
      case "hash:net,port":
        return `${drawNet()},${port}`;
      case "hash:ip,port,ip":
        return `${drawHost()},${port},${random.pick(destinations)}`;
      case "bitmap:port":
        return `${drawPort(random)}`;
    }
  }
  /** Sets take no address that is all zero. */
  function drawHost(): string {
    return addresses.address().replace(/^(0\.0\.0\.0|::)$/, family === 4 ? "0.0.0.1" : "::1");
  }
  /** hash:net takes no prefix of length 0. */
  function drawNet(): string {
    return addresses.prefix().replace(/\/0$/, "/1");
  }
  const members = new Set(Array.from({ length: 1 + random.below(12) }, drawMember));
  // One net must not be there as a member and as an exception.
  const byNet = new Map([...members].map((member) => [member.split(" ")[0], member]));
  const options = kind === "bitmap:port" ? "range 1-65535" : `family ${family === 4 ? "inet" : "inet6"}`;
  return {
    name,
    kind,
    dimensions: DIMENSIONS[kind],
    lines: [
      toNeededLine(`create ${name} ${kind} ${options}`),
      ...[...byNet.values()].map((member) => toRuleLine(`add ${name} ${member}`)),
    ],
  };
}
