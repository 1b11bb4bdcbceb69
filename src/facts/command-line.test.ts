import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseCommandLine } from "./command-line.ts";
import { DROPPED } from "./secrets.ts";

const CASES: readonly (readonly [line: string, kept: string])[] = [
  ["/usr/local/bin/ollama serve", "/usr/local/bin/ollama serve"],
  ["vllm serve qwen --api-key s3cret --port 8000", "vllm serve qwen --api-key # --port #"],
  ["llama-server --api-key=s3cret", "llama-server --api-key=#"],
  ["llama-server -k s3cret", "llama-server -k #"],
  ["mysql -ps3cret", "mysql -p#"],
  ["x --password -starts-with-dash", "x --password -s#"],
  [
    "python3 -m vllm.entrypoints.openai.api_server --api-key s3cret",
    "python3 -m vllm.entrypoints.openai.api_server --api-key #",
  ],
  ["/usr/bin/python3.12 -sP /usr/bin/vllm serve", "/usr/bin/python3.12 -sP /usr/bin/vllm serve"],
  [
    "/venv/bin/python3 -u -X dev /opt/ComfyUI/main.py --listen 0.0.0.0",
    "/venv/bin/python3 -u -X # /opt/ComfyUI/main.py --listen #",
  ],
  ["java -Xmx4g -jar /srv/server.jar", "java -X# -j# /srv/server.jar"],
  ["env HF_TOKEN=s3cret OLLAMA_HOST=0.0.0.0", "env HF_TOKEN=# OLLAMA_HOST=#"],
  ["sh -c HF_TOKEN=s3cret", "sh -c #"],
  ["x http://user:s3cret@proxy:3128/a", "x http://#@proxy:3128/a"],
  ["x http://h/?token=s3cret&model=q", "x http://h/?token=#&model=q"],
  ["x hf_abcdefghijklmnopqrst", "x #"],
];
for (const [line, kept] of CASES) {
  test(`the command line ${line} is kept as ${kept}`, () => {
    const words = parseCommandLine(line.replaceAll(" ", "\0"));
    assert.equal(words.join(" "), kept.replaceAll("#", DROPPED));
  });
}

test("a process that wrote its own title keeps it up to the first option", () => {
  assert.deepEqual(parseCommandLine("VLLM: engine core\0"), ["VLLM: engine core"]);
  assert.deepEqual(parseCommandLine("vllm serve -k s3cret\0"), [`vllm serve ${DROPPED}`]);
});

test("an empty command line has no words, an empty argument stays", () => {
  assert.deepEqual(parseCommandLine(""), []);
  assert.deepEqual(parseCommandLine("a\0\0b\0"), ["a", "", "b"]);
});

test("a command line is cut to 8 words of 4,096 characters", () => {
  const words = parseCommandLine(`${"y".repeat(9_000)}\0`.repeat(100));
  assert.equal(words.length, 8);
  assert.ok(words.every((word) => word.length <= 4_096));
});

test("no value of an option survives, whatever it is, whatever the option, and whatever stands around it", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/_]{12,40}$/).map((text) => `Q${text}Q`);
  const flag = fc.oneof(fc.constantFrom("-k", "--api-key", "--token"), fc.stringMatching(/^--?[a-z][a-z-]{0,9}$/));
  fc.assert(
    fc.property(secret, flag, fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 3 }), (secret, flag, around) => {
      fc.pre(flag !== "-m");
      for (const words of [
        [...around, flag, secret],
        [...around, `${flag}=${secret}`],
        ["sh", "-c", `${around.join(" ")} ${flag} ${secret}`],
        [`${around.join(" ")} ${flag} ${secret}`],
      ]) {
        assert.ok(
          !parseCommandLine(["x", ...words].join("\0"))
            .join(" ")
            .includes(secret),
        );
      }
    }),
  );
});

test("random bytes never throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 5_000 }), (text) => void parseCommandLine(text)));
});
