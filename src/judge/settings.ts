import type { Facts } from "../facts/facts.ts";
import { KINDS } from "../servers/catalogue.ts";
import { parseListenAddress } from "../servers/ollama/listen-address.ts";
import { listClaims } from "./claims.ts";
import type { Effective } from "./claims.ts";
import { declareInContainer } from "./declare-in-container.ts";
import { declareInLogin, declareUnknown } from "./declare-in-login.ts";
import { declareInUnit } from "./declare-in-unit.ts";
import { isSshServer } from "./run-by.ts";
import type { Declaration, RunBy, Setting } from "./server.ts";
import type { FoundServer } from "./servers.ts";

/** Variables that hold a listen address, with the rules of the server that reads them. */
const LISTEN_ADDRESS = "OLLAMA_HOST";

/**
 * The settings of one server: what its process really has, and for every place on the host that claims a value
 * whether that value reaches the process, and why not. The process's own environment is the only truth; a claim
 * that disagrees with it is never said to reach. Settings that nobody mentions are left out, except the listen
 * address.
 */
export function judgeSettings(facts: Facts, server: FoundServer, runBy: RunBy): readonly Setting[] {
  // What answers there runs elsewhere, with settings of its own.
  if (server.process !== null && isSshServer(server.process)) return [];
  const names = KINDS.find(({ id }) => id === server.kind)?.variables ?? [];
  return names.flatMap((name): readonly Setting[] => {
    const effective = toEffective(server, name);
    const declared = declare(facts, server, runBy, name, effective);
    const isListenAddress = server.kind === "ollama" && name === LISTEN_ADDRESS;
    if (effective.value === null && declared.length === 0 && !isListenAddress) return [];
    return [
      {
        name,
        effective: effective.value,
        effectiveKnown: effective.known,
        listensOn: isListenAddress && effective.known ? toListensOn(effective.value, server.version) : null,
        declared,
      },
    ];
  });
}

function toEffective({ process }: FoundServer, name: string): Effective {
  if (process === null || !process.environment.ok) return { known: false, value: null };
  return { known: true, value: process.environment.value[name] ?? null };
}

function toListensOn(value: string | null, version: string | null): string | null {
  const address = parseListenAddress(value, version);
  return address.kind === "listens" ? address.on : null;
}

function declare(
  facts: Facts,
  { process, container }: FoundServer,
  runBy: RunBy,
  name: string,
  effective: Effective,
): readonly Declaration[] {
  const claims = listClaims(facts, container, name);
  if (runBy.kind === "systemd") return declareInUnit({ facts, process, runBy, name }, claims, effective);
  if (runBy.kind === "process") return declareInLogin(process, claims, effective);
  const contained = runBy.kind !== "unknown" || process?.cgroup?.kind === "container";
  return contained ? declareInContainer(claims, effective) : declareUnknown(claims, effective);
}
