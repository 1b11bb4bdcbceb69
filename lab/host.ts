import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Account,
  parseAccount,
  ROOT,
  toBecomeArguments,
  toLoginEnvironment,
  toSessionArguments,
} from "./account.ts";
import { type Audit, auditHost, type AuditOptions, recordHost } from "./audit.ts";
import { Auditor } from "./auditor.ts";
import { type BackgroundProcess, startInBackground } from "./background.ts";
import { removeByPrefix } from "./cleanup.ts";
import { attemptCommand, type Output } from "./command.ts";
import { ContainerEngine } from "./container-engine.ts";
import { type Machine, type MachineOptions, rebootMachine } from "./machine.ts";
import { NAMESPACE_DIRECTORY, STATE_DIRECTORY } from "./names.ts";
import { installOllama, OLLAMA_PATH, type OllamaOptions } from "./ollama.ts";
import {
  type Addresses,
  HOST,
  HOST_SECOND,
  NEIGHBOUR,
  OTHER_NEIGHBOUR,
  OUTSIDER,
  type Places,
  routeToHost,
  SECOND_NEIGHBOUR,
} from "./topology.ts";
import { Vantage } from "./vantage.ts";
import type { Workshop } from "./workshop.ts";

export interface RunOptions {
  /** A name of the host's passwd; default root. */
  readonly user?: string;
  /** Added to the environment of a fresh login of that user. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** What a host is made of; see `Lab.host`. */
export interface HostParts {
  readonly prefix: string;
  readonly stateDirectory: string;
  readonly places: Places;
  readonly machine: Machine;
  /** What the machine was made with, to boot it again. */
  readonly machineOptions: MachineOptions;
  readonly workshop: Workshop;
  readonly systemd: boolean;
}

/** Places from which somebody may be shown a way. */
type Stranger = "outsider" | "neighbour" | "otherNeighbour" | "secondNeighbour";

const NOBODY_UID = 65_534;
const PORT_TIMEOUT_MS = 10_000;

/** One host and the places around it. Everything in it is gone after `close`. */
export class Host {
  /** The host's by interface (`eth1` where it was made with a second LAN), and those of the places around it. */
  readonly addresses: {
    readonly eth0: Addresses;
    readonly eth1: Addresses;
    readonly outsider: Addresses;
    readonly neighbour: Addresses;
    readonly otherNeighbour: Addresses;
    readonly secondNeighbour: Addresses;
  } = {
    eth0: HOST,
    eth1: HOST_SECOND,
    outsider: OUTSIDER,
    neighbour: NEIGHBOUR,
    otherNeighbour: OTHER_NEIGHBOUR,
    secondNeighbour: SECOND_NEIGHBOUR,
  };
  readonly hasSystemd: boolean;
  /** Somebody in another subnet, who comes through a router. */
  readonly outsider: Vantage;
  /** Somebody in the subnet of eth0. */
  readonly neighbour: Vantage;
  /** Somebody else in the subnet of eth0, for rules that tell neighbours apart. */
  readonly otherNeighbour: Vantage;
  /** A process of root on the host itself. */
  readonly local: Vantage;
  /** A process of another user (nobody) on the host itself. */
  readonly otherUser: Vantage;
  readonly docker: ContainerEngine;
  readonly podman: ContainerEngine;
  #machine: Machine;
  readonly #parts: HostParts;
  readonly #secondNeighbour: Vantage | null;
  readonly #vantages: Vantage[] = [];
  /** By place and destination: whom the way was shown already. */
  readonly #ways = new Map<string, Promise<void>>();
  #spawned = 0;
  #auditors = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.hasSystemd = parts.systemd;
    this.#machine = parts.machine;
    this.outsider = this.#placeVantage("outsider", parts.places.outsider);
    this.neighbour = this.#placeVantage("neighbour", parts.places.neighbour);
    this.otherNeighbour = this.#placeVantage("other neighbour", parts.places.otherNeighbour);
    const second = parts.places.secondNeighbour;
    this.#secondNeighbour = second === null ? null : this.#placeVantage("second neighbour", second);
    this.local = this.#placeVantage("local", parts.places.host);
    this.otherUser = this.#placeVantage("other user", parts.places.host, NOBODY_UID);
    this.docker = new ContainerEngine("docker", this, parts.workshop);
    this.podman = new ContainerEngine("podman", this, parts.workshop);
  }

  /** Process id of the host's first process on the machine, for `nsenter --target=… --all`. */
  get leader(): number {
    return this.#machine.leader;
  }

