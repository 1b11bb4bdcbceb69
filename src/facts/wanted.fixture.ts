import type { Wanted } from "./wanted.ts";

/** What a test looks for where the catalogue of server kinds does not matter. */
export const WANTED: Wanted = {
  variables: ["OLLAMA_HOST", "OLLAMA_ORIGINS"],
  questions: [{ id: "GET /", method: "GET", path: "/" }],
  furtherQuestions: () => [],
  recognises: () => true,
  ports: [11_434],
  looksLikeServer: ({ name, executable }) => name === "ollama" || executable?.endsWith("/ollama") === true,
  wantsUnit: (name) => name === "ollama.service",
  defaultsFiles: ["ollama"],
  filesOf: () => [],
};
