import { BlockList, isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { isAtLeast } from "./version.ts";

const PRIVATE = new BlockList();
PRIVATE.addSubnet("127.0.0.0", 8, "ipv4");
PRIVATE.addSubnet("10.0.0.0", 8, "ipv4");
PRIVATE.addSubnet("172.16.0.0", 12, "ipv4");
PRIVATE.addSubnet("192.168.0.0", 16, "ipv4");
PRIVATE.addAddress("0.0.0.0", "ipv4");
PRIVATE.addAddress("::1", "ipv6");
PRIVATE.addAddress("::", "ipv6");
PRIVATE.addSubnet("fc00::", 7, "ipv6");

/**
 * `allowedHostsMiddleware` (server/routes.go, since 0.1.29): what becomes of a request with this Host
 * header. It is skipped where the listening socket is no loopback address.
 */
export function judgeHost(
  host: string,
  method: string,
  listensOn: string,
  version: string,
): "passes" | "refused" | "no-content" {
  if (!isAtLeast(version, "0.1.29") || !isLoopback(listensOn)) {
    return "passes";
  }
  const name = isAtLeast(version, "0.5.2") ? withoutPort(host).toLowerCase() : withoutPort(host);
  if (isIP(name) !== 0 && isLocalAddress(name)) {
    return "passes";
  }
  if (!isLocalName(name)) {
    return "refused";
  }
  return method === "OPTIONS" && isAtLeast(version, "0.1.35") ? "no-content" : "passes";
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}

/** net.SplitHostPort, and the whole text where that fails, as for a bracketed address without a port. */
function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]*)\]:[^:]*$/.exec(host);
  if (bracketed !== null) {
    return bracketed[1] ?? "";
  }
  return /^[^:[\]]*:[^:]*$/.test(host) ? host.slice(0, host.indexOf(":")) : host;
}

function isLocalAddress(address: string): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const own = Object.values(networkInterfaces()).flat();
  return PRIVATE.check(address, family) || own.some((entry) => entry?.address === address);
}

function isLocalName(name: string): boolean {
  return (
    name === "" ||
    name === "localhost" ||
    name === hostname().toLowerCase() ||
    /\.(localhost|local|internal)$/.test(name)
  );
}
