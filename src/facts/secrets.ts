/** What may be a credential, wherever it stands, and how a text is kept without it. */

/** Stands where a word was dropped. */
export const DROPPED = "[dropped]";

/** A word that makes a flag, variable or header a credential's; `--max-tokens` and `--tokenizer` are none. */
const SECRET_NAME: RegExp =
  /(?:^|[-_.])(?:api[-_]?keys?|access[-_]?key|secret[-_]?key|private[-_]?key|master[-_]?key|auth[-_]?key|token|auth|authorization|bearer|password|passwd|passphrase|pass|pwd|secret|secrets|credentials?|cookie)$|^-*key$/i;
const SECRET_SHAPE: RegExp = /\b(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|nvapi-|AKIA)[\w-]{12,}/g;

/** A word, or a whole script handed to a shell as one word, without the credentials in it. */
export function withoutSecrets(word: string): string {
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

/** Longest value of a setting that is kept; a longer one is cut, as no server takes it. */
const VALUE_LIMIT = 4_096;
const TEXT_LIMIT = 2 * VALUE_LIMIT;
/** As Go's `url.Redacted` has it: a word that could be a name, so that nothing is said of it that is not so. */
const MASK = "xxxxx";

/**
 * The value of a known setting without the credentials people put into it: user information of an address
 * (`http://me:secret@0.0.0.0:11434` becomes `http://xxxxx:xxxxx@0.0.0.0:11434`), other variables that ended up in the
 * same value, words of a comment. What the rules for listen addresses and origins look at stays where it was: the
 * scheme, every `:`, `/`, `[`, `]`, `,`, `*`, `@` and `#`, so that a masked value is judged as the real one is. The
 * price: of two values that differ in a credential alone nobody can tell that they differ.
 */
export function maskValue(value: string): string {
  const cut = value.slice(0, VALUE_LIMIT);
  const at = /^["'\s]*[/~.]/.test(cut) ? -1 : cut.lastIndexOf("@"); // a path may hold an @
  const masked = at < 0 ? cut : maskUserInformation(cut.slice(0, at)) + cut.slice(at);
  return masked
    .replace(/(\s)([A-Za-z_]\w{0,63})=\S+/g, `$1$2=${MASK}`)
    .replace(/(\s#)(.*)$/s, (_whole, mark: string, comment: string) => mark + comment.replaceAll(/\S+/g, MASK))
    .replace(/([?&][\w.-]{1,64})=[^\s&,]+/g, `$1=${MASK}`)
    .replace(SECRET_SHAPE, MASK);
}

function maskUserInformation(text: string): string {
  return text.replace(/(?<=^|[,;\s"'])https?:\/\/|[^:/[\],;\s"'*]+/gi, (part) => (part.endsWith("://") ? part : MASK));
}

/** A setting with its value. */
interface Named {
  readonly name: string;
  readonly value: string;
}

/**
 * The text of a line that sets these values, with each of them masked. Where a value is not written as it is read,
 * for the line has quotes or escapes in it, the line is written anew.
 */
export function maskText(text: string, settings: readonly Named[], key: string = ""): string {
  const secret = settings.filter(({ value }) => maskValue(value) !== value);
  const masked = secret.every(({ value }) => text.includes(value))
    ? secret.reduce((left, { value }) => left.replaceAll(value, () => maskValue(value)), text)
    : key + settings.map(({ name, value }) => `${name}=${maskValue(value)}`).join(" ");
  return masked.slice(0, TEXT_LIMIT);
}
