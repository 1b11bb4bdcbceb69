import type { PublishedPort } from "../facts/containers.ts";
import type { Evidence } from "../facts/evidence.ts";
import type { Listener } from "../facts/sockets.ts";
import { isLinkLocalV6, isLoopback, isWildcard, toCanonical, toFamily, type Family } from "./addresses.ts";
import { toBarrier } from "./barriers.ts";
import type { Barrier } from "./route.ts";
import type { Outsider, Wiring } from "./vantages.ts";

/** Where a socket listens, as far as its own address says. */
export interface Bind {
  readonly address: string;
  readonly port: number;
  /** Interface the socket is bound to, else null. */
  readonly device: string | null;
  readonly families: readonly { readonly family: Family; readonly certain: boolean }[];
  readonly evidence: Evidence | null;
}

/**
 * The bind of a listener. `dualStack` is what was measured where the socket table does not tell; null leaves
 * IPv4 uncertain.
 */
export function toBind(listener: Listener, dualStack: boolean | null): Bind {
  const { address, port, device, evidence } = listener;
  return { address, port, device, families: toFamilies(address, dualStack), evidence };
}

/** The bind of a port that a container engine publishes on the host: one family each, as the engine sees it. */
export function toPublishedBind(published: PublishedPort, evidence: Evidence): Bind {
  const { hostAddress: address, hostPort: port } = published;
  return { address, port, device: null, families: toFamilies(address, false), evidence };
}

/** True where the bind takes a connection to this address. */
export function takes(bind: Pick<Bind, "address" | "families">, address: string): boolean {
  const family = toFamily(address);
  if (!bind.families.some((each) => each.family === family)) return false;
  return isWildcard(bind.address) || sameAddress(bind.address, address);
}

/** The address somebody on the host itself would use: a loopback one where the bind takes one. */
export function toLocalAddress(bind: Bind, wiring: Wiring): string {
  if (!isWildcard(bind.address)) return bind.address;
  const device = bind.device === null ? undefined : wiring.interfaces?.get(bind.device);
  const families = bind.families.map((each) => each.family);
  // A socket bound to a device does not take what comes from `lo` to 127.0.0.1, only the device's own address.
  const own = device?.loopback === true ? undefined : device;
  const address = own?.addresses.find((one) => families.some((family) => toFamily(one.address) === family));
  if (address !== undefined) return address.address;
  return families.includes(4) ? "127.0.0.1" : "::1";
}

/** Whether a packet that came in from this outsider, addressed to the bind, finds the socket. */
export function toBindBarrier(bind: Bind, outsider: Outsider, wiring: Wiring): Barrier {
  const { evidence } = bind;
  if (bind.device !== null && !comesInBy(bind.device, outsider, wiring)) {
    if (wiring.interfaces === null) return toBarrier("bind", null, "device-bound", evidence);
    return toBarrier("bind", true, "device-bound", evidence);
  }
  if (isLoopback(bind.address)) return toLoopbackBarrier(bind, outsider, wiring.own);
  const certain = bind.families.find((each) => each.family === outsider.family)?.certain ?? false;
  if (!certain) return toBarrier("bind", null, "dual-stack-unmeasured", evidence);
  if (isWildcard(bind.address) || wiring.holders === null) return toBarrier("bind", false, "listens-here", evidence);
  return toAddressBarrier(bind, outsider, wiring);
}

function toFamilies(address: string, dualStack: boolean | null): Bind["families"] {
  const family = toFamily(address);
  if (family === 4) return [{ family, certain: true }];
  if (family === null) return [4 as const, 6 as const].map((each) => ({ family: each, certain: false }));
  if (!isWildcard(address) || dualStack === false) return [{ family, certain: true }];
  return [
    { family, certain: true },
    { family: 4, certain: dualStack === true },
  ];
}

function sameAddress(one: string, other: string): boolean {
  return one === other || toCanonical(one) === toCanonical(other);
}

/** Bound to a device: packets of its own, and of the links of a VRF whose device it is. */
function comesInBy(device: string, outsider: Outsider, wiring: Wiring): boolean {
  if (outsider.interface === null) return false;
  if (outsider.interface.name === device) return true;
  return outsider.interface.master === device && wiring.interfaces?.get(device)?.kind === "vrf";
}

/**
 * Loopback is closed to everybody outside, but for one thing: with route_localnet the kernel takes packets for
 * 127.0.0.0/8 from a link. No router passes such packets on, so only those on the link can send them; `::1` has
 * no such switch. In another network namespace the switch cannot be read from here; it is off unless somebody set
 * it in there, and a listener in there is named by the address of its link, not by loopback.
 */
function toLoopbackBarrier(bind: Bind, outsider: Outsider, own: boolean): Barrier {
  const onLink = outsider.from.vantage === "neighbour" || outsider.from.vantage === "container";
  if (toFamily(bind.address) === 6 || !onLink) return toBarrier("bind", true, "loopback-only", bind.evidence);
  const sysctl = outsider.interface?.routeLocalnet ?? null;
  const from = `/proc/sys/net/ipv4/conf/${outsider.from.interface ?? "*"}/route_localnet`;
  if (sysctl === null && own) {
    return outsider.routing ?? toBarrier("routing", null, "sysctl-unread", { from, text: "not read" });
  }
  if (sysctl !== true) return toBarrier("bind", true, "loopback-only", bind.evidence);
  return toBarrier("bind", false, "loopback-routed-in", { from, text: "1" });
}

/** One address of the host: the kernel answers it whichever interface the packet came in by. */
function toAddressBarrier(bind: Bind, outsider: Outsider, wiring: Wiring): Barrier {
  const holders = wiring.holders?.get(toCanonical(bind.address)) ?? [];
  const here = outsider.from.interface !== null && holders.includes(outsider.from.interface);
  if (isLinkLocalV6(bind.address)) {
    // Of all addresses only this kind belongs to one link, and no router forwards to it.
    const reached = here && outsider.from.vantage !== "internet";
    return toBarrier("bind", !reached, reached ? "listens-here" : "listens-elsewhere", bind.evidence);
  }
  if (holders.length === 0) {
    return toBarrier("routing", null, "routing-unread", { from: "ip route show table local", text: bind.address });
  }
  return toBarrier("bind", false, here ? "listens-here" : "weak-host-model", bind.evidence);
}
