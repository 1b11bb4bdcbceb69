import { KEY_FILE } from "../../servers/ollama/ollama.ts";
import type { Rule } from "../rule.ts";
import { toModeText, toServerFiles } from "../server-facts.ts";

const GROUP_OR_OTHERS = 0o066;
const OTHERS = 0o006;

/** Others than its owner may read or change the key that signs the server in at ollama.com. */
export const KEY_FILE_READABLE: Rule<"key-file-readable"> = {
  id: "key-file-readable",
  judge: (host) =>
    host.servers.flatMap((server) =>
      toServerFiles(host, server, KEY_FILE)
        .filter(({ status }) => (status.mode & GROUP_OR_OTHERS) !== 0)
        .map(({ file, status }) => ({
          rule: "key-file-readable",
          severity: (status.mode & OTHERS) === 0 ? "low" : "medium",
          server: server.id,
          routes: [],
          data: { path: file.path, mode: toModeText(status.mode) },
          evidence: [{ from: `stat ${file.path}`, text: `mode ${toModeText(status.mode)}, uid ${status.uid}` }],
        })),
    ),
};
