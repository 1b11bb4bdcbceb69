import { createHmac, createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { createFile, readSafeFile } from "./safe-files.ts";
import { StoreError } from "./store-error.ts";

/** Keys that are made of the pepper, one for each use. The pepper lies beside the store and never in it. */
export interface Pepper {
  /** Keys the hashes of secrets. A key object, for every request is hashed with it: bytes are made into one each time. */
  readonly secretKey: KeyObject;
  /** Keys the chain of the audit log. */
  readonly chainKey: Uint8Array;
  /** Tells in the store which pepper its hashes were made with. */
  readonly check: string;
}

/**
 * The pepper of a file; with `mayCreate` one is made where there is none, once however many do so at the same time.
 * Rejects with a `StoreError` where others can read the file, or it holds none.
 */
export async function readPepper(file: string, mayCreate: boolean): Promise<Pepper> {
  if (mayCreate) await createFile(file, `${randomBytes(32).toString("hex")}\n`);
  const text = (await readSafeFile(file)).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new StoreError("damaged", file, "not 64 hexadecimal digits");
  return toPepper(Buffer.from(text, "hex"));
}

/** Where the pepper of a data folder lies. */
export function toPepperFile(folder: string): string {
  return join(folder, "pepper");
}

/** From 32 random bytes. */
export function toPepper(bytes: Uint8Array): Pepper {
  const derive = (use: string): Buffer => createHmac("sha256", bytes).update(`portlock ${use}`).digest();
  return {
    secretKey: createSecretKey(derive("secrets")),
    chainKey: derive("audit"),
    check: derive("check").toString("hex"),
  };
}
