import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { DROPPED, parseCommandLine } from "./command-line.ts";

const CASES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ["/usr/local/bin/ollama", "serve"],
    ["/usr/local/bin/ollama", "serve"],
  ],
  [
    ["vllm", "serve", "--api-key", "s3cret", "--port", "8000"],
    ["vllm", "serve", "--api-key", DROPPED, "--port", "8000"],
  ],
  [
    ["llama-server", "--api-key=s3cret"],
    ["llama-server", `--api-key=${DROPPED}`],
  ],
  [
    ["x", "--password", "-starts-with-dash"],
    ["x", "--password", DROPPED],
  ],
  [
    ["x", "--hf-token", "s3cret", "--hf_token=s3cret"],
    ["x", "--hf-token", DROPPED, `--hf_token=${DROPPED}`],
  ],
  [
    ["x", "--api-key", "--port", "1"],
    ["x", "--api-key", "--port", "1"],
  ],
  [
    ["x", "--max-tokens", "512", "--tokenizer", "qwen", "--api-key-file", "/etc/key"],
    ["x", "--max-tokens", "512", "--tokenizer", "qwen", "--api-key-file", "/etc/key"],
  ],
  [
    ["env", "HF_TOKEN=s3cret", "OLLAMA_HOST=0.0.0.0"],
    ["env", `HF_TOKEN=${DROPPED}`, "OLLAMA_HOST=0.0.0.0"],
  ],
  [
    ["sh", "-c", "HF_TOKEN='a b' vllm serve --api-key s3cret --port 8000"],
    ["sh", "-c", `HF_TOKEN=${DROPPED} vllm serve --api-key ${DROPPED} --port 8000`],
  ],
  [
    ["x", "http://user:s3cret@proxy:3128/a"],
    ["x", `http://${DROPPED}@proxy:3128/a`],
  ],
  [
    ["x", "http://h/?token=s3cret&model=q"],
    ["x", `http://h/?token=${DROPPED}&model=q`],
  ],
  [
    ["curl", "-H", "Authorization: Bearer s3cret"],
    ["curl", "-H", `Authorization: ${DROPPED}`],
  ],
  [
    ["x", "hf_abcdefghijklmnopqrst"],
    ["x", DROPPED],
  ],
  [["a process that wrote its own title"], ["a process that wrote its own title"]],
];
for (const [words, expected] of CASES) {
  test(`the command line ${words.join(" ")} is kept as ${expected.join(" ")}`, () => {
    assert.deepEqual(parseCommandLine(`${words.join("\0")}\0`), expected);
  });
}

test("an empty command line has no words, an empty argument stays", () => {
  assert.deepEqual(parseCommandLine(""), []);
  assert.deepEqual(parseCommandLine("a\0\0b\0"), ["a", "", "b"]);
});

test("a command line is cut to 64 words of 4,096 characters", () => {
  const words = parseCommandLine(`${"y".repeat(9_000)}\0`.repeat(100));
  assert.equal(words.length, 64);
  assert.ok(words.every((word) => word.length <= 4_096));
});

test("no secret handed over in a known way survives, whatever it is and whatever stands around it", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/_]{12,40}$/).map((text) => `Q${text}Q`);
  const flag = fc.constantFrom("--api-key", "--token", "--hf-token", "--password", "--master_key");
  fc.assert(
    fc.property(
      secret,
      flag,
      fc.array(fc.stringMatching(/^[a-z ]{0,9}$/), { maxLength: 3 }),
      (secret, flag, around) => {
        const lines = [
          [...around, flag, secret],
          [...around, `${flag}=${secret}`],
          ["sh", "-c", `${around.join(" ")} ${flag} ${secret}`],
        ];
        for (const words of lines) {
          assert.ok(
            !parseCommandLine(`${words.join("\0")}\0`)
              .join(" ")
              .includes(secret),
          );
        }
      },
    ),
  );
});

test("random bytes never throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 5_000 }), (text) => void parseCommandLine(text)));
});
