// How many requests of one kind a device may have under way: what each costs the homeserver and this process is large, and a
// stolen session must not be able to take all of it.

/** Takes a turn, or null when the device has all of its turns taken. The returned function gives it back, once. */
export type TakeTurn = (device: string) => (() => void) | null

/** Turns of every device, `atOnce` each. */
export function turns(atOnce: number): TakeTurn {
  const taken = new Map<string, number>()
  return (device) => {
    const now = taken.get(device) ?? 0
    if (now >= atOnce) return null
    taken.set(device, now + 1)
    let given = false
    return () => {
      if (given) return
      given = true
      const left = (taken.get(device) ?? 1) - 1
      if (left === 0) taken.delete(device)
      else taken.set(device, left)
    }
  }
}
