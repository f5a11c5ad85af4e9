// How many requests of one kind a device or a person may have under way: what each costs the homeserver and this process is large, and a
// stolen session must not be able to take all of it.

/** Takes a turn, or null when whoever it is for has all of theirs taken. The returned function gives it back, once. */
export type TakeTurn = (whose: string) => (() => void) | null

/** Turns of every device or person, `atOnce` each. */
export function turns(atOnce: number): TakeTurn {
  const taken = new Map<string, number>()
  return (whose) => {
    const now = taken.get(whose) ?? 0
    if (now >= atOnce) return null
    taken.set(whose, now + 1)
    let given = false
    return () => {
      if (given) return
      given = true
      const left = (taken.get(whose) ?? 1) - 1
      if (left === 0) taken.delete(whose)
      else taken.set(whose, left)
    }
  }
}
