import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyEdit } from "../file-edit.ts";
import { editQuadlet } from "./edit-quadlet.ts";

const PORTS = [{ hostPort: 11_434, containerPort: 11_434, loopback: "127.0.0.1" }] as const;
const HEAD = "[Unit]\nDescription=PublishPort=11434:11434\n\n[Container]\nImage=docker.io/ollama/ollama\n";
const TAIL = "Volume=models:/root/.ollama\n\n[Install]\nWantedBy=default.target\n";

const FILES: readonly (readonly [before: string, after: string])[] = [
  ["PublishPort=11434:11434\n", "PublishPort=127.0.0.1:11434:11434\n"],
  [" PublishPort = 0.0.0.0:11434:11434/tcp \n", " PublishPort = 127.0.0.1:11434:11434/tcp \n"],
  [
    "PublishPort=8080:80\n# PublishPort=11434:11434\nPublishPort=11434:11434\n",
    "PublishPort=8080:80\n# PublishPort=11434:11434\nPublishPort=127.0.0.1:11434:11434\n",
  ],
  ["PublishPort=127.0.0.1:11434:11434\n", "PublishPort=127.0.0.1:11434:11434\n"],
];
const REFUSED: readonly (readonly [text: string, why: string])[] = [
  ["", "port-not-found"],
  ["PublishPort=11434\n", "port-not-found"],
  ["PublishPort=11430-11440:11430-11440\n", "port-range"],
  ["PublishPort=%i:11434\n", "unknown-form"],
  ["Exec=serve \\\nPublishPort=11434:11434\n", "continued-line"],
];

describe("a quadlet", () => {
  for (const [before, expected] of FILES) {
    test(`with ${JSON.stringify(before)} publishes on loopback`, () => {
      const edited = editQuadlet(HEAD + before + TAIL, PORTS);
      assert.ok(edited.ok);
      const after = applyEdit(HEAD + before + TAIL, { kind: "splice", splices: edited.splices });
      assert.deepEqual(after, { ok: true, text: HEAD + expected + TAIL });
    });
  }
  for (const [text, why] of REFUSED) {
    test(`with ${JSON.stringify(text)} is left: ${why}`, () => {
      assert.deepEqual(editQuadlet(HEAD + text + TAIL, PORTS), { ok: false, why });
    });
  }
});
