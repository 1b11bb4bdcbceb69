import { ADVISORIES } from "../../servers/ollama/advisory-list.ts";
import { API_VERSION } from "../../servers/questions.ts";
import { reachOf } from "../reach.ts";
import type { Rule } from "../rule.ts";
import { toEvidence, toServerAnswers } from "../server-facts.ts";

/** An Ollama that does not say its version: none of the published flaws can be ruled out, and none is claimed. */
export const VERSION_UNKNOWN: Rule<"version-unknown"> = {
  id: "version-unknown",
  judge: (host) =>
    host.servers
      .filter((server) => server.kind === "ollama" && server.version === null)
      .map((server) => ({
        rule: "version-unknown",
        severity: reachOf(server) === "outside" ? "medium" : "low",
        server: server.id,
        routes: [],
        data: { advisories: ADVISORIES.length },
        evidence: toEvidence(toServerAnswers(host, server), API_VERSION, "no version"),
      })),
};
