import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseManagerEnvironment } from "./manager-environment.ts";

const WANTED = ["OLLAMA_HOST"];
const SAMPLE = `[Manager]
#DefaultEnvironment=OLLAMA_HOST=1
LogLevel=info
DefaultEnvironment="OLLAMA_HOST=0.0.0.0" \\
  HF_TOKEN=s3cret
[Service]
DefaultEnvironment=OLLAMA_HOST=2
`;

test("what PID 1 hands to every service is read from its own section, with the line, and no other variable's value", () => {
  const assignments = parseManagerEnvironment(SAMPLE, WANTED);
  assert.deepEqual(
    assignments.map(({ name, value, line }) => [name, value, line]),
    [["OLLAMA_HOST", "0.0.0.0", 4]],
  );
  assert.doesNotMatch(JSON.stringify(assignments), /s3cret/);
});

test("random and damaged text never throws", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseManagerEnvironment(text, WANTED)));
  fc.assert(
    fc.property(fc.nat({ max: SAMPLE.length }), fc.string({ maxLength: 20 }), (at, junk) => {
      parseManagerEnvironment(SAMPLE.slice(0, at) + junk + SAMPLE.slice(at), WANTED);
    }),
  );
});
