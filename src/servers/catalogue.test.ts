import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Answer } from "../facts/answers.ts";
import { answer, recorded } from "./answers.fixture.ts";
import { KINDS, recogniseServer, toWanted } from "./catalogue.ts";
import {
  API_TAGS,
  API_VERSION,
  FOREIGN_HOST_VERSION,
  INFO,
  KOBOLDCPP_VERSION,
  LLAMA_CPP_PROPS,
  OPEN_WEBUI_CONFIG,
  OLLA_ENDPOINTS,
  OPENAI_MODELS,
  OPENAI_MODELS_AT_ROOT,
  ROOT,
  SERVICE_INFO,
  TRITON_SERVER,
  VERSION,
  XINFERENCE_AUTH,
} from "./questions.ts";
import { LITELLM, LITELLM_WITH_KEY, toOpenWebUiAnswers } from "./relay-answers.fixture.ts";
import { RELAY_VARIABLES } from "./relays.ts";

const DIGEST = "17052f91a42e97930aa6e28a6c6c06a983e6a58dbb00434885a0cf5313e376f7";
const OLLAMA_TAG = { name: "gpt-oss:20b", model: "gpt-oss:20b", size: 13793441244, digest: DIGEST, details: {} };
const NOT_FOUND = { status: 404 };
const RAY_REFUSES = "Unauthorized: Missing authentication token";
const FASTCHAT_REFUSES = {
  detail: { error: { message: "", type: "invalid_request_error", param: null, code: "invalid_api_key" } },
};
const UVICORN = { headers: { server: "uvicorn" } };

function modelList(owner: string | undefined): Answer {
  const entry = { id: "m", object: "model", created: 1, ...(owner === undefined ? {} : { owned_by: owner }) };
  return answer(OPENAI_MODELS, { object: "list", data: [entry] });
}

