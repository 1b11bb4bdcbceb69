import { isFields, readYaml, type Fields } from "./documents.ts";
import { parseTarget, toPublicName } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";

const FROM = "tailscale serve status --json";

/**
 * Reads `tailscale serve status --json` (ipn.ServeConfig): what Tailscale hands on for members of the network, and for
 * everybody where Funnel is on. Null: not understood. Without any, the answer is `{}`.
 */
export function parseServeStatus(text: string): readonly Tunnel[] | null {
  const fields = readYaml(text);
  if (fields === null) return text.trim() === "" || text.trim() === "null" ? [] : null;
  const sessions = isFields(fields["Foreground"]) ? Object.values(fields["Foreground"]).filter(isFields) : [];
  return [fields, ...sessions].flatMap(toTunnels);
}

function toTunnels(configuration: Fields): readonly Tunnel[] {
  const funnel = isFields(configuration["AllowFunnel"]) ? configuration["AllowFunnel"] : {};
  const web = isFields(configuration["Web"]) ? Object.entries(configuration["Web"]) : [];
  const tcp = isFields(configuration["TCP"]) ? Object.entries(configuration["TCP"]) : [];
  return [
    ...web.flatMap(([name, site]) => {
      const handlers = isFields(site) && isFields(site["Handlers"]) ? Object.entries(site["Handlers"]) : [];
      return handlers.flatMap(([path, handler]) =>
        isFields(handler) ? toTunnel(name, handler["Proxy"], funnel[name] === true, `${name}${path}`) : [],
      );
    }),
    ...tcp.flatMap(([port, handler]) => {
      if (!isFields(handler)) return [];
      const isOpen = Object.entries(funnel).some(([name, on]) => on === true && name.endsWith(`:${port}`));
      return toTunnel(null, handler["TCPForward"], isOpen, `TCP ${port}`);
    }),
  ];
}

/** Tailscale passes on the name it was called by, and TCP as it comes. */
function toTunnel(name: string | null, target: unknown, isFunnel: boolean, text: string): readonly Tunnel[] {
  const to = parseTarget(target);
  if (to === null) return [];
  return [
    {
      kind: isFunnel ? "tailscale-funnel" : "tailscale-serve",
      pid: null,
      publicName: toPublicName(name),
      to,
      audience: isFunnel ? "everybody" : "members",
      demandsCredential: false,
      host: { kind: "client" },
      source: { file: FROM, line: null, text: text.slice(0, 200) },
    },
  ];
}
