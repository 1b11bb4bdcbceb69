import type { HostReader } from "../../../host/host.ts";
import type { Protection, Proxy, ProxyConfiguration, SourceLine, Upstream } from "../proxy.ts";
import type { RunningProxy } from "../running.ts";
import { type GatewayCommand, parseGatewayCommand } from "./gateway-command.ts";

/** Portlock's own gateway, from the command line of its process: it has no file. */
export async function gatherGateway(_host: HostReader, running: RunningProxy | null): Promise<Proxy> {
  const from = `/proc/${running?.pid ?? 0}/cmdline`;
  const command = parseGatewayCommand(running?.words ?? []);
  return Promise.resolve({
    kind: "portlock",
    pid: running?.pid ?? null,
    version: null,
    declared:
      command === null
        ? { ok: false, why: "unparsed", from }
        : { ok: true, value: toConfiguration(command, from), from },
    running: null,
    changedSinceLoaded: null,
  });
}

function toConfiguration(command: GatewayCommand, file: string): ProxyConfiguration {
  const { listen, upstream, tls, demandsCertificate, origins } = command;
  const source: SourceLine = { file, line: null, text: toText(command) };
  const unknown: Upstream = { kind: "unclear", text: "the Ollama that it finds" };
  const keys: Protection = { kind: "asks-service", to: "the keys of Portlock" };
  return {
    files: [],
    unclear: [],
    sites: [
      {
        names: [],
        isDefault: true,
        listeners: [{ kind: "tcp", ...listen, tls }],
        source,
        locations: [
          {
            paths: { kind: "all" },
            methods: null,
            upstreams: [upstream ?? unknown],
            replacesPath: null,
            protections: [
              ...(demandsCertificate ? [{ kind: "client-certificate", required: true } as const] : []),
              keys,
            ],
            satisfy: "all",
            // What src/gateway/serve does with every request.
            passing: {
              host: { kind: "upstream" },
              authorization: "removed",
              buffered: false,
              httpVersion: "1.1",
              silenceMs: null,
              bodyLimitBytes: null,
              allowsOrigins: origins,
            },
            source,
          },
        ],
      },
    ],
  };
}

/** Only places: what else stands on a command line may be anything. */
function toText({ listen, upstream, tls }: GatewayCommand): string {
  const address = listen.address.includes(":") ? `[${listen.address}]` : listen.address;
  const to =
    upstream === null
      ? ""
      : ` --upstream ${upstream.kind === "unix" ? `unix:${upstream.path}` : `http${upstream.tls ? "s" : ""}://${upstream.host}:${upstream.port}`}`;
  return `portlock gateway --listen ${address}:${listen.port}${to}${tls ? " (TLS)" : ""}`;
}
