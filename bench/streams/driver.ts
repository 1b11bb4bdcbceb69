/**
 * The client of a bench, in a process of its own: opens streams, and looks at each chunk as it comes, when it was
 * written and whether it came alone. One task at a time, from its parent.
 */
import { request, type ClientRequest } from "node:http";
import { toBody, type DriverReport, type DriverTask } from "./stream-plan.ts";

/** A gateway lets an address have so many connections; a crowd comes from several. */
const STREAMS_PER_ADDRESS = 400;

interface Notes {
  readonly delays: number[];
  readonly firstTokens: number[];
  readonly leftAt: number[];
  lost: number;
  merged: number;
  failed: number;
  why: string | null;
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function openStream(task: DriverTask, index: number, notes: Notes): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const body = toBody(task.plan);
  const asked = request({
    host: "127.0.0.1",
    port: task.port,
    localAddress: `127.0.1.${1 + Math.floor(index / STREAMS_PER_ADDRESS)}`,
    method: "POST",
    path: "/api/chat",
    agent: false,
    headers: {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...(task.authorization === null ? {} : { authorization: task.authorization }),
    },
  });
  const fail = (why: string): void => {
    notes.failed += 1;
    notes.why ??= why;
    asked.destroy();
    resolve();
  };
  const beganAt = now();
  asked.once("error", (error) => {
    if (!asked.destroyed || notes.leftAt.length === 0) fail(error.message);
  });
  asked.once("response", (response) => {
    if (response.statusCode !== 200) {
      response.resume();
      fail(`status ${response.statusCode}`);
      return;
    }
    let seen = 0;
    let rest = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      const at = now();
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      if (lines.length > 1) notes.merged += lines.length - 1;
      for (const line of lines) {
        seen += 1;
        const [number, writtenAt] = /"content":"(\d+):([\d.]+)"/u.exec(line)?.slice(1).map(Number) ?? [];
        if (number !== seen || writtenAt === undefined) notes.lost += 1;
        else notes.delays.push(at - writtenAt);
        if (seen === 1) notes.firstTokens.push(at - beganAt);
      }
      if (task.leaveAfter !== null && task.leaveAfter > 0 && seen >= task.leaveAfter) leave(asked, notes, resolve);
    });
    response.once("end", () => {
      notes.lost += task.plan.chunks - seen;
      resolve();
    });
    response.once("error", (error) => {
      if (task.leaveAfter === null) fail(error.message);
    });
  });
  asked.end(body);
  if (task.leaveAfter === 0) {
    setTimeout(() => {
      leave(asked, notes, resolve);
    }, 300);
  }
  await promise;
}

function leave(asked: ClientRequest, notes: Notes, resolve: () => void): void {
  notes.leftAt.push(now());
  asked.destroy();
  resolve();
}

async function drive(task: DriverTask): Promise<DriverReport> {
  const notes: Notes = { delays: [], firstTokens: [], leftAt: [], lost: 0, merged: 0, failed: 0, why: null };
  const streams: Promise<void>[] = [];
  for (let index = 0; index < task.streams; index += 1) {
    const dueAt = (task.overMs / task.streams) * index;
    const wait = dueAt === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, dueAt));
    streams.push(wait.then(() => openStream(task, index, notes)));
  }
  await Promise.all(streams);
  return notes;
}

process.on("message", (task: DriverTask) => {
  void drive(task).then((report) => process.send?.(report));
});
process.once("disconnect", () => process.exit());
