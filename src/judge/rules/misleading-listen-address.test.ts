import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { DROP_IN, environment, INSTALLED, tell, UNIT } from "../../../test/story.ts";
import type { Story } from "../../../test/story.ts";
import { MISLEADING_LISTEN_ADDRESS } from "./misleading-listen-address.ts";

async function found(story: Story): Promise<readonly string[]> {
  const { facts } = await tell(story);
  return findingsOf(MISLEADING_LISTEN_ADDRESS, facts).map(
    ({ severity, server, data }) => `${severity} ${String(server)} ${data.reason} ${String(data.listensOn)}`,
  );
}

const RUNNING: readonly [value: string | null, listens: string, expected: string[]][] = [
  [null, "127.0.0.1", []],
  ["127.0.0.1:11434", "127.0.0.1", []],
  ['"127.0.0.1"', "127.0.0.1", []],
  ["localhost", "127.0.0.1", []],
  [":8080", "::", ["high ollama-1 all-interfaces-by-empty-host [::]:8080"]],
  ["0.0.0.0", "::", []],
  ["http://127.0.0.1", "127.0.0.1", ["low ollama-1 port-from-scheme 127.0.0.1:80"]],
  ["https://127.0.0.1:11434", "127.0.0.1", ["low ollama-1 scheme-without-tls 127.0.0.1:11434"]],
  ["127.0.0.1:11434 # note", "127.0.0.1", ["low ollama-1 comment-in-value 127.0.0.1:11434"]],
];
for (const [value, listens, expected] of RUNNING) {
  test(`a server running with ${JSON.stringify(value)}`, async () => {
    assert.deepEqual(await found({ files: { [UNIT]: INSTALLED }, running: value, listens }), expected);
  });
}

function failing(value: string, activeState: string): Story {
  const files = { [UNIT]: INSTALLED, [DROP_IN]: environment(`"OLLAMA_HOST=${value}"`) };
  return { files, loaded: { environment: `"OLLAMA_HOST=${value}"` }, activeState, listens: null };
}

const DOWN: readonly [name: string, story: Story, expected: string[]][] = [
  [
    "a bare number, and the service restarts for ever",
    failing("8080", "activating"),
    ["low null bare-number-is-a-name null"],
  ],
  [
    "two addresses, and the service gave up",
    failing("127.0.0.1,10.0.0.1", "failed"),
    ["low null several-addresses null"],
  ],
  ["a comment inside the quotes", failing("127.0.0.1 # lan", "failed"), ["low null comment-in-value null"]],
  ["a good value: it fails for another reason", failing("127.0.0.1", "failed"), []],
  ["a bad value that nobody has started yet", failing("8080", "inactive"), []],
  [
    "the value comes from the file that the unit reads",
    {
      files: { [UNIT]: `${INSTALLED}EnvironmentFile=/etc/default/ollama\n`, "/etc/default/ollama": "OLLAMA_HOST=*\n" },
      loaded: {
        environment: "OLLAMA_HOST=127.0.0.1",
        more: "EnvironmentFiles=/etc/default/ollama (ignore_errors=no)\n",
      },
      activeState: "failed",
      listens: null,
    },
    ["low null wildcard-character null"],
  ],
];
for (const [name, story, expected] of DOWN) {
  test(`no server runs: ${name}`, async () => assert.deepEqual(await found(story), expected));
}
