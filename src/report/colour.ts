export type Style = "bold" | "dim" | "red" | "yellow" | "green";

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
};

/** Puts a style on text, or leaves it as it is. Colour only repeats what the words already say. */
export type Paint = (style: Style, text: string) => string;

/** A paint that writes SGR codes, or one that writes nothing. */
export function toPaint(colour: boolean): Paint {
  return (style, text) => (colour ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text);
}
