/** A real Ollama as a child, on a free port of loopback, with a home of its own. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { buildTinyModel } from "./tiny-model.ts";

export interface RealOllama {
  readonly port: number;
  readonly version: string;
  /** Ends it; resolves when it has gone, with its runners. */
  readonly end: () => Promise<void>;
}

/** Starts it; null where it ends before it listens. Its models lie in `home`/.ollama. */
export async function startReal(executable: string, home: string): Promise<RealOllama | null> {
  const env = { PATH: process.env["PATH"], HOME: home, OLLAMA_HOST: "127.0.0.1:0" };
  const child = spawn(executable, ["serve"], { env, stdio: ["ignore", "ignore", "pipe"] });
  const gone = once(child, "close").catch(() => {});
  const end = async (): Promise<void> => {
    child.kill("SIGTERM");
    await gone;
  };
  for await (const line of createInterface(child.stderr)) {
    const [, port, version] = /Listening on 127\.0\.0\.1:(\d+) \(version ([^)]+)\)/.exec(line) ?? [];
    if (port === undefined || version === undefined) continue;
    child.stderr.resume();
    return { port: Number(port), version, end };
  }
  await gone;
  return null;
}

/** As a client without the executable would: the file as a blob, and a model made of it. */
export async function makeTinyModel(port: number, name: string): Promise<void> {
  const bytes = buildTinyModel();
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const server = `http://127.0.0.1:${port}`;
  const body = JSON.stringify({
    model: name,
    files: { "tiny.gguf": digest },
    template: "{{ .Prompt }}",
    parameters: { num_predict: 40 },
    stream: false,
  });
  const answers = [
    await fetch(`${server}/api/blobs/${digest}`, { method: "POST", body: Uint8Array.from(bytes) }),
    await fetch(`${server}/api/create`, { method: "POST", body }),
  ];
  for (const answer of answers) if (!answer.ok) throw new Error(`no model: ${answer.status} ${await answer.text()}`);
}
