// What a database keeps of text: no NUL, and no half of a surrogate pair. Asked for either, Postgres fails where a caller is to blame.

/** Whether every text in a JSON value, names of members too, can be kept. However deep it is. */
export function isStorable(value: unknown): boolean {
  const left: unknown[] = [value]
  while (left.length > 0) {
    const one = left.pop()
    if (typeof one === 'string') {
      if (one.includes('\0') || !one.isWellFormed()) return false
    } else if (Array.isArray(one)) {
      for (const inner of one) left.push(inner)
    } else if (typeof one === 'object' && one !== null) {
      for (const [name, inner] of Object.entries(one)) left.push(name, inner)
    }
  }
  return true
}

/** Whether Postgres reads an instant as JavaScript writes it: years of four figures, of which 0000 is none. */
export function isStorableInstant(instant: string | Date): boolean {
  const at = new Date(instant)
  return !Number.isNaN(at.getTime()) && at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999
}
