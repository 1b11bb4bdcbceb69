import { setTimeout as sleep } from "node:timers/promises";
import type { Output } from "./command.ts";
import type { Host } from "./host.ts";
import type { Vantage } from "./vantage.ts";
import type { Workshop } from "./workshop.ts";

const OLLAMA_IMAGE = "ollama/ollama:latest";
const BUSYBOX_IMAGE = "busybox:latest";
const ALLOW_IPV6 = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0"] as const;
const START_TIMEOUT_MS = 20_000;

/** Docker or Podman inside a host. Names of images and containers are the test's own. */
export class ContainerEngine {
  readonly program: "docker" | "podman";
  readonly #host: Host;
  readonly #workshop: Workshop;
  readonly #images = new Set<string>();
  #vantages = 0;

  constructor(program: "docker" | "podman", host: Host, workshop: Workshop) {
    this.program = program;
    this.#host = host;
    this.#workshop = workshop;
  }

  /** Runs the engine's own command line; rejects where it fails. */
  command(...args: readonly string[]): Promise<Output> {
    return this.#host.run([this.program, ...args]);
  }

  /**
   * Makes the daemon answer: a systemd host has it as a service started at boot, a plain host gets it as a
   * process here. Podman has none.
   */
  async start(): Promise<void> {
    if (this.program === "podman") return;
    if (!this.#host.hasSystemd) await this.#host.spawn(["dockerd"]);
    for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline;) {
      if ((await this.#host.attempt(["docker", "version"])).exitCode === 0) return;
    }
    throw new Error("lab: dockerd does not answer");
  }

  /** Starts a container in the background (`run --detach`, then `args`) and returns its id. */
  async run(args: readonly string[]): Promise<string> {
    return (await this.command("run", "--detach", ...args)).stdout.trim();
  }

  /** Imports an archive that the host can see; `changes` are lines of a Dockerfile. */
  async importImage(archive: string, name: string, changes: readonly string[] = []): Promise<void> {
    if (this.#images.has(name)) return;
    this.#images.add(name);
    await this.command("import", ...changes.flatMap((change) => ["--change", change]), archive, name);
  }

  /** The image of Ollama's makers, with this run's Ollama in it. Returns its name. */
  async importOllama(): Promise<string> {
    await this.importImage(await this.#workshop.ollamaImage(), OLLAMA_IMAGE, [
      "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "ENV OLLAMA_HOST=0.0.0.0:11434",
      "EXPOSE 11434",
      'ENTRYPOINT ["/bin/ollama"]',
      'CMD ["serve"]',
    ]);
    return OLLAMA_IMAGE;
  }

  /** An image with busybox only. Returns its name. */
  async importBusybox(): Promise<string> {
    await this.importImage(await this.#workshop.busyboxImage(), BUSYBOX_IMAGE, ['CMD ["sleep", "1000000"]']);
    return BUSYBOX_IMAGE;
  }

  /**
   * A container of its own on a network of the engine, as the place from which to connect. It has IPv6, which
   * Docker leaves off where the network has none: whoever starts a container may turn it on.
   */
  async connectFrom(network: string): Promise<Vantage> {
    const image = await this.importBusybox();
    this.#vantages += 1;
    const name = `vantage-${this.#vantages}`;
    await this.run(["--name", name, "--network", network, ...ALLOW_IPV6, image, "sleep", "1000000"]);
    await this.#waitForSettledAddresses(name);
    return this.vantageIn(name);
  }

  /** A link-local address, of the container or of a bridge with its first port, takes a second to be sure of itself. */
  async #waitForSettledAddresses(container: string): Promise<void> {
    for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(50)) {
      const inside = await this.command("exec", container, "ip", "address");
      const outside = await this.#host.run(["ip", "address"]);
      if (![inside, outside].some(({ stdout }) => stdout.includes("tentative"))) return;
    }
    throw new Error("lab: an address stays tentative");
  }

  /** A running container as the place from which to connect. */
  async vantageIn(container: string): Promise<Vantage> {
    const { stdout } = await this.command("inspect", "--format", "{{.State.Pid}}", container);
    return this.#host.vantageAt(`container ${container}`, Number(stdout.trim()));
  }

  /** Addresses of a container on its networks, by network name. */
  async addresses(container: string): Promise<Readonly<Record<string, string>>> {
    const format = "{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{$network.IPAddress}}\n{{end}}";
    const { stdout } = await this.command("inspect", "--format", format, container);
    return Object.fromEntries(
      stdout
        .split("\n")
        .map((line) => line.split(" "))
        .flatMap(([name, address]) => (name && address ? [[name, address] as const] : [])),
    );
  }
}