/** What a real server of each kind answers, and what it must be taken for: kind, version, access. */
const SERVERS: readonly (readonly [what: string, answers: readonly Answer[], taken: string])[] = [
  [
    "Ollama",
    [answer(ROOT, "Ollama is running"), answer(API_VERSION, { version: "0.24.0" }), modelList("library")],
    "ollama 0.24.0 open",
  ],
  [
    "Ollama without a model",
    [
      answer(ROOT, "Ollama is running"),
      answer(API_VERSION, { version: "0.33.0-rc2" }),
      answer(OPENAI_MODELS, { object: "list", data: null }),
      answer(API_TAGS, { models: [] }),
    ],
    "ollama 0.33.0-rc2 open",
  ],
  [
    "Ollama built from source",
    [answer(ROOT, "Ollama is running"), answer(API_VERSION, { version: "0.0.0" })],
    "ollama null open",
  ],
  [
    "Ollama whose API a proxy guards",
    [
      answer(ROOT, "Ollama is running"),
      answer(API_VERSION, "<html>401</html>", { status: 401, headers: { server: "nginx/1.22.1" } }),
    ],
    "ollama null guarded",
  ],
  [
    "Ollama of which a proxy hands on /api/ alone",
    [
      answer(ROOT, "<title>Our team</title>", { headers: { server: "nginx" } }),
      answer(API_VERSION, { version: "0.11.3" }),
      answer(API_TAGS, { models: [OLLAMA_TAG] }),
    ],
    "ollama 0.11.3 open",
  ],
  [
    "a version of something, and a website",
    [answer(ROOT, "<title>Our team</title>"), answer(API_VERSION, { version: "2.1.0" })],
    "nobody",
  ],
  [
    "a proxy that guards everything",
    [answer(ROOT, "", { status: 401 }), answer(API_VERSION, "", { status: 401 })],
    "nobody",
  ],
  [
    "KoboldCpp, which answers Ollama's paths",
    [
      answer(ROOT, "<title>KoboldAI Lite</title>"),
      answer(API_VERSION, { version: "0.7.0" }),
      answer(API_TAGS, {
        models: [{ name: "koboldcpp", model: "x", digest: DIGEST, details: { family: "koboldcpp" } }],
      }),
      modelList("koboldcpp"),
      answer(KOBOLDCPP_VERSION, { result: "KoboldCpp", version: "1.92.1", protected: true, txt2img: false }),
    ],
    "koboldcpp 1.92.1 guarded",
  ],
  [
    "SGLang, which answers Ollama's paths",
    [
      answer(ROOT, "Ollama is running", UVICORN),
      answer(API_VERSION, { version: "0.7.0" }, UVICORN),
      answer(API_TAGS, { models: [OLLAMA_TAG] }, UVICORN),
      modelList("sglang"),
    ],
    "sglang null open",
  ],
  [
    "llama.cpp, which answers /api/tags and lists models in spite of its key",
    [
      answer(ROOT, "<title>llama.cpp</title>", { headers: { server: "llama.cpp" } }),
      answer(API_TAGS, { models: [OLLAMA_TAG] }, { headers: { server: "llama.cpp" } }),
      modelList("llamacpp"),
      answer(LLAMA_CPP_PROPS, "", { status: 401 }),
    ],
    "llama-cpp null guarded",
  ],
  [
    "llama.cpp while it loads",
    [answer(ROOT, { error: { message: "Loading model" } }, { status: 503, headers: { server: "llama.cpp" } })],
    "llama-cpp null unknown",
  ],
  ["vLLM", [modelList("vllm"), answer(VERSION, { version: "0.6.3.post1" }, UVICORN)], "vllm 0.6.3.post1 open"],
  [
    "vLLM with a key",
    [
      answer(ROOT, { detail: "Not Found" }, { status: 404, ...UVICORN }),
      answer(OPENAI_MODELS, { error: "Unauthorized" }, { status: 401, ...UVICORN }),
      answer(VERSION, { version: "0.9.0" }, UVICORN),
    ],
    "vllm 0.9.0 guarded",
  ],
  [
    "a stranger with a version and a login",
    [
      answer(OPENAI_MODELS, { detail: "Not authenticated" }, { status: 401, ...UVICORN }),
      answer(VERSION, { version: "1.0" }, UVICORN),
    ],
    "nobody",
  ],
  ["LM Studio", [modelList("organization_owner")], "lm-studio null open"],
  [
    "LM Studio with tokens",
    [answer(ROOT, { error: "Unexpected endpoint or method. (GET /)" }), answer(OPENAI_MODELS, {}, { status: 401 })],
    "lm-studio null guarded",
  ],
  [
    "LocalAI",
    [
      answer(ROOT, "<head><title>LocalAI API - v2.20.1</title>"),
      modelList(undefined),
      answer(VERSION, { version: "v2.20.1 (a9c521eb)" }),
    ],
    "localai 2.20.1 open",
  ],
  ["Open WebUI with accounts", recorded(toOpenWebUiAnswers({})), "open-webui 0.12.4 guarded"],
  [
    "Open WebUI without accounts",
    [
      answer(API_VERSION, { version: "0.6.5", deployment_id: "" }),
      answer(OPEN_WEBUI_CONFIG, { features: { auth: false } }),
    ],
    "open-webui 0.6.5 open",
  ],
  [
    "TGI, of which no harmless path tells whether it has a key",
    [modelList("meta/llama"), answer(INFO, { model_id: "meta/llama", docker_label: "sha-1", version: "3.0.1" })],
    "tgi 3.0.1 unknown",
  ],
  [
    "Text Embeddings Inference is not TGI",
    [answer(INFO, { model_id: "bge", docker_label: "sha-1", model_type: { embedding: {} }, version: "1.5.0" })],
    "nobody",
  ],
  [
    "Xinference without a model",
    [answer(OPENAI_MODELS, { object: "list", data: [] }), answer(XINFERENCE_AUTH, { auth: false })],
    "xinference null open",
  ],
  ["ComfyUI", [answer(ROOT, "<html><head><title>ComfyUI</title>")], "comfyui null open"],
  [
    "TabbyAPI",
    [
      answer(OPENAI_MODELS, {}, { status: 401 }),
      answer(SERVICE_INFO, { version: 0.1, software: { name: "TabbyAPI" } }),
    ],
    "tabbyapi null guarded",
  ],
  ["LMDeploy", [modelList("lmdeploy")], "lmdeploy null open"],
  [
    "Triton",
    [answer(TRITON_SERVER, { name: "triton", version: "2.50.0", extensions: ["classification"] })],
    "triton 2.50.0 open",
  ],
  ["LiteLLM without a key", recorded(LITELLM), "litellm null open"],
  ["LiteLLM with a master key", recorded(LITELLM_WITH_KEY), "litellm null guarded"],
  ["Portkey, which has no authentication", [answer(ROOT, "AI Gateway says hey!")], "portkey null open"],
  [
    "Portkey by what it says of a request without its headers, and nothing of its access",
    [
      answer(
        OPENAI_MODELS,
        { status: "failure", message: "Either x-portkey-config or x-portkey-provider header is required" },
        { status: 400 },
      ),
    ],
    "portkey null unknown",
  ],
  [
    "Olla, which has no authentication",
    [
      answer(VERSION, { name: "olla", version: "v0.0.29", edition: "E", capabilities: [], supported_backends: [] }),
      answer(OLLA_ENDPOINTS, { endpoints: [] }),
    ],
    "olla 0.0.29 open",
  ],
  [
    "Ray",
    [answer(API_VERSION, { version: "4", ray_version: "2.49.0", ray_commit: "abc", session_name: "s" })],
    "ray 2.49.0 open",
  ],
  [
    "Ray with a token",
    [answer(ROOT, "<title>Ray Dashboard</title>"), answer(API_VERSION, RAY_REFUSES, { status: 401 })],
    "ray null guarded",
  ],
  [
    "llama-swap",
    [answer(API_VERSION, { version: "v165", commit: "a", build_date: "b" }), modelList("llama-swap")],
    "llama-swap null open",
  ],
  [
    "GPUStack",
    [answer(VERSION, { version: "0.6.2", git_commit: "c" }), answer(OPENAI_MODELS, {}, { status: 401 })],
    "gpustack 0.6.2 guarded",
  ],
  [
    "Infinity",
    [
      answer(OPENAI_MODELS, {}, NOT_FOUND),
      answer(OPENAI_MODELS_AT_ROOT, { object: "list", data: [{ id: "b", owned_by: "infinity" }] }),
    ],
    "infinity null open",
  ],
  ["some OpenAI-compatible server", [modelList("mistral.rs")], "openai-compatible null open"],
  [
    "llama-cpp-python with a key",
    [answer(OPENAI_MODELS, { detail: "Invalid API key" }, { status: 401, ...UVICORN })],
    "openai-compatible null guarded",
  ],
  [
    "FastChat with a key",
    [answer(OPENAI_MODELS, FASTCHAT_REFUSES, { status: 401, ...UVICORN })],
    "openai-compatible null guarded",
  ],
];

