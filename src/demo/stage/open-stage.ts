import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Language } from "../../report/words/words.ts";
import type { Answer, Order, Outcome, Wish } from "./orders.ts";
import { parseAnswer, StageFailure } from "./orders.ts";
import { TOOL_PATH } from "./run-tool.ts";
import type { Self } from "./self.ts";
import { toPartCommand } from "./self.ts";

/** A server and a stranger in network namespaces of their own, steered from outside. */
export interface Stage {
  readonly server: string;
  readonly stranger: string;
  readonly port: number;
  /** (Re)starts the stand-in with this OLLAMA_HOST; its own line about where it listens. */
  serve(host: string): Promise<string>;
  /** One real request from the stranger's namespace to the server's address. */
  visit(): Promise<Outcome>;
  /** Puts the gateway before the server; its own line about where it listens, and the port. */
  guard(language: Language): Promise<{ readonly line: string; readonly port: number }>;
  /** One real request from the stranger's namespace to the gateway. */
  ask(what: Wish, withKey: boolean): Promise<Outcome>;
  /** What `portlock record` reads on the server: the text of a recording. */
  record(): Promise<string>;
  /** Ends everything and waits until it is gone. */
  close(): Promise<void>;
}

/** All namespaces but the user's: mounts, processes, hostname and control groups end with the stage. */
const NAMESPACES = ["--net", "--pid", "--mount", "--mount-proc", "--uts", "--ipc", "--cgroup", "--kill-child=SIGKILL"];
/**
 * A user namespace first and the others inside it: a network namespace belongs to the root user of the
 * user namespace that was complete when it was made, and only its root may read its firewall tables.
 */
const AS_ANY_USER = ["unshare", "--user", "--map-root-user", "--"];

/**
 * Opens the stage with parts of the program `self`. Raises a StageFailure where this kernel, this container or this user may not make
 * namespaces. Nothing outlives this process: the stage ends when its input does.
 */
export async function openStage(self: Self): Promise<Stage> {
  try {
    return await open(self, [...AS_ANY_USER, "unshare", ...NAMESPACES]);
  } catch (error) {
    if (!(error instanceof StageFailure) || process.getuid?.() !== 0) {
      throw error;
    }
    return open(self, ["unshare", ...NAMESPACES]);
  }
}

async function open(self: Self, prefix: readonly string[]): Promise<Stage> {
  const [program = "", ...operands] = [...prefix, "--", ...toPartCommand(self, "stage")];
  // A group of its own: Ctrl-C is for the guided run alone, and the end of its input tells the stage.
  const child = spawn(program, operands, { cwd: "/", env: { PATH: TOOL_PATH, LC_ALL: "C" }, detached: true });
  const ask = toConversation(child);
  const close = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      // unshare takes the first process of the namespaces with it, and the kernel all others.
      child.kill("SIGKILL");
      await ended;
    }
  };
  const ready = await ask(null).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  if (ready.kind !== "ready") {
    await close();
    throw unexpected(ready);
  }
  const { server, stranger, port } = ready;
  return {
    server,
    stranger,
    port,
    serve: async (host) => {
      const answer = await ask({ do: "serve", host });
      if (answer.kind === "serving") {
        return answer.line;
      }
      throw unexpected(answer);
    },
    visit: async () => {
      const answer = await ask({ do: "visit" });
      if (answer.kind === "visited") {
        return answer;
      }
      throw unexpected(answer);
    },
    record: async () => {
      const answer = await ask({ do: "record" });
      if (answer.kind === "recorded") {
        return answer.recording;
      }
      throw unexpected(answer);
    },
    guard: async (language) => {
      const answer = await ask({ do: "guard", language });
      if (answer.kind === "guarding") {
        return answer;
      }
      throw unexpected(answer);
    },
    ask: async (what, withKey) => {
      const answer = await ask({ do: "ask", what, withKey });
      if (answer.kind === "visited") {
        return answer;
      }
      throw unexpected(answer);
    },
    close,
  };
}

function unexpected(answer: Answer): StageFailure {
  return new StageFailure(answer.kind === "failed" ? answer.detail : `unexpected answer: ${answer.kind}`);
}

/** Sends an order and gives the next answer; null only waits. */
function toConversation(child: ChildProcessWithoutNullStreams): (order: Order | null) => Promise<Answer> {
  let said = "";
  child.stderr.on("data", (text) => (said = (said + String(text)).slice(-2_000)));
  child.stdin.on("error", () => {});
  const failed = once(child, "error").then(([error]): never => {
    throw new StageFailure(error instanceof Error ? error.message : "no process");
  });
  // Told to whoever waits; nobody may be waiting.
  failed.catch(() => {});
  // Its last words may come after the end of its answers.
  const closed = new Promise((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (order) => {
    if (order !== null) {
      child.stdin.write(`${JSON.stringify(order)}\n`);
    }
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) {
      await closed;
      throw new StageFailure(said.trim().split("\n").at(-1) || "the stage ended without a word");
    }
    return parseAnswer(next.value);
  };
}
