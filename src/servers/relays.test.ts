import assert from "node:assert/strict";
import { test } from "node:test";
import { maskValue } from "../facts/secrets.ts";
import { RELAYS, type RelayTargets } from "./relays.ts";
import type { ServerKindId } from "./server-kind.ts";

/** Addresses a relay leads to, `+` behind them where there may be others. */
function leadsTo(kind: ServerKindId, environment: Readonly<Record<string, string>> | null): string {
  const sight = { environment, environmentFrom: "/proc/7/environ", answers: [] };
  const { targets, others }: RelayTargets = RELAYS[kind]?.leadsTo(sight) ?? { targets: [], others: false };
  return [...targets.map(({ host, port }) => `${host}#${port ?? "any"}`), ...(others ? ["+"] : [])].join(" ");
}

const cases: readonly (readonly [
  what: string,
  kind: ServerKindId,
  environment: Readonly<Record<string, string>> | null,
  expected: string,
])[] = [
  ["Open WebUI as pip installs it; its database may name others", "open-webui", {}, "localhost#11434 +"],
  ["Open WebUI's image", "open-webui", { OLLAMA_BASE_URL: "/ollama" }, "host.docker.internal#11434 +"],
  [
    "Open WebUI's image with an Ollama of its own",
    "open-webui",
    { OLLAMA_BASE_URL: "/ollama", USE_OLLAMA_DOCKER: "true" },
    "localhost#11434 +",
  ],
  ["an old name", "open-webui", { OLLAMA_API_BASE_URL: "http://gpu:11434/api" }, "gpu#11434 +"],
  [
    "the list wins",
    "open-webui",
    { OLLAMA_BASE_URL: "http://one:1", OLLAMA_BASE_URLS: "http://two:2; https://three/" },
    "two#2 three#443 +",
  ],
  ["an address that is none", "open-webui", { OLLAMA_BASE_URL: "ollama:11434" }, "+"],
  [
    "a name that is masked beside a password",
    "open-webui",
    { OLLAMA_BASE_URLS: maskValue("http://one;http://me:pw@two:2") },
    "two#2 +",
  ],
  ["an environment that nobody may read", "open-webui", null, "+"],
  ["LiteLLM's file may name others", "litellm", { OLLAMA_API_BASE: "http://localhost:11434" }, "localhost#11434 +"],
  ["LiteLLM without a variable", "litellm", {}, "+"],
  ["Portkey as it comes", "portkey", {}, "localhost#any 127.0.0.1#any ::1#any host.docker.internal#any +"],
  [
    "Portkey with names of its owner",
    "portkey",
    { TRUSTED_CUSTOM_HOSTS: "a.example, B.example" },
    "a.example#any b.example#any",
  ],
  ["llama-swap", "llama-swap", {}, "+"],
];

for (const [what, kind, environment, expected] of cases) {
  test(what, () => {
    assert.equal(leadsTo(kind, environment), expected);
  });
}

test("no credential of an address is kept", () => {
  for (const address of [
    "http://me:hunter2@gpu:11434",
    "http://gpu/v1?api_key=hunter2",
    "http://one:1;http://hunter2@two:2",
  ]) {
    assert.doesNotMatch(maskValue(address), /hunter2/);
  }
});
