import type { ManagerName } from "../../judge/finding.ts";
import type { ServerKindId } from "../../servers/server-kind.ts";

/** The names the makers use; `openai-compatible` has no maker, so each language has its own word for it. */
export const PRODUCT_NAMES: Readonly<Record<Exclude<ServerKindId, "openai-compatible">, string>> = {
  ollama: "Ollama",
  vllm: "vLLM",
  "llama-cpp": "llama.cpp",
  "lm-studio": "LM Studio",
  localai: "LocalAI",
  olla: "Olla",
  "open-webui": "Open WebUI",
  tgi: "Text Generation Inference",
  sglang: "SGLang",
  xinference: "Xinference",
  comfyui: "ComfyUI",
  koboldcpp: "KoboldCpp",
  tabbyapi: "TabbyAPI",
  lmdeploy: "LMDeploy",
  triton: "Triton Inference Server",
  litellm: "LiteLLM",
  portkey: "Portkey AI Gateway",
  ray: "Ray",
  "llama-swap": "llama-swap",
  gpustack: "GPUStack",
  infinity: "Infinity",
};

/** The managers of firewall rules. */
export const MANAGER_NAMES: { readonly [Name in ManagerName]: string } = {
  ufw: "ufw",
  firewalld: "firewalld",
  docker: "Docker",
};
