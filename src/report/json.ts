/** Characters outside ASCII that would change how the document looks where it is shown. */
const INVISIBLE = /[\x7f-\x9f]|[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A document as JSON text with a newline at its end. Control, bidi and invisible characters are escaped, so
 * that hostile text in it is inert in a terminal and in a log; a parser reads back the same values.
 */
export function toJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2).replaceAll(INVISIBLE, toEscape)}\n`;
}

function toEscape(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