  /** Somebody in the subnet of eth1. Throws where the host has no second LAN. */
  get secondNeighbour(): Vantage {
    if (this.#secondNeighbour === null) throw new Error("lab: this host was made without secondLan");
    return this.#secondNeighbour;
  }

  /** Runs a command to its end; rejects on an exit code other than 0, with what the command said. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
    const output = await this.attempt(argv, options);
    if (output.exitCode === 0) return output;
    throw new Error(`${argv.join(" ")}: exit code ${output.exitCode}\n${output.stdout}${output.stderr}`);
  }

  /** Runs a command to its end and hands back what it said, whatever its exit code. */
  async attempt(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
    const { input, timeoutMs } = options;
    const account = await this.#findAccount(options.user ?? "root");
    return attemptCommand([...this.#enter(), ...toBecomeArguments(account), ...argv], {
      env: { ...toLoginEnvironment(account), ...options.env },
      ...(input === undefined ? {} : { input }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /**
   * Starts a command that goes on running, as somebody does at a shell: on a systemd host in a session's
   * scope, so that it belongs to no service. Rejects where it ends at once.
   */
  async spawn(
    argv: readonly string[],
    options: Omit<RunOptions, "input" | "timeoutMs"> = {},
  ): Promise<BackgroundProcess> {
    const account = await this.#findAccount(options.user ?? "root");
    this.#spawned += 1;
    const session = toSessionArguments(account, this.#spawned, this.hasSystemd);
    return startInBackground(
      [...this.#enter(), ...session, ...toBecomeArguments(account)],
      argv,
      { ...toLoginEnvironment(account), ...options.env },
      join(this.#parts.stateDirectory, `spawned-${this.#spawned}.log`),
    );
  }

  /** Writes a file, its folders included. Default mode: 0644. */
  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
    await this.run(["sh", "-c", script, "sh", path, mode.toString(8)], { input: text });
  }

  /** Runs systemctl; rejects where it fails. */
  systemd(...args: readonly string[]): Promise<Output> {
    return this.run(["systemctl", ...args]);
  }

  /** Does what Ollama's installer does, with the stand-in or the real Ollama of this run. */
  async installOllama(options: OllamaOptions = {}): Promise<void> {
    await installOllama(this, await this.#parts.workshop.ollama(), options);
  }

  /** Resolves when something listens on that TCP port in the host's network namespace; rejects after 10 s. */
  async waitForPort(port: number): Promise<void> {
    const wanted = new RegExp(
      `^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F:]+ 0A `,
      "m",
    );
    for (const deadline = Date.now() + PORT_TIMEOUT_MS; Date.now() < deadline; await sleep(10)) {
      const tables = ["tcp", "tcp6"].map((table) => readFileSync(`/proc/${this.leader}/net/${table}`, "utf8"));
      if (tables.some((table) => wanted.test(table))) return;
    }
    throw new Error(`lab: nothing listens on port ${port} of the host`);
  }

  /** Shuts a host with systemd down and boots it again; resolves when it is up. Its disk is as it was. */
  async reboot(): Promise<void> {
    const { machineOptions, workshop } = this.#parts;
    const executable = join(workshop.directory, "ollama");
    const executables = existsSync(executable) ? { [OLLAMA_PATH]: executable } : {};
    this.#machine = await rebootMachine(this.#machine, machineOptions, executables);
  }

  /** Runs `portlock audit --json` in the host. */
  audit(options: AuditOptions = {}): Promise<Audit> {
    return auditHost(this, options);
  }

  /** Runs `portlock record` in the host and returns the recording's text. */
  record(options: AuditOptions = {}): Promise<string> {
    return recordHost(this, options);
  }

  /** Somebody who runs portlock at that place, with a home and an /etc/hosts of his own. */
  auditorAt(place: Vantage): Auditor {
    this.#auditors += 1;
    return new Auditor(place, join(STATE_DIRECTORY, `${this.#parts.prefix}auditor-${this.#auditors}`));
  }

  /** Where everything lies that was written on the host's own disk since it was made. */
  get writtenDirectory(): string {
    return join(this.#parts.stateDirectory, "upper");
  }

  /**
   * Shows somebody the way to an address behind the host (a container's, or 127.0.0.1) through the host's own
   * door, as any neighbour can by himself; for the outsider the router in between is told.
   */
  showWay(from: Stranger, destination: string): Promise<void> {
    const way = `${from} ${destination}`;
    // One after the other: two that change a place's own addresses are in each other's way.
    const shown = this.#ways.get(way) ?? Promise.all(this.#ways.values()).then(() => this.#showWay(from, destination));
    this.#ways.set(way, shown);
    return shown;
  }

  async #showWay(from: Stranger, destination: string): Promise<void> {
    const { router, secondNeighbour } = this.#parts.places;
    if (from === "outsider") return routeToHost(router, destination, HOST);
    if (from !== "secondNeighbour") return routeToHost(this.#parts.places[from], destination, HOST);
    if (secondNeighbour === null) throw new Error("lab: this host was made without secondLan");
    return routeToHost(secondNeighbour, destination, HOST_SECOND);
  }

  /** The network namespace of a process of the host (its pid as the host sees it) as a vantage. */
  vantageAt(name: string, pid: number): Vantage {
    return this.#keep(new Vantage(name, `/proc/${this.leader}/root/proc/${pid}/ns/net`));
  }

  /** Calls back those who stand at its vantages; the host itself goes on. */
  leave(): void {
    for (const vantage of this.#vantages) vantage.close();
  }

  /** Ends the host and all the places around it, and removes what they left. Safe to call twice. */
  close(): void {
    this.leave();
    removeByPrefix(this.#parts.prefix);
  }

  #enter(): readonly string[] {
    return ["nsenter", `--target=${this.leader}`, "--all", "--"];
  }

  #placeVantage(name: string, place: string, uid: number | null = null): Vantage {
    return this.#keep(new Vantage(name, join(NAMESPACE_DIRECTORY, place), uid));
  }

  #keep(vantage: Vantage): Vantage {
    this.#vantages.push(vantage);
    return vantage;
  }

  async #findAccount(name: string): Promise<Account> {
    if (name === "root") return ROOT;
    const { stdout } = await attemptCommand([...this.#enter(), "getent", "passwd", name]);
    return parseAccount(stdout);
  }
}
