/** A site as `portlock proxy` writes it, for the tests that start a real proxy with it on loopback. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { makeConfiguration } from "../src/proxy/configuration.ts";
import type { ProxyKind, ProxySite } from "../src/proxy/site.ts";
import { readInstalledVersion } from "./proxy-programs.ts";

/** Listens on a port of loopback that the kernel chooses. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** A port of loopback that nobody had a moment ago. */
export async function findFreePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  probe.close();
  return port;
}

/** The text for the installed proxy: from one port of loopback to another, in the clear, as often as anybody likes. */
export function makeSiteText(
  kind: ProxyKind,
  site: Pick<ProxySite, "id" | "auth" | "scopes">,
  ports: { readonly port: number; readonly upstream: number },
): string {
  const version = readInstalledVersion(kind);
  assert.ok(version);
  const made = makeConfiguration(
    kind,
    {
      ...site,
      listen: { address: "127.0.0.1", port: ports.port },
      name: null,
      upstream: { kind: "tcp", address: "127.0.0.1", port: ports.upstream },
      tls: { kind: "none" },
      origins: [],
      requestsPerMinute: null,
    },
    version,
  );
  assert.ok(made.kind === "text");
  return made.text;
}
