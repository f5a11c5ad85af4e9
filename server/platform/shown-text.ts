// Text that other people chose (names of rooms and devices, a client's name for itself), made fit to stand in a prompt.

/** Marks on one letter: enough for any script, too few to climb over the lines around. */
const MARKS_AT_MOST = 3

/**
 * At most `limit` code points on one line, or null when nothing visible is left: control, formatting (direction overrides
 * included) and private characters and halves of surrogate pairs are gone, white space is single spaces. The joiners that
 * Arabic, Indic scripts and emoji need (U+200C, U+200D) stay. What was cut ends with an ellipsis.
 */
export function shownText(text: string, limit: number): string | null {
  const line = text
    // So long a name is cut before it costs anything; a code point is at most two units.
    .slice(0, limit * 16)
    .replace(/\s+/gu, ' ')
    .replace(/(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '')
    .replace(new RegExp(`(\\p{M}{${MARKS_AT_MOST}})\\p{M}+`, 'gu'), '$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(line)) return null
  const points = [...line]
  return points.length <= limit
    ? line
    : `${points
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`
}
