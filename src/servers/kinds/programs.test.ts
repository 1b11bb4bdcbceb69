/** Which processes are asked first, by command lines as /proc tells them; those of Python were seen with real servers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS } from "../catalogue.ts";

const PYTHON = "/usr/bin/python3.11";

const cases: readonly (readonly [commandLine: string, taken: string])[] = [
  ["/opt/venv/bin/python3 /opt/venv/bin/litellm --config litellm.yaml --num_workers 2", "litellm"],
  ["python -m litellm.proxy.proxy_cli --config litellm.yaml", "litellm"],
  ["/opt/venv/bin/python3 /opt/venv/bin/uvicorn litellm.proxy.proxy_server:app --port 4006", "litellm"],
  ["python -m uvicorn litellm.proxy.proxy_server:app", "litellm"],
  ["/opt/venv/bin/python3 /opt/venv/bin/open-webui serve --host 0.0.0.0 --port 8082", "open-webui"],
  ["python3 -m uvicorn open_webui.main:app --host 0.0.0.0 --port 8080", "open-webui"],
  ["python -m llama_cpp.server --model tiny.gguf --port 8000", "openai-compatible"],
  ["/opt/venv/bin/python -m fastchat.serve.openai_api_server --host 127.0.0.1", "openai-compatible"],
  ["/opt/venv/bin/python3 /opt/venv/lib/python3.11/site-packages/ray/dashboard/dashboard.py --port=8265", "ray"],
  ["python3 /opt/bin/vllm serve", "vllm"],
  // A worker of uvicorn says nothing; the process that started it holds the same socket.
  ["/opt/venv/bin/python3 -c from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=8)", ""],
  ["python3 -m litellm_tools.report", ""],
  ["/usr/bin/python3 /usr/bin/unattended-upgrade-shutdown", ""],
];

for (const [commandLine, taken] of cases) {
  test(commandLine, () => {
    const process = { name: "python3", executable: PYTHON, arguments: commandLine.split(" ") };
    const found = KINDS.filter((kind) => kind.looksLike(process)).map(({ id }) => id);
    assert.deepEqual(found.join(" "), taken);
  });
}
