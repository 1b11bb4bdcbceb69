import { z } from "zod";
import type { Interface, InterfaceAddress, RoutingEntry } from "./interfaces.ts";

const Address = z.object({
  local: z.string(),
  prefixlen: z.number().int().min(0).max(128),
  scope: z.string().optional(),
});
/** Old versions of ip print an empty object for every link they filter out. */
const Links = z.array(
  z.object({
    ifname: z.string().min(1).max(64).optional(),
    flags: z.array(z.string()).default([]),
    master: z.string().optional(),
    linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
    addr_info: z.array(z.unknown()).default([]),
  }),
);
const Hop = z.object({
  gateway: z.string().optional(),
  via: z.object({ host: z.string() }).optional(),
  dev: z.string().optional(),
});
const Routes = z.array(
  Hop.extend({
    dst: z.string(),
    type: z.string().optional(),
    table: z.string().optional(),
    nexthops: z.array(Hop).optional(),
  }),
);

/** Reads the JSON of `ip -j -d address` (ip-address(8)). Null: it is none. `routeLocalnet` is not in it: null. */
export function parseAddresses(text: string): readonly Interface[] | null {
  const links = Links.safeParse(toJson(text));
  if (!links.success) return null;
  return links.data.flatMap((link): readonly Interface[] => {
    if (link.ifname === undefined) return [];
    return [
      {
        name: link.ifname,
        loopback: link.flags.includes("LOOPBACK"),
        up: link.flags.includes("UP"),
        kind: link.linkinfo?.info_kind ?? null,
        master: link.master ?? null,
        addresses: link.addr_info.flatMap(toAddress),
        routeLocalnet: null,
      },
    ];
  });
}

/** An address without `local` (an anycast or a link that has none yet) is left out. */
function toAddress(value: unknown): readonly InterfaceAddress[] {
  const address = Address.safeParse(value);
  if (!address.success) return [];
  const { local, prefixlen, scope } = address.data;
  return [{ address: local, prefixLength: prefixlen, scope: scope === "host" || scope === "link" ? scope : "global" }];
}

/**
 * Reads the JSON of `ip -j -4 route show table all`, or `-6` (ip-route(8)). Null: it is none. Kept are the
 * entries that lead off the host; of several next hops each is an entry.
 */
export function parseRoutes(text: string, family: 4 | 6): readonly RoutingEntry[] | null {
  const routes = Routes.safeParse(toJson(text));
  if (!routes.success) return null;
  return routes.data.flatMap((route) => {
    if ((route.type ?? "unicast") !== "unicast") return [];
    return (route.nexthops ?? [route]).flatMap((hop): readonly RoutingEntry[] => {
      if (hop.dev === undefined || hop.dev === "lo") return [];
      return [
        {
          family,
          destination: toCidr(route.dst, family),
          gateway: hop.gateway ?? hop.via?.host ?? null,
          interface: hop.dev,
          table: route.table ?? "main",
        },
      ];
    });
  });
}

function toCidr(destination: string, family: 4 | 6): string {
  if (destination === "default") return family === 4 ? "0.0.0.0/0" : "::/0";
  return destination.includes("/") ? destination : `${destination}/${family === 4 ? 32 : 128}`;
}

/** Some versions of ip print nothing at all where there is nothing to list. */
function toJson(text: string): unknown {
  if (text.trim() === "") return [];
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
