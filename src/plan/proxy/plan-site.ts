import type { ChangeCommand } from "../../host/change-command.ts";
import type { Server } from "../../judge/server.ts";
import { makeConfiguration } from "../../proxy/configuration.ts";
import { isPersonName } from "../../proxy/refuse-site.ts";
import { parseProxyVersion, type ProxyKind, type ProxySite, type ProxyVersion } from "../../proxy/site.ts";
import { listPeople } from "../people-file.ts";
import type { FileChange, ProxyRemark, Refusal, Step } from "../plan.ts";
import type { ProxyPlanInput } from "./make-proxy-plan.ts";
import { describeSite, toLocalAddress, toOwnPair, toPeoplePath, toSiteId } from "./describe-site.ts";
import { READ_FIRST, type SiteLayout, toChecks, toLayout } from "./layout.ts";
import { makePair } from "./own-certificate.ts";
import { refusePort, toAvailable } from "./port-holder.ts";

/** What planning one site comes to. */
export type PlannedSite =
  /** Empty: it is as it is wanted. */
  | { readonly kind: "steps"; readonly steps: readonly Step[] }
  | { readonly kind: "needs-files"; readonly paths: readonly string[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A site as it is wanted, and where everything of it goes. */
interface Wanted {
  readonly site: ProxySite;
  readonly server: Server;
  readonly layout: SiteLayout;
  readonly text: string;
  /** Null for `portlock`: the gateway has its people. */
  readonly people: string | null;
  /** A pair that is made because none was given. */
  readonly pair: { readonly certificate: string; readonly key: string } | null;
}

/** Plans one site in front of one server; see `makeProxyPlan`. */
export function planSite(input: ProxyPlanInput, server: Server): PlannedSite {
  const { choices, texts, installed } = input;
  const { proxy, users } = choices;
  const odd = users.find((name) => !isPersonName(name));
  if (odd !== undefined) return refuse({ code: "person-not-plain", name: odd });
  const version = installed.version === null ? null : parseProxyVersion(installed.version);
  if (version === null) return refuse({ code: "proxy-missing", proxy });
  if (!installed.isActive) return refuse({ code: "proxy-stopped", proxy });
  const id = toSiteId(server);
  const own = toOwnPaths(choices, id);
  const asked = [...READ_FIRST[proxy], ...own, ...toNamedPaths(choices.site)];
  const missing = asked.filter((path) => !texts.has(path));
  if (missing.length > 0) return { kind: "needs-files", paths: missing };
  return planRead(input, server, version, id);
}

/** Once all that it needs was read. */
function planRead(input: ProxyPlanInput, server: Server, version: ProxyVersion, id: string): PlannedSite {
  const { texts, facts } = input;
  const choices = { ...input.choices, site: toNamedFile(input) };
  const { proxy } = choices;
  const laid = toLayout(proxy, id, texts);
  if (!laid.ok) return refuse({ code: "file-not-understood", path: laid.path, why: laid.why });
  // HAProxy's own file, the Caddyfile and nginx.conf hold more than a site.
  if (choices.site !== null && (proxy === "haproxy" || READ_FIRST[proxy].includes(choices.site))) {
    return refuse({ code: "file-not-understood", path: choices.site, why: "it is not the file of one site" });
  }
  const path = choices.site ?? laid.layout.site;
  if (!texts.has(path)) return { kind: "needs-files", paths: [path] };
  const before = texts.get(path) ?? null;
  const wanted = toWanted({ ...input, choices }, server, version, id);
  if ("code" in wanted) return refuse(wanted);
  const isOwnPort = choices.site !== null || (before !== null && listensOn(before, choices.listen.port));
  const held = refusePort(facts, choices, path, isOwnPort);
  return held === null ? { kind: "steps", steps: toSteps({ ...input, choices }, wanted) } : refuse(held);
}

function toWanted(
  { choices, texts }: ProxyPlanInput,
  server: Server,
  version: ProxyVersion,
  id: string,
): Wanted | Refusal {
  const { proxy, tls } = choices;
  const site = describeSite(choices, server);
  const made = makeConfiguration(proxy, site, version);
  if (made.kind === "refused") return { code: "site-refused", why: made.refusal };
  const laid = toLayout(proxy, id, texts);
  if (!laid.ok) return { code: "file-not-understood", path: laid.path, why: laid.why };
  const pair = toOwnPair(choices, id);
  const links: SiteLayout["links"] =
    tls.kind === "files" && proxy === "haproxy"
      ? [
          [tls.certificate, pair.certificate],
          [tls.key, pair.key],
        ]
      : [];
  return {
    site,
    server,
    layout:
      choices.site === null
        ? { ...laid.layout, links: [...laid.layout.links, ...links] }
        : { ...laid.layout, site: choices.site, links, files: [] },
    text: made.text,
    people: site.auth.kind === "portlock" ? null : site.auth.file,
    pair: tls.kind === "self-signed" ? pair : null,
  };
}

function toSteps(input: ProxyPlanInput, wanted: Wanted): readonly Step[] {
  const { choices, texts } = input;
  const { layout, text, people, pair, site, server } = wanted;
  const isNew = (texts.get(layout.site) ?? null) === null;
  const isPairNew = pair !== null && (texts.get(pair.certificate) ?? null) === null;
  const letIn = people === null ? [] : listPeople(texts.get(people) ?? null);
  const adds = people === null ? [] : choices.users.filter((name) => !letIn.includes(name));
  const files: FileChange[] = [
    ...(people === null || adds.length === 0
      ? []
      : [{ path: people, edit: { kind: "people", adds, removes: [], mode: toPeopleMode(input, wanted) } } as const]),
    ...(text === texts.get(layout.site)
      ? []
      : [{ path: layout.site, edit: { kind: "write", text, mode: 0o644 } } as const]),
    ...layout.files,
  ];
  if (files.length === 0 && !isPairNew) return [];
  const links = isNew || choices.site !== null ? layout.links : [];
  return [
    toFirstCheck(choices.proxy),
    {
      kind: "set-proxy-site",
      target: choices.proxy,
      server: server.id,
      mends: [],
      folders: layout.folders,
      files,
      modes: [],
      keeps: [
        ...links.map(([, path]) => path),
        ...(isPairNew ? [pair.certificate, pair.key] : []),
        ...(isNew ? layout.appears : []),
      ],
      commands: [
        ...(isPairNew ? toPairCommands(input, wanted, pair) : []),
        ...toGroupCommands(wanted, choices, adds.length > 0),
        ...links.map(([target, path]): ChangeCommand => ["ln", "-s", "-f", "-n", "--", target, path]),
        layout.check,
        ...layout.loads,
      ],
      undo: { before: [], after: layout.loads },
      expect: [
        {
          kind: "refuses-strangers",
          address: toLocalAddress(site.listen.address),
          port: site.listen.port,
          tls: site.tls.kind !== "none",
          name: site.name,
        },
      ],
      remarks: toRemarks(input, wanted, isPairNew),
    },
  ];
}

/** What is wrong before is not put right by an undo, whose reload would fail as well: nothing is begun then. */
function toFirstCheck(proxy: ProxyKind): Step {
  const { before } = toChecks(proxy);
  return {
    kind: "check-proxy",
    target: proxy,
    server: null,
    mends: [],
    folders: [],
    files: [],
    modes: [],
    commands: [before],
    undo: { before: [], after: [] },
    expect: [],
    remarks: [],
  };
}

/** nginx reads passwords as the user of its workers, keys as root; Caddy everything as its own user. */
function toMode({ layout }: Wanted, { proxy, auth }: ProxyPlanInput["choices"]): number {
  return layout.group === null || (proxy === "nginx" && auth === "bearer") ? 0o600 : 0o640;
}

/** Null where the file is there, and keeps what it has. */
function toPeopleMode({ choices, texts }: ProxyPlanInput, wanted: Wanted): number | null {
  return (texts.get(wanted.people ?? "") ?? null) === null ? toMode(wanted, choices) : null;
}

function toGroupCommands(
  wanted: Wanted,
  choices: ProxyPlanInput["choices"],
  hasNewPeople: boolean,
): readonly ChangeCommand[] {
  const { people, layout } = wanted;
  const isShared = people !== null && layout.group !== null && toMode(wanted, choices) === 0o640;
  return isShared && hasNewPeople ? [["chgrp", "--", layout.group ?? "", people ?? ""]] : [];
}

function toPairCommands(
  { facts }: ProxyPlanInput,
  { site, layout }: Wanted,
  pair: NonNullable<Wanted["pair"]>,
): ChangeCommand[] {
  return [
    makePair(site, facts, pair),
    // What Caddy runs as must read its key; the others read it as root.
    ...(layout.group === "caddy"
      ? ([
          ["chgrp", "--", "caddy", pair.key],
          ["chmod", "0640", "--", pair.key],
        ] as const)
      : []),
  ];
}

function toRemarks({ choices }: ProxyPlanInput, wanted: Wanted, isPairNew: boolean): readonly ProxyRemark[] {
  const { proxy, auth } = choices;
  const { site, server, layout, people } = wanted;
  return [
    ...(isPairNew && site.tls.kind === "files"
      ? [{ code: "self-signed", certificate: site.tls.certificate } as const]
      : []),
    ...(choices.site === null ? [] : [{ code: "replaces-file", path: choices.site } as const]),
    ...(layout.restarts ? [{ code: "restarts-proxy", proxy } as const] : []),
    ...(proxy === "nginx" && auth === "bearer" && people !== null
      ? [{ code: "keys-as-they-are", path: people } as const]
      : []),
    ...(proxy === "caddy" && choices.requestsPerMinute !== null ? [{ code: "no-rate-limit" } as const] : []),
    ...(site.tls.kind === "automatic" ? [{ code: "opens-port-80" } as const] : []),
    ...(proxy === "haproxy" && auth === "portlock" ? [{ code: "gateway-serves" } as const] : []),
    ...(server.verdict === "exposed" ? [{ code: "open-beside", server: server.id } as const] : []),
  ];
}

function toOwnPaths(choices: ProxyPlanInput["choices"], id: string): readonly string[] {
  return [
    ...(choices.auth === "portlock" ? [] : [toPeoplePath(choices, id)]),
    ...(choices.tls.kind === "self-signed" ? [toOwnPair(choices, id).certificate] : []),
  ];
}

/** A link of Debian's names a site too: what it leads to is changed. */
function toNamedPaths(site: string | null): readonly string[] {
  return site === null ? [] : [...new Set([site, toAvailable(site)])];
}

function toNamedFile({ choices, texts }: ProxyPlanInput): string | null {
  const paths = toNamedPaths(choices.site);
  return paths.findLast((path) => (texts.get(path) ?? null) !== null) ?? choices.site;
}

function listensOn(text: string, port: number): boolean {
  return new RegExp(`(?:listen |bind |:)(?:\\S*:)?${port}\\b`).test(text);
}

function refuse(refusal: Refusal): PlannedSite {
  return { kind: "refused", refusal };
}