describe("who answers", () => {
  for (const [what, answers, taken] of SERVERS) {
    test(what, () => {
      const found = recogniseServer(answers);
      assert.equal(found === null ? "nobody" : `${found.kind} ${found.version} ${found.access}`, taken);
    });
  }

  test("every kind has a server above that is taken for it", () => {
    const taken = new Set(SERVERS.map(([, , text]) => text.split(" ")[0]));
    assert.deepEqual(
      KINDS.filter((kind) => !taken.has(kind.id)).map((kind) => kind.id),
      [],
    );
  });

  test("no answer makes it throw", () => {
    const questions = [...new Set(KINDS.flatMap((kind) => [...kind.identifiedBy, ...kind.questions]))];
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: "binary" }),
      fc.constantFrom('{"models":[null,{}]}', '{"object":"list","data":[1,{"owned_by":{}}]}', "[".repeat(5000)),
    );
    const one = fc.record({
      question: fc.constantFrom(...questions),
      body,
      status: fc.constantFrom(200, 401, 404, 503),
      truncated: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), (given) => {
        const answers = given.map(({ question, body: text, ...rest }) => answer(question, text, rest));
        const found = recogniseServer(answers);
        assert.ok(found === null || (found.specificity >= 1 && found.specificity <= 100));
        toWanted().furtherQuestions(answers);
      }),
    );
  });
});

