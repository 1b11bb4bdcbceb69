import { isKeyId } from "./key-text.ts";

/**
 * A name is up to 64 letters and digits of any script and `._@+-`: it stands in logs, labels and command lines as it is,
 * and is the user of basic authentication, which can hold no colon. What looks like an id is none.
 */
export function isKeyName(text: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._@+-]{0,63}$/u.test(text) && text === text.normalize("NFC") && !isKeyId(text);
}
