import { isKeyName } from "./key-name.ts";

/** A line of an htpasswd file. */
export type HtpasswdLine =
  | { readonly kind: "user"; readonly line: number; readonly name: string; readonly hash: string }
  | { readonly kind: "refused"; readonly line: number; readonly why: "no-bcrypt" | "no-user" | "too-slow" };

/** bcryptjs takes 1.6 s for cost 14, and twice that for each step more. */
const HIGHEST_COST = 14;

/** Reads `user:$2y$10$…` line by line; empty lines and comments are left out. Nothing of a refused line is told. */
export function readHtpasswd(text: string): readonly HtpasswdLine[] {
  return text.split(/\r?\n/).flatMap((content, index): HtpasswdLine[] => {
    const line = index + 1;
    if (content.trim() === "" || content.startsWith("#")) return [];
    const [, name = "", hash = ""] = /^([^:]*):([^:]*)/.exec(content.trim()) ?? [];
    if (!isKeyName(name)) return [{ kind: "refused", line, why: "no-user" }];
    const cost = /^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$/.exec(hash)?.[1];
    if (cost === undefined || Number(cost) < 4) return [{ kind: "refused", line, why: "no-bcrypt" }];
    if (Number(cost) > HIGHEST_COST) return [{ kind: "refused", line, why: "too-slow" }];
    return [{ kind: "user", line, name, hash }];
  });
}
