import type { HostReader } from "../../host/host.ts";
import type { Listener } from "../sockets.ts";
import { findLine, isFields, readYaml, toList, toText, type Fields } from "./documents.ts";
import type { RunningTunnel } from "./running.ts";
import { parseTarget, toHost, toPublicName } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";
import { hasOption, valueOf } from "./words.ts";

/** Where cloudflared looks for its configuration (config.DefaultConfigSearchDirectories). */
const FILES = [".cloudflared/config.yml", ".cloudflared/config.yaml", ".cloudflare-warp/config.yml"];
const SYSTEM_FILES = ["/etc/cloudflared/config.yml", "/usr/local/etc/cloudflared/config.yml"];
const FIRST_METRICS_PORT = 20_241;
const LAST_METRICS_PORT = 20_245;

/**
 * What a cloudflared hands on to: its command line, its configuration file, and, where it was started with a token and
 * is told by its owner's account, its own metrics endpoint (`/config`, `/quicktunnel`). Cloudflare Access in front of a
 * name is not seen from here.
 */
export async function gatherCloudflared(
  host: Pick<HostReader, "readFile" | "request">,
  running: RunningTunnel,
  listeners: readonly Listener[],
): Promise<readonly Tunnel[]> {
  const { words, pid } = running;
  if (!words.includes("tunnel") && !words.includes("access")) return [];
  const asked = await askMetrics(host, running, listeners);
  const url = valueOf(words, "url");
  if (url !== null || hasOption(words, "hello-world")) {
    const name = toPublicName(asked.quick?.["hostname"]) ?? toPublicName(valueOf(words, "hostname"));
    const line = { file: `/proc/${pid}/cmdline`, line: null, text: "cloudflared tunnel --url" };
    return [
      toTunnel({
        pid,
        publicName: name,
        service: url,
        origin: null,
        host: valueOf(words, "http-host-header"),
        source: line,
      }),
    ];
  }
  const remote = isFields(asked.configuration?.["config"]) ? asked.configuration["config"] : null;
  if (remote !== null) return toIngress(remote, pid, { file: asked.from, text: "" });
  const file = await readConfiguration(host, running);
  const ingress = file === null ? [] : toIngress(file.fields, pid, file);
  if (ingress.length > 0) return ingress;
  // Told what to do by somebody's account.
  const source = { file: `/proc/${pid}/cmdline`, line: null, text: "cloudflared tunnel run" };
  return [toTunnel({ pid, publicName: null, service: null, origin: null, host: null, source })];
}

interface Asked {
  readonly quick: Fields | null;
  readonly configuration: Fields | null;
  readonly from: string;
}

async function askMetrics(
  host: Pick<HostReader, "request">,
  { words, pid }: RunningTunnel,
  listeners: readonly Listener[],
): Promise<Asked> {
  const [, named] = /:(\d{1,5})$/.exec(valueOf(words, "metrics") ?? "") ?? [];
  const isMetrics = (port: number): boolean =>
    named === undefined ? port >= FIRST_METRICS_PORT && port <= LAST_METRICS_PORT : port === Number(named);
  const own = listeners.find(({ port, pids }) => isMetrics(port) && (pids.length === 0 || pids.includes(pid)));
  if (own === undefined) return { quick: null, configuration: null, from: "" };
  const address = own.address === "0.0.0.0" || own.address === "::" ? "127.0.0.1" : own.address;
  const get = async (path: string): Promise<Fields | null> => {
    const outcome = await host.request({ method: "GET", address, port: own.port, path });
    return outcome.kind === "answered" && outcome.answer.status === 200 ? readYaml(outcome.answer.body) : null;
  };
  const [quick, configuration] = await Promise.all([get("/quicktunnel"), get("/config")]);
  return { quick, configuration, from: `GET http://${address}:${own.port}/config` };
}

async function readConfiguration(
  host: Pick<HostReader, "readFile">,
  { words, home }: RunningTunnel,
): Promise<{ readonly fields: Fields; readonly file: string; readonly text: string } | null> {
  const named = valueOf(words, "config");
  const paths =
    named === null ? [...(home === null ? [] : FILES.map((file) => `${home}/${file}`)), ...SYSTEM_FILES] : [named];
  for (const path of paths) {
    const reading = await host.readFile(path);
    const fields = reading.ok ? readYaml(reading.value) : null;
    if (fields !== null && reading.ok) return { fields, file: path, text: reading.value };
  }
  return null;
}

function toIngress(
  fields: Fields,
  pid: number,
  { file, text }: { readonly file: string; readonly text: string },
): readonly Tunnel[] {
  const ofAll = isFields(fields["originRequest"]) ? fields["originRequest"] : {};
  const single = typeof fields["url"] === "string" ? [{ service: fields["url"], hostname: fields["hostname"] }] : [];
  return [...toList(fields["ingress"]), ...single].flatMap((rule) => {
    if (!isFields(rule) || parseTarget(rule["service"]) === null) return [];
    const origin = { ...ofAll, ...(isFields(rule["originRequest"]) ? rule["originRequest"] : {}) };
    const name = toPublicName(rule["hostname"]);
    const shown = `${name ?? "*"} -> ${toText(rule["service"]).replace(/\/\/[^@/]*@/, "//")}`;
    const source = { file, line: findLine(text, toText(rule["service"])), text: shown.slice(0, 200) };
    return [
      toTunnel({ pid, publicName: name, service: rule["service"], origin, host: origin["httpHostHeader"], source }),
    ];
  });
}

function toTunnel(told: {
  readonly pid: number;
  readonly publicName: string | null;
  readonly service: unknown;
  readonly origin: Fields | null;
  readonly host: unknown;
  readonly source: Tunnel["source"];
}): Tunnel {
  const access = isFields(told.origin?.["access"]) ? told.origin["access"] : {};
  return {
    kind: "cloudflared",
    pid: told.pid,
    publicName: told.publicName,
    to: parseTarget(told.service),
    audience: "everybody",
    demandsCredential: access["required"] === true ? true : null,
    host: toHost(told.host),
    source: told.source,
  };
}
