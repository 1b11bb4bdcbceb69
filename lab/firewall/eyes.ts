import { join } from "node:path";
import { z } from "zod";
import { parseAddress } from "../../src/firewall/address.ts";
import { runCommand } from "../command.ts";
import type { Way } from "./case.ts";
import { LineProcess } from "./line-process.ts";
import { type Outcome, parseOutcomes, type Try } from "./try.ts";
import { type Door, EYE_OF_ETH1_UID, LOOPBACK_PORT, PORTS, type World } from "./world.ts";

const FIRST_SOURCE_PORT = 20_000;
const LAST_SOURCE_PORT = 49_999;

/** How long an answer may take at first look, and where it must be sure. */
export const SILENCE_MS = 60;
export const SURE_SILENCE_MS = 1_000;

/** A way and where to come from. */
export interface Attempt {
  readonly way: Way;
  readonly source: string;
}

interface Sent {
  readonly attempt: Attempt;
  readonly sourcePort: number;
}

const NO_WORD: Outcome = { kind: "impossible", detail: "no word from the stranger" };

/** Who stands in a world: the listeners, and the stranger's eyes, one at each door. */
export class Eyes {
  readonly #processes: readonly LineProcess[];
  readonly #stranger: string;
  readonly #eyes: Readonly<Record<Door, LineProcess>>;
  #sourcePort = FIRST_SOURCE_PORT;

  constructor(world: World) {
    const ports = PORTS.map(String);
    this.#stranger = world.stranger;
    const listeners = [
      start(world.host, "listener.ts", "host", ...ports, "--", String(LOOPBACK_PORT)),
      start(world.container, "listener.ts", "container", ...ports),
    ];
    this.#eyes = {
      eth0: start(world.stranger, "stranger.ts"),
      eth1: start(world.stranger, "stranger.ts", String(EYE_OF_ETH1_UID)),
    };
    this.#processes = [...listeners, ...Object.values(this.#eyes)];
  }

  async ready(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.ready()));
  }

  /** Tries all at once; outcomes come in the same order. */
  async look(attempts: readonly Attempt[], silenceMs: number): Promise<readonly Outcome[]> {
    const sent = attempts.map((attempt) => ({ attempt, sourcePort: this.#nextSourcePort() }));
    return this.#send(sent, silenceMs);
  }

  /**
   * As `look`, slower and sure: what was refused after the first packet had been answered counts as connected,
   * as the stranger's notebook has it (see world.ts).
   */
  async lookAgain(attempts: readonly Attempt[], silenceMs: number = SURE_SILENCE_MS): Promise<readonly Outcome[]> {
    const sent = attempts.map((attempt) => ({ attempt, sourcePort: this.#nextSourcePort() }));
    const outcomes = await this.#send(sent, silenceMs);
    if (outcomes.every(({ kind }) => kind !== "refused")) return outcomes;
    const answered = await this.#readNotebook();
    return outcomes.map((outcome, index) => {
      const one = sent[index];
      const opened = one !== undefined && answered.has(toNote(one.attempt.source, one.sourcePort));
      return outcome.kind === "refused" && opened ? { kind: "connected", by: null } : outcome;
    });
  }

  async #send(sent: readonly Sent[], silenceMs: number): Promise<readonly Outcome[]> {
    const outcomes = new Map<Sent, Outcome>();
    const byDoor = Map.groupBy(sent, ({ attempt }) => attempt.way.door);
    const look = async ([door, group]: readonly [Door, readonly Sent[]]): Promise<void> => {
      const tries = group.map(({ attempt: { way, source }, sourcePort }): Try => {
        return { destination: way.destination, port: way.port, source, sourcePort };
      });
      const answers = parseOutcomes(await this.#eyes[door].ask(JSON.stringify({ silenceMs, tries })));
      for (const [index, one] of group.entries()) outcomes.set(one, answers[index] ?? NO_WORD);
    };
    await Promise.all([...byDoor].map(look));
    return sent.map((one) => outcomes.get(one) ?? NO_WORD);
  }

  async #readNotebook(): Promise<ReadonlySet<string>> {
    const list = ["nsenter", `--net=/run/netns/${this.#stranger}`, "nft", "-j", "list", "table", "inet", "notebook"];
    const notebook = NOTEBOOK.parse(JSON.parse((await runCommand(list)).stdout));
    const elements = notebook.nftables.flatMap(({ set }) => set?.elem ?? []);
    return new Set(elements.map(({ elem }) => toNote(...elem.val.concat)));
  }

  close(): void {
    for (const one of this.#processes) one.close();
  }

  /** A connection that was tracked a moment ago is not new: no port is used again soon. */
  #nextSourcePort(): number {
    this.#sourcePort = wrapPort(this.#sourcePort + 1);
    return this.#sourcePort;
  }
}

function wrapPort(port: number): number {
  return port > LAST_SOURCE_PORT ? port - (LAST_SOURCE_PORT - FIRST_SOURCE_PORT + 1) : port;
}

/** A connection in the notebook: who came, and from which port. */
function toNote(source: string, port: number): string {
  const address = parseAddress(source);
  return `${address === null ? source : address.value} ${port}`;
}

const NOTEBOOK = z.object({
  nftables: z.array(
    z.object({
      set: z.optional(
        z.object({
          elem: z.optional(
            z.array(z.object({ elem: z.object({ val: z.object({ concat: z.tuple([z.string(), z.number()]) }) }) })),
          ),
        }),
      ),
    }),
  ),
});

function start(namespace: string, script: string, ...words: readonly string[]): LineProcess {
  const program = [process.execPath, join(import.meta.dirname, script), ...words];
  return new LineProcess(["nsenter", `--net=/run/netns/${namespace}`, "--", ...program]);
}
