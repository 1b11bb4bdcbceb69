import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../host.ts";

/** A container's server starts a moment after its engine has said that the container runs. */
export async function waitForAnswer(host: Host, address: string, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await host.local.get(address, port)).kind === "answered") return;
    await sleep(50);
  }
  throw new Error(`lab: nothing answers at ${address} port ${port}`);
}

/** Runs the model server's image with these arguments; resolves to the container's address when it answers. */
export async function startContainer(host: Host, args: readonly string[]): Promise<string> {
  await host.docker.start();
  await host.docker.run(["--name", "ollama", ...args, await host.docker.importOllama()]);
  const address = (await host.docker.addresses("ollama"))["bridge"] ?? "127.0.0.1";
  await waitForAnswer(host, address, 11434);
  return address;
}
