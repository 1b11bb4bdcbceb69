import { openWrittenHost } from "../written-host.fixture.ts";
import { type ConfigurationFiles, HOST_ROOT, openConfigurationFiles } from "./configuration-files.ts";
import type { PathMatch, Protection, ProxyConfiguration, ProxyListener, ProxySite, Upstream } from "./proxy.ts";

/** Files as a test writes them down. */
export function writeFiles(texts: Readonly<Record<string, string>>): ConfigurationFiles {
  return openConfigurationFiles(openWrittenHost({ files: texts }), HOST_ROOT);
}

/** One line a site, and one below it for each location that hands on or refuses: for tables of tests. */
export function summarize(configuration: ProxyConfiguration | null): readonly string[] {
  return configuration?.sites.flatMap(summarizeSite) ?? ["unreadable"];
}

function summarizeSite({ names, isDefault, listeners, locations }: ProxySite): readonly string[] {
  const site = [listeners.map(showListener).join(" "), names.join(" "), isDefault ? "default" : ""];
  const places = locations.flatMap(({ paths, methods, upstreams, replacesPath, protections, satisfy }) => {
    if (upstreams.length === 0 && protections.length === 0) return [];
    const parts = [
      showPaths(paths),
      methods?.join("+") ?? "",
      protections.map(showProtection).join(satisfy === "any" ? " or " : " and "),
      upstreams.length === 0 ? "" : `-> ${upstreams.map(showUpstream).join(" ")}${replacesPath ?? ""}`,
    ];
    return [`  ${parts.filter((part) => part !== "").join(" ")}`];
  });
  return [site.filter((part) => part !== "").join(" "), ...places];
}

function showListener(listener: ProxyListener): string {
  if (listener.kind === "unix") return `unix:${listener.path}`;
  return `${listener.address}#${listener.port}${listener.tls ? "/tls" : ""}`;
}

function showPaths(paths: PathMatch): string {
  const marks = { exact: "=", prefix: "", pattern: "~", unclear: "?" } as const;
  return paths.kind === "all" ? "*" : `${marks[paths.kind]}${paths.text}`;
}

function showUpstream(upstream: Upstream): string {
  if (upstream.kind === "unix") return `unix:${upstream.path}`;
  if (upstream.kind === "unclear") return `?${upstream.text}`;
  return `${upstream.tls ? "https:" : ""}${upstream.host}#${upstream.port}`;
}

function showProtection(protection: Protection): string {
  switch (protection.kind) {
    case "basic":
      return `basic(${protection.hash?.scheme ?? "?"},${protection.users ?? "?"})`;
    case "asks-service":
      return `asks(${protection.to})`;
    case "client-certificate":
      return protection.required ? "certificate" : "certificate?";
    case "sources":
      return `from(${protection.allowed.join(",")})`;
    case "unclear":
      return `unclear(${protection.text})`;
    case "bearer":
    case "any-credential":
    case "refuses":
      return protection.kind;
  }
}
