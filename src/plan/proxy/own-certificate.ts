import type { Facts } from "../../facts/facts.ts";
import type { ChangeCommand } from "../../host/change-command.ts";
import { isWildcard } from "../../judge/addresses.ts";
import type { ProxySite } from "../../proxy/site.ts";

/** Most names of a certificate; a host may have hundreds of addresses. */
const MOST_NAMES = 20;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Makes a pair that nobody vouches for, for the name of a site, or for every name and address of the host. */
export function makePair(
  { name, listen }: ProxySite,
  { identity, networks }: Pick<Facts, "identity" | "networks">,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): ChangeCommand {
  const own = identity.ok && HOST_NAME.test(identity.value.hostname) ? identity.value.hostname : "localhost";
  const interfaces = networks.flatMap((each) => (each.own && each.interfaces.ok ? each.interfaces.value : []));
  const addresses = isWildcard(listen.address)
    ? interfaces.flatMap((each) => each.addresses.filter(({ scope }) => scope !== "link").map(({ address }) => address))
    : [listen.address];
  const names = [
    `DNS:${name ?? own}`,
    ...(name === null ? ["DNS:localhost", ...addresses.map((address) => `IP:${address}`)] : []),
  ];
  return [
    ...(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"] as const),
    ...(["-days", "825", "-subj", `/CN=${(name ?? own).slice(0, 64)}`] as const),
    ...(["-addext", `subjectAltName=${[...new Set(names)].slice(0, MOST_NAMES).join(",")}`] as const),
    ...(["-keyout", key, "-out", certificate] as const),
  ];
}
