import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildOllama, findRealOllama } from "./ollama-executable.ts";
import { buildImageArchive } from "./image.ts";
import { makeTinyModel, startReal } from "./real-ollama/serve.ts";

/** Where hosts see the workshop of their run. */
export const WORKSHOP_INSIDE = "/opt/portlock-lab";

/** The models of the real Ollama of this run, where it has one. */
export const REAL_MODELS_INSIDE: string = `${WORKSHOP_INSIDE}/real-home/.ollama/models`;

const CHECKOUT = join(import.meta.dirname, "..");
/** What of the checkout runs inside a host. */
const CHECKOUT_PARTS = [
  "bin",
  "scripts",
  "src",
  "lab",
  "bench",
  "dist",
  "node_modules",
  "package.json",
  "package-lock.json",
];
const READABLE_BY_OTHERS = 0o004;

/** What the hosts of one run share: things that take a while to make, made once and when first asked for. */
export class Workshop {
  readonly directory: string;
  #ollama: Promise<void> | null = null;
  readonly #images = new Map<string, Promise<void>>();

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** This checkout, or a copy for a host's other users where only its owner may read it (`umask 077`). */
  checkout(): string {
    if ((statSync(join(CHECKOUT, "src/main.ts")).mode & READABLE_BY_OTHERS) !== 0) return CHECKOUT;
    const copy = join(this.directory, "checkout");
    if (existsSync(copy)) return copy;
    for (const part of CHECKOUT_PARTS.filter((name) => existsSync(join(CHECKOUT, name)))) {
      cpSync(join(CHECKOUT, part), join(copy, part), { recursive: true, verbatimSymlinks: true });
    }
    execFileSync("chmod", ["-R", "go+rX", copy]);
    return copy;
  }

  /** Where the first run of a module keeps what it was compiled to. */
  compiled(): string {
    const directory = join(this.directory, "compiled");
    mkdirSync(directory, { recursive: true });
    return directory;
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
    else await this.#copyReal(real, path);
  }

  /** The stand-in has models from the start; a real one is given one, which `installOllama` puts in place. */
  async #copyReal(real: string, path: string): Promise<void> {
    copyFileSync(real, path);
    const served = await startReal(path, join(this.directory, "real-home"));
    if (served === null) throw new Error(`lab: ${real} does not listen`);
    await makeTinyModel(served.port, "llama3.2:3b");
    await served.end();
  }
}
