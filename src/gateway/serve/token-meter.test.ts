import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenMeter, type Tokens } from "./token-meter.ts";

const NDJSON = "application/x-ndjson";
const SSE = "text/event-stream";
const JSON_TYPE = "application/json";

const CASES: readonly (readonly [what: string, mediaType: string, chunks: readonly string[], tokens: Tokens | null])[] =
  [
    [
      "a stream of /api/chat",
      NDJSON,
      [
        '{"message":{"content":"a"},"done":false}\n',
        '{"done":true,"total_duration":5,"prompt_eval_count":26,"eval_count":290}\n',
      ],
      { prompt: 26, answer: 290 },
    ],
    [
      "a whole answer of /api/generate, its prompt from the cache",
      JSON_TYPE,
      ['{"response":"hi","done":true,"context":[1,2],"eval_count":3,"eval_duration":9}'],
      { prompt: 0, answer: 3 },
    ],
    [
      "an embedding",
      JSON_TYPE,
      [`{"embeddings":[[${"0.1,".repeat(5000)}1]],"prompt_eval_count":8}`],
      { prompt: 8, answer: 0 },
    ],
    [
      "a last line that comes in pieces",
      NDJSON,
      ['{"response":"a"}\n{"done":true,"prompt_ev', 'al_count":1', '2,"eval_cou', 'nt":34}', "\n"],
      { prompt: 12, answer: 34 },
    ],
    [
      "a stream of /v1/chat/completions with its usage",
      SSE,
      [
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
        'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}}\n\n',
        "data: [DONE]\n\n",
      ],
      { prompt: 11, answer: 5 },
    ],
    [
      "the same without its usage",
      SSE,
      ['data: {"choices":[{"delta":{"content":"a"}}]}\n\n', "data: [DONE]\n\n"],
      null,
    ],
    [
      "a stream of /v1/messages",
      SSE,
      [
        'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}\n\n',
        ...Array<string>(500).fill(
          'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"x"}}\n\n',
        ),
        'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":500}}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ],
      { prompt: 25, answer: 500 },
    ],
    [
      "text that poses as counts",
      NDJSON,
      [
        '{"message":{"content":"\\"eval_count\\":1,\\"prompt_eval_count\\":1"},"done":true,"prompt_eval_count":5,"eval_count":6}\n',
      ],
      { prompt: 5, answer: 6 },
    ],
    [
      "arguments of a tool that pose as counts",
      JSON_TYPE,
      ['{"message":{"tool_calls":[{"function":{"arguments":{"eval_count":1}}}]},"prompt_eval_count":5,"eval_count":6}'],
      { prompt: 5, answer: 6 },
    ],
    ["text alone", NDJSON, ['{"message":{"content":"\\"eval_count\\":1"}}\n'], null],
    ["a count that is none", NDJSON, ['{"eval_count":-1,"prompt_eval_count":"7"}\n'], null],
    ["nothing", NDJSON, [], null],
  ];

for (const [what, mediaType, chunks, tokens] of CASES) {
  test(`${what} is counted`, () => {
    const meter = new TokenMeter(mediaType);
    for (const chunk of chunks) meter.see(Buffer.from(chunk));
    assert.deepEqual(meter.read(), tokens);
  });
}

test("the parts of an answer that was cut are counted", () => {
  const lines = new TokenMeter(NDJSON);
  lines.see(Buffer.from('{"response":"a"}\n{"response":"b"}\n'));
  lines.see(Buffer.from('{"response":"c"}\n{"resp'));
  assert.equal(lines.parts, 3);
  assert.equal(lines.read(), null);
  const events = new TokenMeter(SSE);
  events.see(Buffer.from("data: a\n\ndata: b\n\n"));
  assert.equal(events.parts, 2);
});
