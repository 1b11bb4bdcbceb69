import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildOllama, findRealOllama } from "./ollama-executable.ts";
import { buildImageArchive } from "./image.ts";

/** Where hosts see the workshop of their run. */
export const WORKSHOP_INSIDE = "/opt/portlock-lab";

/** What the hosts of one run share: things that take a while to make, made once and when first asked for. */
export class Workshop {
  readonly directory: string;
  #ollama: Promise<void> | null = null;
  readonly #images = new Map<string, Promise<void>>();

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** Path inside a host of an executable `ollama`: the stand-in, or the real one where that was asked for. */
  async ollama(): Promise<string> {
    this.#ollama ??= this.#makeOllama();
    await this.#ollama;
    return join(WORKSHOP_INSIDE, "ollama");
  }

  /** Path inside a host of an image archive: the Ollama of this run in a container, as its makers pack it. */
  async ollamaImage(): Promise<string> {
    await this.ollama();
    return this.#image("ollama-image", { "bin/ollama": join(this.directory, "ollama") });
  }

  /** Path inside a host of an image archive with nothing but busybox. */
  async busyboxImage(): Promise<string> {
    return this.#image("busybox-image", {});
  }

  async #image(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const made = this.#images.get(name) ?? buildImageArchive(join(this.directory, name), files);
    this.#images.set(name, made);
    await made;
    return join(WORKSHOP_INSIDE, `${name}.tar`);
  }

  async #makeOllama(): Promise<void> {
    const path = join(this.directory, "ollama");
    const real = findRealOllama();
    if (real === null) await buildOllama(path, this.directory);
    else copyFileSync(real, path);
  }
}
