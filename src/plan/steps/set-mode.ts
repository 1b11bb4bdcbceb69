import type { ServerFile } from "../../facts/files.ts";
import type { FileStatus } from "../../host/host.ts";
import type { RuleId } from "../../judge/finding.ts";
import { isKeyFile, isModelFolder } from "../../judge/plain-names.ts";
import { toServerFiles, toServerProcess } from "../../judge/server-facts.ts";
import type { Server } from "../../judge/server.ts";
import { KEY_FILE, MODEL_FOLDER } from "../../servers/ollama/ollama.ts";
import type { Step } from "../plan.ts";
import type { PlanInput, PlannedSteps } from "../plan-input.ts";
import { combine, leave, toSteps } from "../planned-steps.ts";

interface Tightened {
  readonly rule: RuleId;
  readonly role: string;
  readonly mayChange: (path: string) => boolean;
  /** The permission bits it should have. */
  readonly toMode: (mode: number) => number;
}

const TIGHTENED: readonly Tightened[] = [
  { rule: "key-file-readable", role: KEY_FILE, mayChange: isKeyFile, toMode: () => 0o600 },
  { rule: "model-folder-writable", role: MODEL_FOLDER, mayChange: isModelFolder, toMode: (mode) => mode & ~0o022 },
];

/**
 * Takes rights on a server's key and model folder from others than their owner. Left where the path is none that a
 * server has by its own choice, or where the server itself is one of the others.
 */
export function planModes(input: PlanInput, server: Server): PlannedSteps {
  const found = new Set(
    input.judgement.findings.filter((finding) => finding.server === server.id).map(({ rule }) => rule),
  );
  return combine(
    TIGHTENED.filter(({ rule }) => found.has(rule)).flatMap((tightened) =>
      toServerFiles(input, server, tightened.role).map((file) => planMode(input, server, tightened, file)),
    ),
  );
}

function planMode(
  input: PlanInput,
  server: Server,
  { rule, mayChange, toMode }: Tightened,
  { file, status }: { readonly file: ServerFile; readonly status: FileStatus },
): PlannedSteps {
  const { path } = file;
  const from = status.mode & 0o7777;
  const to = toMode(from);
  if (from === to) return toSteps({});
  const uid = toServerProcess(input, server)?.uid ?? null;
  const isOthers = uid !== 0 && uid !== status.uid;
  if (!mayChange(path) || /[\0\r\n]/.test(path) || isOthers) return leave(server, { code: "owner-decides" }, rule);
  const step: Step = {
    kind: "set-mode",
    target: path,
    server: server.id,
    mends: [rule],
    folders: [],
    files: [],
    modes: [{ path, from, to }],
    commands: [],
    undo: { before: [], after: [] },
    expect: [],
    remarks: [],
  };
  return toSteps({ steps: [step] });
}
