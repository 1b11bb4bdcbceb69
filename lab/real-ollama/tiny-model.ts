/**
 * A model of a few hundred kilobytes that a real Ollama runs: llama's architecture, one layer, weights by chance. Its
 * answers mean nothing, but its tokens, counters and streams are real. Format: ggml/docs/gguf.md of ggml; the keys are
 * those that llama.cpp asks of this architecture.
 */

const WIDTH = 64;
const FEED_FORWARD = 128;
const HEADS = 2;
const ALIGNMENT = 32;
const WORDS = "the a model token stream port lock server open closed who can reach it".split(" ");

/** Kinds of tokens, llama.cpp's `llama_token_type`. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

/** Kinds of values, GGUF's `gguf_metadata_value_type`. */
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const STRING = 8;
const ARRAY = 9;

interface Tensor {
  readonly name: string;
  /** Innermost first. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The bytes of the model's file. The same at every call. */
export function buildTinyModel(): Buffer {
  const tokens = listTokens();
  const tensors = listTensors(tokens);
  const keys = listKeys(tokens);
  const head = Buffer.concat([Buffer.from("GGUF"), uint32(3), uint64(tensors.length), uint64(keys.length), ...keys]);
  const table: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    table.push(text(name), uint32(shape.length), ...shape.map(uint64), uint32(0), uint64(offset));
    const bytes = padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    data.push(bytes);
    offset += bytes.length;
  }
  return Buffer.concat([padded(Buffer.concat([head, ...table])), ...data]);
}

interface Token {
  readonly text: string;
  readonly kind: number;
}

/** Every byte is a token, so that any prompt has some; the words are what is answered. */
function listTokens(): readonly Token[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  return [
    { text: "<unk>", kind: UNKNOWN },
    { text: "<s>", kind: CONTROL },
    { text: "</s>", kind: CONTROL },
    ...bytes.map((name) => ({ text: name, kind: BYTE })),
    ...WORDS.map((word) => ({ text: `▁${word}`, kind: NORMAL })),
  ];
}

function listKeys(tokens: readonly Token[]): readonly Buffer[] {
  return [
    key("general.architecture", STRING, text("llama")),
    key("general.file_type", UINT32, uint32(0)),
    key("llama.context_length", UINT32, uint32(2_048)),
    key("llama.embedding_length", UINT32, uint32(WIDTH)),
    key("llama.block_count", UINT32, uint32(1)),
    key("llama.feed_forward_length", UINT32, uint32(FEED_FORWARD)),
    key("llama.attention.head_count", UINT32, uint32(HEADS)),
    key("llama.attention.head_count_kv", UINT32, uint32(HEADS)),
    key("llama.attention.layer_norm_rms_epsilon", FLOAT32, float32(1e-5)),
    key("llama.rope.dimension_count", UINT32, uint32(WIDTH / HEADS)),
    key("tokenizer.ggml.model", STRING, text("llama")),
    key(
      "tokenizer.ggml.tokens",
      ARRAY,
      list(
        STRING,
        tokens.map((token) => text(token.text)),
      ),
    ),
    key(
      "tokenizer.ggml.scores",
      ARRAY,
      list(
        FLOAT32,
        tokens.map(() => float32(0)),
      ),
    ),
    key(
      "tokenizer.ggml.token_type",
      ARRAY,
      list(
        INT32,
        tokens.map((token) => uint32(token.kind)),
      ),
    ),
    key("tokenizer.ggml.bos_token_id", UINT32, uint32(1)),
    key("tokenizer.ggml.eos_token_id", UINT32, uint32(2)),
    key("tokenizer.ggml.unknown_token_id", UINT32, uint32(0)),
  ];
}

function listTensors(tokens: readonly Token[]): readonly Tensor[] {
  const next = numbersByChance();
  const random = (name: string, ...shape: readonly number[]): Tensor => {
    const length = shape.reduce((product, size) => product * size, 1);
    return { name, shape, values: Float32Array.from({ length }, next) };
  };
  const ones = (name: string): Tensor => ({ name, shape: [WIDTH], values: new Float32Array(WIDTH).fill(1) });
  const output = random("output.weight", WIDTH, tokens.length);
  // Only words are answered: neither bytes nor the end, so that an answer is as long as it was asked to be.
  output.values.fill(0, 0, (tokens.length - WORDS.length) * WIDTH);
  return [
    random("token_embd.weight", WIDTH, tokens.length),
    ones("output_norm.weight"),
    output,
    ones("blk.0.attn_norm.weight"),
    ones("blk.0.ffn_norm.weight"),
    ...["attn_q", "attn_k", "attn_v", "attn_output"].map((name) => random(`blk.0.${name}.weight`, WIDTH, WIDTH)),
    random("blk.0.ffn_gate.weight", WIDTH, FEED_FORWARD),
    random("blk.0.ffn_up.weight", WIDTH, FEED_FORWARD),
    random("blk.0.ffn_down.weight", FEED_FORWARD, WIDTH),
  ];
}

/** Between -0.5 and 0.5, the same ones every time: a linear congruential generator (Numerical Recipes). */
function numbersByChance(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

function key(name: string, kind: number, value: Buffer): Buffer {
  return Buffer.concat([text(name), uint32(kind), value]);
}

function list(kind: number, values: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(kind), uint64(values.length), ...values]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);
}
