import { join } from "node:path";
import { CHECKOUT_INSIDE, COMPILED_INSIDE, NODE_INSIDE } from "./audit.ts";
import { removeByPrefix, removeLeftovers } from "./cleanup.ts";
import { Host } from "./host.ts";
import { startMachine } from "./machine.ts";
import { STATE_DIRECTORY, toRunPrefix } from "./names.ts";
import { layNetworks, toPlaces } from "./topology.ts";
import { Workshop, WORKSHOP_INSIDE } from "./workshop.ts";

export interface HostOptions {
  /** Default: `gpu-1`. */
  readonly hostname?: string;
  /** Boots a real systemd. Default: false; the host then has no service manager. */
  readonly systemd?: boolean;
  /** Room for Docker's data; on a systemd host docker.service runs after boot. */
  readonly docker?: boolean;
  /** Room for Podman's data. */
  readonly podman?: boolean;
  /** A second LAN on eth1 with a neighbour of its own. */
  readonly secondLan?: boolean;
  /** False: IPAddressDeny= of units loads without a word and blocks nothing, as on some hosts. Default: true. */
  readonly ipFilter?: boolean;
}

/** The hosts of one test file. */
export interface Lab {
  host(options?: HostOptions): Promise<Host>;
  /** Ends every host and removes all that this lab made. Safe to call twice. */
  close(): void;
}

let labs = 0;

/**
 * Opens a lab. What killed runs left on this machine is removed first. What this one makes is removed by
 * `close`, or when the process ends, in whatever way a process can notice; after SIGKILL the next lab does it.
 */
export function openLab(): Lab {
  // The files of a host are as those of any host, whatever its maker keeps to himself elsewhere.
  process.umask(0o022);
  removeLeftovers();
  labs += 1;
  const prefix = `${toRunPrefix()}${labs}-`;
  const workshop = new Workshop(join(STATE_DIRECTORY, `${prefix}workshop`));
  const hosts: Host[] = [];
  let made = 0;

  function close(): void {
    letGo();
    for (const host of hosts) host.leave();
    removeByPrefix(prefix);
  }
  const letGo = closeAtTheEnd(close);
  return {
    async host(options = {}) {
      made += 1;
      const host = await makeHost(`${prefix}${made}-`, workshop, options);
      hosts.push(host);
      return host;
    },
    close,
  };
}

async function makeHost(prefix: string, workshop: Workshop, options: HostOptions): Promise<Host> {
  const { hostname = "gpu-1", systemd = false, docker = false, podman = false, ipFilter = true } = options;
  const places = toPlaces(prefix, options.secondLan ?? false);
  await layNetworks(places);
  const id = `${prefix}machine`;
  const shown = {
    [CHECKOUT_INSIDE]: workshop.checkout(),
    [NODE_INSIDE]: process.execPath,
    [WORKSHOP_INSIDE]: workshop.directory,
  };
  const shared = { [COMPILED_INSIDE]: workshop.compiled() };
  const namespace = places.host;
  const machineOptions = { id, hostname, systemd, docker, podman, ipFilter, namespace, shown, shared };
  const machine = await startMachine(machineOptions);
  const stateDirectory = join(STATE_DIRECTORY, id);
  return new Host({ prefix, stateDirectory, places, machine, machineOptions, workshop, systemd });
}

/** Calls `close` when this process ends by itself, by an error or by a signal it can see. Returns an undo. */
function closeAtTheEnd(close: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  function onSignal(signal: NodeJS.Signals): void {
    close();
    process.kill(process.pid, signal);
  }
  process.on("exit", close);
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    process.off("exit", close);
    for (const signal of signals) process.off(signal, onSignal);
  };
}
