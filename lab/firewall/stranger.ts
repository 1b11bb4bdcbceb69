/**
 * One eye of the stranger: started in his network namespace, it reads batches of connections from standard
 * input, one JSON document a line (see try.ts), tries each batch at once, and answers with a line.
 *
 * usage: stranger.ts [UID]   tries as that user, whose packets may leave by another door
 */
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Batch, Outcome, Try } from "./try.ts";

const uid = process.argv[2];
if (uid !== undefined) becomeUser(Number(uid));
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const batch: Batch = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await tryBatch(batch))}\n`);
}

function becomeUser(id: number): void {
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
}

interface Running {
  readonly done: Promise<void>;
  /** What is known so far; the connection is let go. */
  end(): Outcome;
}

async function tryBatch({ silenceMs, tries }: Batch): Promise<readonly Outcome[]> {
  const running = tries.map(startTry);
  const over = new AbortController();
  const silence = sleep(silenceMs, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([Promise.all(running.map(({ done }) => done)), silence]);
  over.abort();
  // An answer that has arrived while this process was busy is not silence.
  await nextTurn();
  await nextTurn();
  return running.map((one) => one.end());
}

function startTry({ destination, port, source, sourcePort }: Try): Running {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let outcome: Outcome = { kind: "silent", detail: "" };
  const socket = connect({ host: destination, port, localAddress: source, localPort: sourcePort });
  socket.on("connect", () => (outcome = { kind: "connected", by: null }));
  socket.on("data", (text) => {
    outcome = { kind: "connected", by: text.toString("latin1").trim() };
    resolve();
  });
  socket.on("error", (error) => {
    if (outcome.kind === "silent") outcome = toOutcome(error);
    resolve();
  });
  return {
    done,
    end() {
      socket.resetAndDestroy();
      return outcome;
    },
  };
}

function toOutcome(error: Error): Outcome {
  const detail = "code" in error ? String(error.code) : error.message;
  // What is refused while it begins is ECONNREFUSED: this one had begun, and was cut off at its next packet.
  if (detail === "ECONNRESET") return { kind: "connected", by: null };
  const refused = /^E(CONNREFUSED|HOSTUNREACH|NETUNREACH|ACCES|PERM|PROTO|TIMEDOUT|HOSTDOWN|NOPROTOOPT)$/;
  return { kind: refused.test(detail) ? "refused" : "impossible", detail };
}
