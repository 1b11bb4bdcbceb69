import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { readPodmanCommand } from "./podman-command.ts";

const COMMANDS: readonly (readonly [typed: string, said: string | null, words?: string])[] = [
  ["podman run -d --name=llm -p 11434:11434 ollama", "detach name=llm publish=11434:11434", ""],
  [
    "podman container create -dit -p11434:11434 ollama serve --x",
    "detach interactive tty publish=11434:11434",
    "serve --x",
  ],
  [
    "podman run -p=1:2 -v models:/m --gpus all --privileged ollama",
    "publish=1:2 volume=models:/m gpus=all privileged",
    "",
  ],
  ["podman run --tty=true -- ollama serve", "tty", "serve"],
  ["podman run --rm ollama", null],
  ["podman run --pod=ai ollama", null],
  ["podman run --tty=false ollama", null],
  ["podman run -dX ollama", null],
  ["podman run -p", null],
  ["podman run -d", null],
  ["podman run --", null],
  ["podman --root /x run ollama", null],
  ["docker-compose up", null],
  ["podman", null],
];

describe("what Podman was told", () => {
  for (const [typed, said, words = ""] of COMMANDS) {
    test(`${typed} is ${said === null ? "not understood" : "understood"}`, () => {
      const command = readPodmanCommand(typed.split(" "));
      const found = command?.said.map(({ name, value }) => (value === null ? name : `${name}=${value}`)).join(" ");
      assert.equal(found ?? null, said);
      if (command !== null) assert.equal(command.words.join(" "), words);
    });
  }

  test("may be anything", () => {
    const word = fc.constantFrom("podman", "run", "-", "--", "-d", "-p", "--name", "=", "", "-dp", "x");
    fc.assert(fc.property(fc.array(word), (words) => void readPodmanCommand(words)));
  });
});
