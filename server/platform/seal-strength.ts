// Whether a configured secret can carry what is derived from it. A generated one always can; this catches the rest.

const SHORTEST = 32
// `openssl rand -hex 16` has 128 bits and some 13 distinct characters; words and repetitions have far less a character.
const FEWEST_BITS = 80

/** What is wrong with a secret, in words for the operator, or null. Never repeats the secret. */
export function secretWeakness(secret: string): string | null {
  if (secret.length < SHORTEST) return `it has ${secret.length} characters and needs ${SHORTEST}`
  if (/^(.{1,16})\1+$/s.test(secret)) return 'it repeats itself'
  if (/change.?me|example|password/i.test(secret)) return 'it looks like an example'
  if (bitsOf(secret) < FEWEST_BITS) return 'it uses too few different characters'
  return null
}

/** An upper bound on the entropy of a text whose characters were drawn independently: Shannon's, times its length. */
function bitsOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bitsEach = 0
  for (const count of counts.values()) bitsEach -= (count / text.length) * Math.log2(count / text.length)
  return bitsEach * text.length
}
