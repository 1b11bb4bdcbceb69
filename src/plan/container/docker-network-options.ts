import type { InspectedContainer } from "../../facts/container-inspection.ts";
import type { Endpoint } from "../../facts/container-settings.ts";
import { option, type Option, type Translated } from "./option.ts";

/** A network that a container is connected to before it is started. */
export interface Connection {
  readonly network: string;
  readonly options: readonly `--${"alias" | "ip" | "ip6"}=${string}`[];
}

export interface TranslatedNetworks extends Translated {
  readonly connections: readonly Connection[];
}

const HAVE_NO_ENDPOINT = /^(?:host|none|container:.+)$/;

/** The options of `docker create` for the network a container is made in, and the others that it is then connected to. */
export function toNetworkOptions({ host, process, networks }: InspectedContainer, id: string): TranslatedNetworks {
  const mode = host.settings.NetworkMode ?? "default";
  const chosen: readonly Option[] = mode === "default" ? [] : [option("network", mode)];
  if (HAVE_NO_ENDPOINT.test(mode)) return { options: chosen, unknown: [], connections: [] };
  const wanted = mode === "default" ? "bridge" : mode;
  const [first] = Object.entries(networks).filter(([name, end]) => name === wanted || end?.NetworkID === wanted);
  const known = Object.entries(networks).flatMap(([name, end]) => (end === null ? [] : [{ name, end }]));
  if (first === undefined || known.length < Object.keys(networks).length) {
    return { options: [], unknown: ["Networks"], connections: [] };
  }
  const given = new Set([id.slice(0, 12), process.settings.Hostname ?? ""]);
  const isFirst = (name: string): boolean => name === first[0];
  return {
    options: [
      ...chosen,
      ...known.filter(({ name }) => isFirst(name)).flatMap(({ end }) => toEndpointOptions(end, given)),
    ],
    unknown: [],
    connections: known
      .filter(({ name }) => !isFirst(name))
      .map(({ name, end }) => ({
        network: name,
        options: [...toAliases(end, given).map((alias) => `--alias=${alias}` as const), ...toAddresses(end)],
      })),
  };
}

function toEndpointOptions(end: Endpoint, given: ReadonlySet<string>): readonly Option[] {
  return [...toAliases(end, given).map((alias) => option("network-alias", alias)), ...toAddresses(end)];
}

/** The engine adds some names by itself. */
function toAliases({ Aliases }: Endpoint, given: ReadonlySet<string>): readonly string[] {
  return Aliases.filter((alias) => !given.has(alias));
}

function toAddresses({ IPAMConfig: { IPv4Address, IPv6Address } }: Endpoint): readonly `--${"ip" | "ip6"}=${string}`[] {
  return [
    ...(IPv4Address === undefined ? [] : [`--ip=${IPv4Address}` as const]),
    ...(IPv6Address === undefined ? [] : [`--ip6=${IPv6Address}` as const]),
  ];
}
