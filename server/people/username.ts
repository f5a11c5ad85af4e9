// Usernames: they become the localpart of a Matrix user id and never change. Pure.

/** Matrix appendix 4.2.1 allows 255 bytes for the whole user id; this leaves room for the server's name. */
const MAX_LENGTH = 64

/**
 * Whether a username may be given out: the grammar of new Matrix localparts (lower case), without the leading underscore and the
 * all-digit names that Synapse keeps for itself.
 */
export function isUsername(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[a-z0-9.=\-/+][a-z0-9._=\-/+]*$/.test(text) && !/^[0-9]+$/.test(text)
}

/** A name for people to read, or null when it is empty, too long, or holds control or direction-changing characters. */
export function displayNameFrom(text: string): string | null {
  const name = text.trim().normalize('NFC')
  const length = [...name].length
  if (length === 0 || length > 100 || /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(name)) return null
  return name
}
