import { setTimeout as pause } from "node:timers/promises";
import { toPaint } from "../report/colour.ts";
import { toPrintable } from "../report/printable.ts";
import type { HostVerdict } from "../report/report.ts";
import { wrapText } from "../report/table.ts";
import type { Stage } from "./stage/open-stage.ts";
import { openStage } from "./stage/open-stage.ts";
import type { Outcome } from "./stage/orders.ts";
import { StageFailure } from "./stage/orders.ts";
import type { Self } from "./stage/self.ts";
import type { Breakage, DemoWords, SceneName } from "./words.ts";

/** What a guided run needs from the command that runs it. */
export interface Theatre {
  /** The program whose parts play. */
  readonly self: Self;
  readonly words: DemoWords;
  readonly write: (text: string) => void;
  readonly width: number;
  readonly colour: boolean;
  /** Leaves time to read. */
  readonly paced: boolean;
  /** Judges the text of a recording with the judge and the reporter of `portlock audit`. */
  readonly audit: (recording: string) => { readonly verdict: HostVerdict; readonly text: string };
}

/** Recordings of an earlier run, for where no stage can be opened. */
export interface Recordings {
  readonly exposed: string;
  readonly local: string;
}

/** The run parted from its story. */
export class StoryBroken extends Error {
  override readonly name: string = "StoryBroken";
  readonly breakage: Breakage;

  constructor(breakage: Breakage, detail: string = "") {
    super(detail);
    this.breakage = breakage;
  }
}

/** How long the reader is left with a scene. All of them and the work between come to about half a minute. */
const READING_MS: Readonly<Record<SceneName, number>> = {
  serve: 1_500,
  visit: 2_500,
  audit: 6_000,
  rebind: 1_000,
  auditAgain: 3_000,
  visitAgain: 1_000,
  guard: 2_000,
  letIn: 3_000,
};
const SCENES: readonly SceneName[] = [
  "serve",
  "visit",
  "audit",
  "rebind",
  "auditAgain",
  "visitAgain",
  "guard",
  "letIn",
];

/**
 * Plays the story: exposed, visited, audited, moved to loopback, audited again, refused; then the gateway, which lets in
 * who has a key. Where no stage can
 * be opened it replays `load()`. Raises StoryBroken where something went otherwise than told.
 */
export async function runGuidedRun(theatre: Theatre, load: () => Promise<Recordings>): Promise<void> {
  const set = await setStage(theatre);
  if (set instanceof StageFailure) {
    await replay(theatre, await load(), set.message);
    return;
  }
  try {
    await play(theatre, set);
  } catch (error) {
    throw error instanceof StageFailure ? new StoryBroken("stage-failed", error.message) : error;
  } finally {
    await set.stage.close();
  }
}

interface SetStage {
  readonly stage: Stage;
  /** What the server said when it started, listening on every address. */
  readonly listening: string;
}

/** Makes sure that everything stands before the first word: until then a replay can take its place. */
async function setStage(theatre: Theatre): Promise<SetStage | StageFailure> {
  let stage: Stage | null = null;
  try {
    stage = await openStage(theatre.self);
    return { stage, listening: await stage.serve("0.0.0.0") };
  } catch (error) {
    await stage?.close();
    if (error instanceof StageFailure) {
      return error;
    }
    throw error;
  }
}

async function play(theatre: Theatre, { stage, listening }: SetStage): Promise<void> {
  const { words } = theatre;
  const url = `http://${stage.server}:${stage.port}/api/tags`;
  await open(theatre, words.intro);

  begin(theatre, "serve");
  command(theatre, "host", "OLLAMA_HOST=0.0.0.0 ollama serve");
  say(theatre, listening);
  await end(theatre, "serve");

  begin(theatre, "visit");
  command(theatre, "stranger", `curl ${url}`);
  const first = await stage.visit();
  say(theatre, toSentence(words, first));
  expect(first.status === 200, "not-answered", first.outcome);
  await end(theatre, "visit");

  await audit(theatre, "audit", await stage.record(), "exposed", "not-exposed");

  begin(theatre, "rebind");
  command(theatre, "host", "OLLAMA_HOST=127.0.0.1 ollama serve");
  say(theatre, await stage.serve("127.0.0.1"));
  await end(theatre, "rebind");

  await audit(theatre, "auditAgain", await stage.record(), "local", "not-local");

  begin(theatre, "visitAgain");
  command(theatre, "stranger", `curl ${url}`);
  const last = await stage.visit();
  say(theatre, toSentence(words, last));
  expect(last.outcome === "refused", "not-refused", last.outcome);
  await end(theatre, "visitAgain");
  await playGateway(theatre, stage);
  close(theatre);
}

