import { MODEL_FOLDER } from "../../servers/ollama/ollama.ts";
import type { Rule } from "../rule.ts";
import { toModeText, toServerFiles } from "../server-facts.ts";

const GROUP_OR_OTHERS_WRITE = 0o022;
const OTHERS_WRITE = 0o002;

/** Others than its owner may put model files where the server's native code will parse them. */
export const MODEL_FOLDER_WRITABLE: Rule<"model-folder-writable"> = {
  id: "model-folder-writable",
  judge: (host) =>
    host.servers.flatMap((server) =>
      toServerFiles(host, server, MODEL_FOLDER)
        .filter(({ status }) => status.kind === "directory" && (status.mode & GROUP_OR_OTHERS_WRITE) !== 0)
        .map(({ file, status }) => ({
          rule: "model-folder-writable",
          severity: (status.mode & OTHERS_WRITE) === 0 ? "low" : "high",
          server: server.id,
          routes: [],
          data: { path: file.path, mode: toModeText(status.mode) },
          evidence: [{ from: `stat ${file.path}`, text: `mode ${toModeText(status.mode)}, uid ${status.uid}` }],
        })),
    ),
};
