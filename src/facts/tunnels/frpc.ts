import type { HostReader, Reading } from "../../host/host.ts";
import { findLine, isFields, readIni, readToml, readYaml, toList, toText, type Fields } from "./documents.ts";
import type { RunningTunnel } from "./running.ts";
import { parseTarget, toHost, toPublicName } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";
import { valueOf } from "./words.ts";

/** Kinds of proxy that only who has the same secret reaches. */
const OF_MEMBERS: ReadonlySet<string> = new Set(["stcp", "xtcp", "sudp"]);

/**
 * What an frpc hands on to, from the file its command line names (frpc.toml, .yaml, .json, or the older .ini). Of
 * credentials it is kept whether there are any.
 */
export async function gatherFrpc(
  host: Pick<HostReader, "readFile">,
  { words, pid }: RunningTunnel,
): Promise<{ readonly tunnels: readonly Tunnel[]; readonly unread: Extract<Reading<string>, { ok: false }> | null }> {
  const path = valueOf(words, "c", "config") ?? "./frpc.ini";
  const absolute = path.startsWith("/") ? path : `/proc/${pid}/cwd/${path}`;
  const reading = await host.readFile(absolute);
  if (!reading.ok) return { tunnels: [], unread: reading };
  const fields = path.endsWith(".toml")
    ? readToml(reading.value)
    : path.endsWith(".ini")
      ? null
      : readYaml(reading.value);
  const ini = fields === null ? readIni(reading.value) : null;
  if (fields === null && ini === null) return { tunnels: [], unread: { ok: false, why: "unparsed", from: absolute } };
  return {
    tunnels: toTunnels(fields ?? fromIni(ini ?? {}), { pid, file: absolute, text: reading.value }),
    unread: null,
  };
}

/** The older words as the newer ones. */
function fromIni(sections: Fields): Fields {
  const common = isFields(sections["common"]) ? sections["common"] : {};
  const proxies = Object.entries(sections).flatMap(([name, section]) => {
    if (name === "common" || !isFields(section)) return [];
    return [
      {
        name,
        type: section["type"],
        localIP: section["local_ip"],
        localPort: section["local_port"],
        remotePort: section["remote_port"],
        customDomains: toText(section["custom_domains"]).split(","),
        httpUser: section["http_user"],
        hostHeaderRewrite: section["host_header_rewrite"],
      },
    ];
  });
  return { serverAddr: common["server_addr"], proxies };
}

function toTunnels(
  fields: Fields,
  { pid, file, text }: { readonly pid: number; readonly file: string; readonly text: string },
): readonly Tunnel[] {
  return toList(fields["proxies"]).flatMap((proxy): readonly Tunnel[] => {
    if (!isFields(proxy)) return [];
    const type = toText(proxy["type"] ?? "tcp");
    const to = parseTarget(`${toText(proxy["localIP"] ?? "127.0.0.1")}:${toText(proxy["localPort"])}`);
    if (to === null || type === "udp") return [];
    const domain = toPublicName(toList(proxy["customDomains"])[0]);
    const address = toPublicName(fields["serverAddr"]);
    const port = Number(proxy["remotePort"]);
    const byPort = address === null || !(port > 0) ? null : `${address}:${port}`;
    const isHttp = type === "http" || type === "https";
    return [
      {
        kind: "frpc",
        pid,
        publicName: isHttp ? domain : byPort,
        to,
        audience: OF_MEMBERS.has(type) ? "members" : "everybody",
        demandsCredential: typeof proxy["httpUser"] === "string" && proxy["httpUser"] !== "",
        host: isHttp ? toHost(proxy["hostHeaderRewrite"]) : { kind: "client" },
        source: {
          file,
          line: findLine(text, toText(proxy["name"])),
          text: `${type} ${toText(proxy["name"])}`.slice(0, 100),
        },
      },
    ];
  });
}
