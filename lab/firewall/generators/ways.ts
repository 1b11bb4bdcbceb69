import type { AddressFamily } from "../../../src/firewall/address.ts";
import type { Way } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES, PORTS } from "../world.ts";

/** The port rules are mostly about; the others are there to be matched or not. */
export const SERVER_PORT = 11434;

/** Some ways into the host: through each door, to its own, its other and its container's address. */
export function drawWays(random: Random, family: AddressFamily, count: number): readonly Way[] {
  return Array.from({ length: count }, () => drawWay(random, family));
}

export function drawWay(random: Random, family: AddressFamily): Way {
  const door = random.chance(0.75) ? "eth0" : "eth1";
  const destination = random.pick([
    HOST_ADDRESSES[door][family],
    HOST_ADDRESSES[door][family],
    HOST_ADDRESSES[door === "eth0" ? "eth1" : "eth0"][family],
    CONTAINER_ADDRESS[family],
    HOST_ADDRESSES.docker0[family],
  ]);
  return { door, family, destination, port: random.chance(0.7) ? SERVER_PORT : random.pick(PORTS) };
}

/** Ports as rules name them: one or a range, mostly around those that are listened on. */
export function drawPort(random: Random): number {
  return random.chance(0.6) ? SERVER_PORT : random.pick([...PORTS, 1, 21, 79, 11433, 65534]);
}

export function drawPortRange(random: Random): readonly [number, number] {
  const one = random.pick([...PORTS, 1, 1023, 11433]);
  const other = random.pick([...PORTS, 1024, 11436, 65534]);
  if (one === other) return [one - 1, other];
  return one < other ? [one, other] : [other, one];
}
