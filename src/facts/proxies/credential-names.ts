/** Headers that anybody fills as he likes, and nobody takes for a credential. */
const PLAIN =
  /^(?:host|origin|referer|user-agent|upgrade|connection|accept(?:-.*)?|content-.*|transfer-encoding|x-forwarded-.*|forwarded|x-real-ip|x-original-.*|x-requested-with|access-control-.*|sec-.*|range|if-.*|cf-.*|via|te|dnt|expect|cache-control|pragma|date)$/i;

/** Whether a header compared with a value may be a key: every one but those whose meaning is another. */
export function isCredentialHeader(name: string): boolean {
  return !PLAIN.test(name);
}

const MOST_QUANTIFIERS = 6;
/** Where something repeated is repeated, each further character may double the time. */
const LONGEST = { plain: 24, nested: 16 };

/**
 * Whether a short text matches an expression of another program's library. Null where that cannot be told: it is
 * none for JavaScript, or may take long.
 */
export function matchesPattern(pattern: string, text: string, ignoresCase: boolean = false): boolean | null {
  const plain = pattern.replaceAll(/\\.|\[(?:\\.|[^\]])*\]|\(\?/g, "x");
  const quantifiers = plain.match(/[*+?{]/g)?.length ?? 0;
  const repeats = /\{\d{2,}|\{\d,\d{2,}/.test(pattern);
  const longest = /\)[*+?{]/.test(plain) ? LONGEST.nested : LONGEST.plain;
  if (quantifiers > MOST_QUANTIFIERS || repeats || text.length > longest) return null;
  try {
    return new RegExp(pattern, ignoresCase ? "i" : "").test(text);
  } catch {
    return null;
  }
}

/** No key is this one: what lets it in asks for any. */
export const WRONG_CREDENTIAL: string = "Bearer a";
