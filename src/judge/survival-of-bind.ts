import type { Facts } from "../facts/facts.ts";
import type { LoadedUnit } from "../facts/units.ts";
import { parseListenAddress } from "../servers/ollama/listen-address.ts";
import type { Declaration, Server, Setting } from "./server.ts";
import type { Foretold, SurvivalEvent } from "./survival.ts";

/** The file that Ollama's install.sh writes anew each time it runs; drop-ins beside it stay. */
const INSTALLED_UNIT = "/etc/systemd/system/ollama.service";
const AGREE: Foretold = { holds: true, because: "declared-and-effective-agree" };
const NOT_KNOWN: Foretold = { holds: null, because: "facts-missing" };

/** Whether a server that listens where nobody else comes will do so again. */
export function foretellBind(facts: Facts, server: Server, event: SurvivalEvent): Foretold {
  if (event === "firewall-reload") return AGREE;
  switch (server.runBy.kind) {
    case "docker":
    case "podman":
      // Where a port is published is kept with the container.
      return { holds: true, because: "engine-writes-it-again" };
    case "process":
      return event === "docker-restart" ? AGREE : { holds: null, because: "started-by-hand" };
    case "unknown":
      return event === "docker-restart" ? AGREE : NOT_KNOWN;
    case "systemd":
      return event === "docker-restart" ? AGREE : foretellUnit(facts, server, event);
  }
}

function foretellUnit(facts: Facts, server: Server, event: SurvivalEvent): Foretold {
  const { runBy } = server;
  const setting = server.settings.find(({ name }) => name === "OLLAMA_HOST");
  if (server.kind !== "ollama" || setting === undefined || !setting.effectiveKnown) return NOT_KNOWN;
  const found =
    facts.units.ok && runBy.kind === "systemd"
      ? facts.units.value.find(({ name, scope }) => name === runBy.unit && scope === runBy.scope)
      : undefined;
  const unit = found?.loaded.ok === true ? found.loaded.value : null;
  if (found === undefined || found.files.some((file) => !file.ok)) return NOT_KNOWN;
  switch (event) {
    case "service-restart":
      return toNext(server, find(setting, ["restart-missing"]), setting);
    case "daemon-reload":
      return toNext(server, find(setting, ["daemon-reload-missing", "restart-missing"]), setting);
    case "reboot":
      return toBoot(server, setting, unit);
    case "vendor-upgrade":
      return toUpgrade(server, setting);
    case "docker-restart":
    case "firewall-reload":
      return AGREE;
  }
}

/** A declaration that waits for its time decides; else what is in effect now. */
function toNext(server: Server, waiting: Declaration | null, { effective }: Setting): Foretold {
  if (waiting === null) return isLocal(effective, server) === true ? AGREE : NOT_KNOWN;
  const because = waiting.why === "daemon-reload-missing" ? "daemon-reload-missing" : "restart-missing";
  return { holds: isLocal(waiting.value, server), because };
}

function toBoot(server: Server, setting: Setting, unit: LoadedUnit | null): Foretold {
  if (unit?.enabled === "disabled") return { holds: true, because: "not-enabled" };
  if (unit === null) return NOT_KNOWN;
  return withoutFiles(server, setting, (file) => file.startsWith("/run/"), "runtime-only") ?? AGREE;
}

function toUpgrade(server: Server, setting: Setting): Foretold {
  const lost = withoutFiles(server, setting, (file) => file === INSTALLED_UNIT, "in-overwritten-unit");
  if (lost !== null) return lost;
  const winner = findWinner(setting);
  return winner === null ? AGREE : { holds: true, because: "drop-in-stays" };
}

/** What is left when some files are gone; null where the server stays closed by what is declared elsewhere. */
function withoutFiles(
  server: Server,
  setting: Setting,
  isGone: (file: string) => boolean,
  because: Foretold["because"],
): Foretold | null {
  const winner = findWinner(setting);
  // Nothing declares what the process has: somebody set it in passing.
  if (winner === null) return setting.effective === null ? null : NOT_KNOWN;
  if (!isGone(winner.file)) {
    const holds = isLocal(winner.value, server);
    if (holds === true) return null;
    return { holds, because: winner.why === "daemon-reload-missing" ? "daemon-reload-missing" : "restart-missing" };
  }
  const left = setting.declared.filter(({ file, why }) => !isGone(file) && OVERRIDDEN.includes(why));
  const verdicts = left.map(({ value }) => isLocal(value, server));
  // With none left the server takes its own default, which is loopback.
  if (verdicts.every((each) => each === true)) return null;
  return { holds: verdicts.includes(false) ? false : null, because };
}

const OVERRIDDEN: readonly Declaration["why"][] = ["overridden-later", "overridden-by-environment-file"];

function findWinner(setting: Setting): Declaration | null {
  return find(setting, ["daemon-reload-missing", "restart-missing", "in-effect"]);
}

function find({ declared }: Setting, reasons: readonly Declaration["why"][]): Declaration | null {
  return reasons.flatMap((why) => declared.filter((each) => each.why === why))[0] ?? null;
}

/** Whether a server with this value listens on loopback only; null where that cannot be told. */
function isLocal(value: string | null, { version }: Server): boolean | null {
  const address = parseListenAddress(value, version);
  if (address.kind === "fails") return true;
  if (address.kind === "listens")
    return address.reach === "loopback" ? true : address.reach === "every-address" ? false : null;
  return address.kind === "resolves" && address.usually?.startsWith("127.") === true ? true : null;
}
