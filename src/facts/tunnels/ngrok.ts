import type { HostReader } from "../../host/host.ts";
import { findLine, isFields, readYaml, toList, toText, type Fields } from "./documents.ts";
import type { RunningTunnel } from "./running.ts";
import { parseTarget, toHost, toPublicName } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";
import { hasOption, plainWords, valueOf } from "./words.ts";

/** The agent's own API, which says what is open now. */
const API = { address: "127.0.0.1", port: 4040, path: "/api/tunnels" } as const;
const FILES = { ngrok: [".config/ngrok/ngrok.yml", ".ngrok2/ngrok.yml"], cpolar: [".cpolar/cpolar.yml"] } as const;
const SYSTEM_FILES = { ngrok: ["/etc/ngrok.yml"], cpolar: ["/usr/local/etc/cpolar/cpolar.yml"] } as const;
const SWITCHES: ReadonlySet<string> = new Set(["all", "none", "inspect"]);

/**
 * What an ngrok, or a cpolar, which descends from it, hands on to: its command line, its configuration file, and its
 * own API for the names it was given. Of credentials it is kept whether there are any.
 */
export async function gatherNgrok(
  host: Pick<HostReader, "readFile" | "request">,
  running: RunningTunnel,
): Promise<readonly Tunnel[]> {
  const kind = running.program === "cpolar" ? "cpolar" : "ngrok";
  const file = await readConfiguration(host, running, kind);
  const declared = [...toFromWords(running, kind), ...(file === null ? [] : toFromFile(file, running, kind))];
  const open = await askApi(host);
  // What is open now counts; what it is opened with stands in words and file.
  const known = open.flatMap((tunnel): readonly Tunnel[] => {
    const same = declared.find(({ to }) => to?.port === tunnel.to?.port);
    const { demandsCredential = null, host: passed = null, source = tunnel.source } = same ?? {};
    return [{ ...tunnel, kind, pid: running.pid, demandsCredential, host: passed, source }];
  });
  if (known.length > 0) return known;
  return declared.length > 0 ? declared : [toUnknown(running, kind)];
}

function toUnknown({ pid }: RunningTunnel, kind: "ngrok" | "cpolar"): Tunnel {
  const source = { file: `/proc/${pid}/cmdline`, line: null, text: kind };
  return { kind, pid, publicName: null, to: null, audience: "everybody", demandsCredential: null, host: null, source };
}

/** `ngrok http 11434 --host-header=rewrite --basic-auth me:secret` */
function toFromWords({ words, pid }: RunningTunnel, kind: "ngrok" | "cpolar"): readonly Tunnel[] {
  const [command, target] = plainWords(words.slice(1), SWITCHES);
  if (command !== "http" && command !== "tcp" && command !== "tls") return [];
  const guarded = hasOption(words, "basic-auth", "auth", "oauth", "oidc", "mutual-tls-cas", "httpauth");
  const policy = hasOption(words, "traffic-policy-file", "traffic-policy-url", "policy-file");
  return [
    {
      kind,
      pid,
      publicName: toPublicName(valueOf(words, "url", "domain", "hostname", "remote-addr")),
      to: parseTarget(target),
      audience: "everybody",
      demandsCredential: guarded ? true : policy ? null : false,
      host: command === "http" ? toHost(valueOf(words, "host-header")) : { kind: "client" },
      source: { file: `/proc/${pid}/cmdline`, line: null, text: `${kind} ${command} ${target ?? ""}`.slice(0, 100) },
    },
  ];
}

interface ReadFile {
  readonly fields: Fields;
  readonly path: string;
  readonly text: string;
}

async function readConfiguration(
  host: Pick<HostReader, "readFile">,
  { words, home }: RunningTunnel,
  kind: "ngrok" | "cpolar",
): Promise<ReadFile | null> {
  const named = valueOf(words, "config");
  const paths =
    named === null
      ? [...(home === null ? [] : FILES[kind].map((file) => `${home}/${file}`)), ...SYSTEM_FILES[kind]]
      : [named];
  for (const path of paths) {
    const reading = await host.readFile(path);
    const fields = reading.ok ? readYaml(reading.value) : null;
    if (fields !== null && reading.ok) return { fields, path, text: reading.value };
  }
  return null;
}

function toFromFile(file: ReadFile, { words, pid }: RunningTunnel, kind: "ngrok" | "cpolar"): readonly Tunnel[] {
  const plain = plainWords(words.slice(1), SWITCHES);
  const started = plain[0] === "start" ? plain.slice(1) : null;
  const all = started === null ? plain[0] === "start-all" : hasOption(words, "all");
  const tunnels = isFields(file.fields["tunnels"]) ? Object.entries(file.fields["tunnels"]) : [];
  const endpoints = toList(file.fields["endpoints"]).flatMap((each): (readonly [string, unknown])[] =>
    isFields(each) ? [[toText(each["name"]), each]] : [],
  );
  return [...tunnels, ...endpoints].flatMap(([name, fields]) => {
    if (!isFields(fields) || !(all || started?.includes(name) === true)) return [];
    const upstream = isFields(fields["upstream"]) ? fields["upstream"]["url"] : undefined;
    const guards = ["basic_auth", "auth", "oauth", "oidc", "mutual_tls_cas", "httpauth"];
    const policy = fields["traffic_policy"] !== undefined || fields["policy"] !== undefined;
    return [
      {
        kind,
        pid,
        publicName: toPublicName(fields["url"] ?? fields["domain"] ?? fields["hostname"] ?? fields["remote_addr"]),
        to: parseTarget(upstream ?? fields["addr"]),
        audience: "everybody" as const,
        demandsCredential: guards.some((each) => fields[each] !== undefined) ? true : policy ? null : false,
        host: fields["proto"] === "tcp" ? ({ kind: "client" } as const) : toHost(fields["host_header"]),
        source: { file: file.path, line: findLine(file.text, `${name}:`), text: `${name}:`.slice(0, 100) },
      },
    ];
  });
}

async function askApi(host: Pick<HostReader, "request">): Promise<readonly Tunnel[]> {
  const outcome = await host.request({ method: "GET", ...API });
  const fields = outcome.kind === "answered" && outcome.answer.status === 200 ? readYaml(outcome.answer.body) : null;
  return toList(fields?.["tunnels"]).flatMap((each): readonly Tunnel[] => {
    if (!isFields(each)) return [];
    const to = parseTarget(isFields(each["config"]) ? each["config"]["addr"] : undefined);
    const source = {
      file: `GET http://${API.address}:${API.port}${API.path}`,
      line: null,
      text: String(toPublicName(each["public_url"])),
    };
    const publicName = toPublicName(each["public_url"]);
    return [
      { kind: "ngrok", pid: null, publicName, to, audience: "everybody", demandsCredential: null, host: null, source },
    ];
  });
}
