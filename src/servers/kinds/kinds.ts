import {
  API_VERSION,
  INFO,
  KOBOLDCPP_VERSION,
  LITELLM_ROUTES,
  LLAMA_CPP_PROPS,
  OPEN_WEBUI_CONFIG,
  OPENAI_MODELS,
  OLLA_ENDPOINTS,
  OPENAI_MODELS_AT_ROOT,
  ROOT,
  SERVICE_INFO,
  TRITON_SERVER,
  VERSION,
  XINFERENCE_AUTH,
} from "../questions.ts";
import type { AccessSign, KindEntry } from "./declare-kind.ts";

const MODEL_LIST_STATUS: AccessSign = { asks: OPENAI_MODELS, by: "status" };

/**
 * Model servers other than Ollama, in the order of their names. Ports are their makers' defaults; what each
 * answers was read in its source or documentation. `specificity` under 50 is a guess that a better one beats.
 */
export const KIND_ENTRIES: readonly KindEntry[] = [
  {
    id: "comfyui",
    ports: [8188],
    marks: [{ asks: ROOT, body: /<title>ComfyUI\b/i, specificity: 85 }],
    access: { asks: ROOT, by: "status" },
    program: /ComfyUI/,
  },
  {
    id: "gpustack",
    ports: [80, 443, 30080],
    marks: [{ asks: VERSION, has: ["version", "git_commit"], specificity: 80 }],
    access: MODEL_LIST_STATUS,
    version: { asks: VERSION, path: "version" },
    program: /^gpustack$/,
  },
  {
    id: "infinity",
    ports: [7997],
    marks: [
      { asks: OPENAI_MODELS, owner: "infinity", specificity: 90 },
      { asks: OPENAI_MODELS_AT_ROOT, owner: "infinity", specificity: 90 },
    ],
    access: { asks: OPENAI_MODELS_AT_ROOT, by: "status" },
    program: /^infinity_emb$/,
  },
  {
    id: "koboldcpp",
    ports: [5001],
    // It answers Ollama's paths too, with a version of Ollama's.
    marks: [
      { asks: KOBOLDCPP_VERSION, says: ["result", "KoboldCpp"], specificity: 97 },
      { asks: SERVICE_INFO, says: ["software.name", "KoboldCpp"], specificity: 96 },
      { asks: OPENAI_MODELS, owner: "koboldcpp", specificity: 96 },
    ],
    access: { asks: KOBOLDCPP_VERSION, by: "flag", path: "protected" },
    version: { asks: KOBOLDCPP_VERSION, path: "version" },
    program: /koboldcpp/i,
  },
  {
    id: "litellm",
    ports: [4000],
    // Release 1.108.7, tried: no harmless path tells its version, and NO_DOCS leaves one line of the page at `/`.
    marks: [
      { asks: ROOT, body: /<title>LiteLLM API\b/i, specificity: 85 },
      { asks: ROOT, body: /^"LiteLLM: RUNNING"$/, specificity: 90 },
      {
        asks: OPENAI_MODELS,
        status: 401,
        body: /"Authentication Error, No api key passed in\.","type":"auth_error"/,
        specificity: 80,
      },
    ],
    access: MODEL_LIST_STATUS,
    // Paths that its configuration hands on elsewhere; `auth: false`, and in older releases nothing at all, opens one.
    doubts: [{ asks: LITELLM_ROUTES, body: /"endpoint":"endpoint_func"/ }],
    program: /^litellm(?:$|\.proxy\.)/,
  },
  {
    id: "llama-cpp",
    ports: [8080],
    marks: [
      { asks: ROOT, status: "any", server: /^llama\.cpp/, specificity: 98 },
      { asks: OPENAI_MODELS, status: "any", server: /^llama\.cpp/, specificity: 98 },
      { asks: OPENAI_MODELS, owner: "llamacpp", specificity: 85 },
    ],
    // Its model list is public even with a key.
    access: { asks: LLAMA_CPP_PROPS, by: "status" },
    program: /^llama-server$/,
  },
  {
    id: "llama-swap",
    ports: [8080],
    marks: [
      { asks: OPENAI_MODELS, owner: "llama-swap", specificity: 90 },
      { asks: API_VERSION, has: ["version", "commit", "build_date"], specificity: 80 },
    ],
    access: MODEL_LIST_STATUS,
    version: { asks: API_VERSION, path: "version" },
    program: /^llama-swap/,
  },
  {
    id: "lm-studio",
    ports: [1234],
    marks: [
      { asks: OPENAI_MODELS, owner: "organization_owner", specificity: 80 },
      { asks: ROOT, body: /Unexpected endpoint or method\. \(GET \/\)/, specificity: 75 },
    ],
    access: MODEL_LIST_STATUS,
    program: /lm-?studio/i,
  },
  {
    id: "lmdeploy",
    ports: [23333],
    marks: [{ asks: OPENAI_MODELS, owner: "lmdeploy", specificity: 90 }],
    access: MODEL_LIST_STATUS,
    program: /^lmdeploy$/,
  },
  {
    id: "localai",
    ports: [8080],
    marks: [{ asks: ROOT, body: /<title>\s*LocalAI\b/i, specificity: 85 }],
    access: MODEL_LIST_STATUS,
    version: { asks: VERSION, path: "version" },
    program: /^local-?ai$/i,
  },
  {
    id: "olla",
    ports: [40114],
    // It has no authentication of its own.
    marks: [{ asks: VERSION, has: ["name", "edition", "capabilities", "supported_backends"], specificity: 90 }],
    access: { asks: OLLA_ENDPOINTS, by: "status" },
    version: { asks: VERSION, path: "version" },
    program: /^olla$/,
  },
  {
    id: "open-webui",
    ports: [8080, 3000],
    marks: [
      { asks: API_VERSION, has: ["version", "deployment_id"], specificity: 97 },
      { asks: ROOT, body: /<title>\s*Open WebUI/i, specificity: 80 },
    ],
    access: { asks: OPEN_WEBUI_CONFIG, by: "flag", path: "features.auth" },
    // Nobody has an account yet: whoever comes first makes himself administrator (release 0.12.4: tried).
    letIn: [{ asks: OPEN_WEBUI_CONFIG, says: ["onboarding", true] }],
    // What a new account may do is not told, and a trusted header is anybody's to send who comes past the proxy.
    doubts: [
      { asks: OPEN_WEBUI_CONFIG, says: ["features.auth_trusted_header", true] },
      { asks: OPEN_WEBUI_CONFIG, says: ["features.enable_signup", true] },
    ],
    version: { asks: API_VERSION, path: "version" },
    program: /^open[-_]webui\b/,
  },
  {
    id: "openai-compatible",
    ports: [8000],
    marks: [
      { asks: OPENAI_MODELS, modelList: true, specificity: 30 },
      // With a key, llama-cpp-python 0.3.36 and FastChat 0.2.36, tried.
      { asks: OPENAI_MODELS, status: 401, server: /^uvicorn/, says: ["detail", "Invalid API key"], specificity: 30 },
      { asks: OPENAI_MODELS, status: 401, says: ["detail.error.code", "invalid_api_key"], specificity: 30 },
    ],
    access: MODEL_LIST_STATUS,
    program: /^(?:fastchat(?:\.serve\.openai_api_server)?|llama_cpp\.server|mistralrs-server|mlc_llm|mlx_lm\.server)$/,
  },
  {
    id: "portkey",
    ports: [8787],
    // It takes whoever calls, and calls whatever address he names, this host's loopback too.
    marks: [
      { asks: ROOT, body: /^AI Gateway says hey!$/, specificity: 80 },
      {
        asks: OPENAI_MODELS,
        status: 400,
        says: ["message", "Either x-portkey-config or x-portkey-provider header is required"],
        specificity: 97,
      },
    ],
    access: { asks: ROOT, by: "status" },
    program: /^@?portkey|\/@portkey-ai\/gateway\//,
  },
  {
    id: "ray",
    ports: [8265],
    marks: [
      { asks: API_VERSION, has: ["ray_version", "ray_commit"], specificity: 97 },
      // With RAY_AUTH_MODE=token its page alone is everybody's (release 2.60.0: tried).
      { asks: ROOT, body: /<title>Ray Dashboard</, specificity: 85 },
    ],
    access: { asks: API_VERSION, by: "status" },
    version: { asks: API_VERSION, path: "ray_version" },
    program: /ray\/dashboard\/dashboard\.py$/,
  },
  {
    id: "sglang",
    ports: [30000],
    // It answers Ollama's paths too.
    marks: [{ asks: OPENAI_MODELS, owner: "sglang", specificity: 96 }],
    access: MODEL_LIST_STATUS,
    program: /^sglang(?:$|[.:])/,
  },
  {
    id: "tabbyapi",
    ports: [5000],
    marks: [
      { asks: SERVICE_INFO, says: ["software.name", "TabbyAPI"], specificity: 95 },
      { asks: OPENAI_MODELS, owner: "tabbyAPI", specificity: 90 },
    ],
    access: MODEL_LIST_STATUS,
    program: /tabbyapi/i,
  },
  {
    id: "tgi",
    ports: [3000, 80],
    // Text Embeddings Inference answers alike, with `model_type` beside.
    marks: [{ asks: INFO, has: ["model_id", "docker_label"], lacks: ["model_type"], specificity: 80 }],
    // With a key, every harmless path it has stays open.
    access: null,
    version: { asks: INFO, path: "version" },
    program: /^text-generation-(?:launcher|router)/,
  },
  {
    id: "triton",
    ports: [8000],
    marks: [{ asks: TRITON_SERVER, says: ["name", "triton"], has: ["extensions"], specificity: 95 }],
    access: { asks: TRITON_SERVER, by: "status" },
    version: { asks: TRITON_SERVER, path: "version" },
    program: /^tritonserver$/,
  },
  {
    id: "vllm",
    ports: [8000],
    marks: [
      { asks: OPENAI_MODELS, owner: "vllm", specificity: 90 },
      {
        // With a key, /version stays open and /v1 does not.
        asks: VERSION,
        has: ["version"],
        lacks: ["git_commit"],
        server: /^uvicorn/,
        specificity: 55,
        and: { asks: OPENAI_MODELS, status: 401, says: ["error", "Unauthorized"], specificity: 55 },
      },
    ],
    access: MODEL_LIST_STATUS,
    version: { asks: VERSION, path: "version" },
    program: /^vllm(?:$|\.entrypoints)/,
  },
  {
    id: "xinference",
    ports: [9997],
    marks: [
      { asks: XINFERENCE_AUTH, has: ["auth"], specificity: 85 },
      { asks: OPENAI_MODELS, owner: "xinference", specificity: 85 },
    ],
    access: { asks: XINFERENCE_AUTH, by: "flag", path: "auth" },
    program: /^xinference/,
  },
];