describe("what is asked", () => {
  const wanted = toWanted();
  const ask = (answers: readonly Answer[]): string =>
    wanted
      .furtherQuestions(answers)
      .map(({ id }) => id)
      .join(", ");
  const first = (root: Answer): readonly Answer[] => [
    root,
    answer(API_VERSION, { version: "0.11.3" }),
    answer(OPENAI_MODELS, "", NOT_FOUND),
  ];

  test("three requests to everybody", () => {
    assert.deepEqual(
      wanted.questions.map(({ id }) => id),
      ["GET /", "GET /api/version", "GET /v1/models"],
    );
  });

  test("an Ollama is asked for its models, its cloud, what is in memory and its two checks", () => {
    assert.equal(
      ask(first(answer(ROOT, "Ollama is running"))),
      "GET /api/tags, GET /api/status, GET /api/ps, GET /api/version foreign-host, GET /api/version foreign-origin",
    );
  });

  for (const [owner, questions] of [
    ["vllm", "GET /version"],
    ["koboldcpp", "GET /api/extra/version"],
    ["xinference", "GET /v1/cluster/auth"],
    ["infinity", "GET /models"],
    ["llamacpp", "HEAD /props"],
  ] as const) {
    test(`a list of ${owner}'s models is followed by what tells the version and whether a key is demanded`, () => {
      const missing = [answer(ROOT, "", NOT_FOUND), answer(API_VERSION, "", NOT_FOUND)];
      assert.equal(ask([...missing, modelList(owner)]), questions);
    });
  }

  test("a stranger is asked for the marks of every kind, once, and then left alone", () => {
    const stranger = first(answer(ROOT, "welcome"));
    const marks = wanted.furtherQuestions(stranger);
    assert.ok(marks.length <= 8, marks.map(({ id }) => id).join(", "));
    assert.ok(!marks.some((question) => question.id === FOREIGN_HOST_VERSION.id));
    assert.equal(ask([...stranger, ...marks.map((question) => answer(question, "", NOT_FOUND))]), "");
  });

  test("who does not speak HTTP is not asked again", () => {
    const silent: Answer = { ...answer(ROOT, ""), outcome: { kind: "not-http" } };
    assert.equal(ask([silent]), "");
  });

  test("only harmless paths, and one id for one request", () => {
    const questions = KINDS.flatMap((kind) => [...kind.identifiedBy, ...kind.questions]);
    for (const { method, path } of questions) {
      assert.ok(method === "GET" || method === "HEAD");
      assert.doesNotMatch(path, /unload|pause|shutdown|running|server_info|slots|metrics/);
    }
    const ids = new Map(questions.map((question) => [question.id, JSON.stringify(question)]));
    assert.equal(new Set(ids.values()).size, ids.size);
  });

  test("no variable that can hold a secret", () => {
    assert.ok(wanted.variables.includes("OLLAMA_HOST"));
    // What a relay's addresses hold beside the address is masked: see relays.test.ts.
    const relays: readonly string[] = RELAY_VARIABLES;
    const others = wanted.variables.filter((name) => !relays.includes(name));
    assert.deepEqual(
      others.filter((name) => /KEY|TOKEN|SECRET|PASS|PROXY|URL/.test(name.replace("KEEP_", ""))),
      [],
    );
    assert.deepEqual(
      relays.filter((name) => /KEY|TOKEN|SECRET|PASS|PROXY/.test(name)),
      [],
    );
  });

  test("units and programs of an Ollama", () => {
    assert.ok(wanted.wantsUnit("ollama.service") && wanted.wantsUnit("ollama@gpu1.service"));
    assert.ok(!wanted.wantsUnit("ssh.service"));
    assert.ok(
      wanted.looksLikeServer({
        name: "ollama",
        executable: "/usr/bin/ollama (deleted)",
        arguments: ["ollama", "serve"],
      }),
    );
    assert.ok(
      !wanted.looksLikeServer({ name: "ollama", executable: "/usr/bin/ollama", arguments: ["ollama", "run", "m"] }),
    );
    assert.ok(!wanted.looksLikeServer({ name: "nginx", executable: null, arguments: ["nginx: master process"] }));
  });
});