/** The real gateway: nobody without a key, with one a stream, and no more than the key is for. */
async function playGateway(theatre: Theatre, stage: Stage): Promise<void> {
  const { words } = theatre;
  begin(theatre, "guard");
  command(theatre, "host", "portlock keys create demo --scope inference,read");
  const { line, port } = await stage.guard(words.language);
  command(theatre, "host", `portlock gateway --listen ${stage.server}:${port} --even-so`);
  say(theatre, line);
  say(theatre, words.inTheClear);
  await end(theatre, "guard");

  begin(theatre, "letIn");
  const url = `http://${stage.server}:${port}`;
  const shown = '-H "Authorization: Bearer $KEY"';
  command(theatre, "stranger", `curl ${url}/api/tags`);
  const none = await stage.ask("list", false);
  say(theatre, words.turnedAway(none.status ?? 0));
  expect(none.status === 401, "not-turned-away", String(none.status));
  command(theatre, "stranger", `curl ${shown} ${url}/api/chat -d '{"model": "llama3.2:3b", …}'`);
  const chat = await stage.ask("chat", true);
  say(theatre, words.streamed(chat.status ?? 0, chat.pieces, toSaid(chat.body)));
  expect(chat.status === 200 && chat.pieces > 2, "not-streamed", `${chat.status}, ${chat.pieces}`);
  command(theatre, "stranger", `curl ${shown} -X DELETE ${url}/api/delete -d '{"model": "llama3.2:3b"}'`);
  const removal = await stage.ask("delete", true);
  say(theatre, words.notForThis(removal.status ?? 0));
  expect(removal.status === 403, "not-forbidden", String(removal.status));
  await end(theatre, "letIn");
}

/** What a model said, out of the lines of a stream. */
function toSaid(body: string): string {
  const pieces = [...body.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece ?? "");
  const text = pieces.join("");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

async function replay(theatre: Theatre, recordings: Recordings, reason: string): Promise<void> {
  const { words } = theatre;
  await open(theatre, words.replayed(toPrintable(reason, 200)));
  begin(theatre, "serve");
  command(theatre, "host", "OLLAMA_HOST=0.0.0.0 ollama serve");
  await end(theatre, "serve");
  begin(theatre, "visit");
  say(theatre, words.replayedConnection.answered);
  await end(theatre, "visit");
  await audit(theatre, "audit", recordings.exposed, "exposed", "not-exposed");
  begin(theatre, "rebind");
  command(theatre, "host", "OLLAMA_HOST=127.0.0.1 ollama serve");
  await end(theatre, "rebind");
  await audit(theatre, "auditAgain", recordings.local, "local", "not-local");
  begin(theatre, "visitAgain");
  say(theatre, words.replayedConnection.refused);
  await end(theatre, "visitAgain");
  begin(theatre, "guard");
  say(theatre, words.replayedConnection.gateway);
  await end(theatre, "guard");
  close(theatre);
}

async function audit(
  theatre: Theatre,
  scene: "audit" | "auditAgain",
  recording: string,
  wanted: HostVerdict,
  breakage: Breakage,
): Promise<void> {
  begin(theatre, scene);
  command(theatre, "host", "portlock audit");
  const { verdict, text } = theatre.audit(recording);
  theatre.write(`\n${text}`);
  expect(verdict === wanted, breakage, verdict);
  await end(theatre, scene);
}

function expect(condition: boolean, breakage: Breakage, detail: string): void {
  if (!condition) {
    throw new StoryBroken(breakage, detail);
  }
}

async function open(theatre: Theatre, intro: string): Promise<void> {
  const paint = toPaint(theatre.colour);
  theatre.write(`${paint("bold", theatre.words.title)}\n`);
  write(theatre, intro, "");
  if (theatre.paced) {
    await pause(2_000);
  }
}

function begin(theatre: Theatre, scene: SceneName): void {
  const number = `${SCENES.indexOf(scene) + 1}/${SCENES.length}`;
  theatre.write(`\n${toPaint(theatre.colour)("bold", `${number}  ${theatre.words.scenes[scene]}`)}\n`);
}

async function end(theatre: Theatre, scene: SceneName): Promise<void> {
  if (theatre.paced) {
    await pause(READING_MS[scene]);
  }
}

function close(theatre: Theatre): void {
  theatre.write("\n");
  write(theatre, theatre.words.closing, "");
}

function command(theatre: Theatre, who: "host" | "stranger", line: string): void {
  theatre.write(`  ${toPaint(theatre.colour)("dim", `${theatre.words.prompts[who]} $`)} ${line}\n`);
}

function say(theatre: Theatre, text: string): void {
  write(theatre, toPrintable(text, 400), "  ");
}

function write(theatre: Theatre, text: string, indent: string): void {
  const lines = wrapText(text, theatre.width - indent.length);
  theatre.write(lines.map((line) => `${indent}${line}\n`).join(""));
}

function toSentence(words: DemoWords, visit: Outcome): string {
  if (visit.status !== null) {
    return words.answered(visit.status, toModelNames(visit.body));
  }
  return visit.outcome === "refused" ? words.refused : words.otherwise(visit.outcome);
}

/** Names out of the body of /api/tags, as a reader would pick them. */
function toModelNames(body: string): readonly string[] {
  return [...body.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name ?? "");
}
