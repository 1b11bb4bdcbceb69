const DIMENSIONS = 768;

/** A vector of length one that depends on nothing but the text. */
export function embed(text: string): readonly number[] {
  let state = 2_166_136_261;
  for (const character of text) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  }
  const values = Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const length = Math.hypot(...values);
  return values.map((value) => Math.fround(value / length));
}
