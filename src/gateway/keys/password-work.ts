/**
 * Compares passwords with bcrypt hashes in a thread of its own, one after another: bcryptjs computes in JavaScript, and
 * a comparison of cost 10 takes 0.1 s in which the thread that streams answers could do nothing else. This file is both
 * the door to the thread and what runs in it.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const MARK = "portlock-password-work";

interface Question {
  readonly number: number;
  readonly password: string;
  readonly hash: string;
}

/** A thread that compares. */
export class PasswordThread {
  readonly #waiting = new Map<number, { resolve(isSame: boolean): void; reject(why: Error): void }>();
  #worker: Worker | null = null;
  #asked = 0;

  /** Comparisons that were asked for and are not answered yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** True where the hash is that of the password. Rejects where the thread has died. */
  compare(password: string, hash: string): Promise<boolean> {
    this.#worker ??= this.#start();
    this.#asked += 1;
    const number = this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.set(number, { resolve, reject });
    this.#worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage({ number, password, hash } satisfies Question);
    return promise;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL(import.meta.url), { workerData: MARK });
    worker.on("message", ({ number, isSame }: { readonly number: number; readonly isSame: boolean }) => {
      this.#waiting.get(number)?.resolve(isSame);
      this.#waiting.delete(number);
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on("error", (error) => this.#end(worker, error));
    worker.on("exit", () => this.#end(worker, new Error("the thread has ended")));
    return worker;
  }

  #end(worker: Worker, why: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const each of this.#waiting.values()) each.reject(why);
    this.#waiting.clear();
  }
}

if (!isMainThread && workerData === MARK) {
  // Only here: the thread that serves needs nothing of it.
  const { compareSync } = await import("bcryptjs");
  parentPort?.on("message", ({ number, password, hash }: Question) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ number, isSame: compareSync(password, hash) });
  });
}
