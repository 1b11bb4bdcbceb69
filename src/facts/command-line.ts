const ARGUMENT_LIMIT = 64;
const LENGTH_LIMIT = 4_096;

/** Stands where a value was dropped. */
export const DROPPED = "[dropped]";

/** A word that makes a flag, variable or header a credential's; `--max-tokens` and `--tokenizer` are none. */
const SECRET_NAME: RegExp =
  /(?:^|[-_.])(?:api[-_]?keys?|access[-_]?key|secret[-_]?key|private[-_]?key|master[-_]?key|auth[-_]?key|token|auth|authorization|bearer|password|passwd|passphrase|pass|pwd|secret|secrets|credentials?|cookie)$|^-*key$/i;
const SECRET_SHAPE: RegExp = /\b(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|nvapi-|AKIA)[\w-]{12,}/g;

/**
 * Reads /proc/PID/cmdline (proc_pid_cmdline(5)): words ended by NUL. Values of credentials are dropped while
 * reading: after a credential's flag, in `NAME=value`, in a URL's user information or query, in a header,
 * and wherever a word has the shape of a well-known key. At most 64 words of 4,096 characters each.
 */
export function parseCommandLine(text: string): readonly string[] {
  const words = text.split("\0", ARGUMENT_LIMIT + 1);
  if (words.at(-1) === "") words.pop();
  let secretComes = false;
  return words.slice(0, ARGUMENT_LIMIT).map((word) => {
    const drop = secretComes && !word.startsWith("--");
    secretComes = word.startsWith("-") && SECRET_NAME.test(word);
    return drop ? DROPPED : withoutSecrets(word.slice(0, LENGTH_LIMIT));
  });
}

/** A word, or a whole script handed to a shell as one word, without the credentials in it. */
function withoutSecrets(word: string): string {
  return word
    .replace(/([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/@]{1,512}@/gi, `$1${DROPPED}@`)
    .replace(/([\w.-]{1,64})=("[^"]*"|'[^']*'|[^\s&]+)/g, (whole: string, name: string) =>
      SECRET_NAME.test(name) ? `${name}=${DROPPED}` : whole,
    )
    .replace(
      /(?<=^|\s)(--?[\w.-]{1,64})(\s+)("[^"]*"|'[^']*'|[^\s-]\S*)/g,
      (whole: string, flag: string, gap: string) => (SECRET_NAME.test(flag) ? `${flag}${gap}${DROPPED}` : whole),
    )
    .replace(/\b((?:proxy-)?authorization|x-api-key|api-key|cookie)(\s*:\s*).*/gi, `$1$2${DROPPED}`)
    .replace(SECRET_SHAPE, DROPPED);
}
