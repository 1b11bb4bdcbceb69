import type { ProxyListener } from "../proxy.ts";

export interface Listen {
  readonly listeners: readonly ProxyListener[];
  readonly isDefault: boolean;
}

const MOST_PORTS = 64;

/**
 * The values of a `listen` directive (ngx_http_core_module, ngx_stream_core_module). None for UDP and QUIC.
 *
 * @param tls speak TLS whatever the values say (`ssl on` of older versions)
 * @param port where only an address is named
 */
export function parseListen(values: readonly string[], tls: boolean, port: number = 80): Listen {
  const [place = "", ...parameters] = values;
  const isDefault = parameters.includes("default_server") || parameters.includes("default");
  if (parameters.includes("udp") || parameters.includes("quic")) return { listeners: [], isDefault };
  if (place.startsWith("unix:")) {
    return { listeners: [{ kind: "unix", path: place.slice("unix:".length) }], isDefault };
  }
  const speaksTls = tls || parameters.includes("ssl");
  const { address, ports } = parsePlace(place, port);
  const addresses = address === "::" && parameters.includes("ipv6only=off") ? ["::", "0.0.0.0"] : [address];
  const listeners = addresses.flatMap((each) =>
    ports.map((one): ProxyListener => ({ kind: "tcp", address: each, port: one, tls: speaksTls })),
  );
  return { listeners, isDefault };
}

function parsePlace(place: string, port: number): { readonly address: string; readonly ports: readonly number[] } {
  if (/^\d+(?:-\d+)?$/.test(place)) return { address: "0.0.0.0", ports: toPorts(place) };
  const [, bracketed, named, given] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+(?:-\d+)?))?$/.exec(place) ?? [];
  const address = bracketed ?? named ?? place;
  return {
    address: address === "*" || address === "" ? "0.0.0.0" : address === "localhost" ? "127.0.0.1" : address,
    ports: given === undefined ? [port] : toPorts(given),
  };
}

function toPorts(text: string): readonly number[] {
  const [first = Number.NaN, last = first] = text.split("-").map(Number);
  const count = Math.min(Math.max(0, last - first + 1), MOST_PORTS);
  return Array.from({ length: count }, (_, index) => first + index).filter((each) => each >= 1 && each <= 65_535);
}
