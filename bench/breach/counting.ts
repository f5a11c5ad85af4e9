// What a thief has in hand: every history event of every body, counted from the bytes received and from nothing else.

export type Meter = 'archive' | 'catch-up'

/** Events older than this are history (server/policy/defaults.ts). */
const LIVE_WINDOW_MS = 600_000
/** Sections whose members with a state key are state, not messages. */
const STATE_SECTIONS = new Set([
  'state',
  'state_after',
  'org.matrix.msc4222.state_after',
  'invite_state',
  'knock_state',
])

export class Loot {
  /** Ids of history events, each once, by the meter that gave it first. */
  readonly ids: Readonly<Record<Meter, Set<string>>> = { archive: new Set(), 'catch-up': new Set() }
  /** History events, also those that came more than once. */
  total = 0

  /**
   * Counts every event in a parsed body, nested ones included; `isState`: the body is a room's state. `coveredUntilMs`: the body is what
   * came since a position that was delivered then, so that what is newer is catch-up. Returns how many are new.
   */
  take(body: unknown, nowMs: number, isState = false, coveredUntilMs = Number.POSITIVE_INFINITY): number {
    const before = this.size
    this.#walk(body, isState, nowMs, coveredUntilMs)
    return this.size - before
  }

  /** Distinct history events of all meters. */
  get size(): number {
    return this.ids.archive.size + this.ids['catch-up'].size
  }

  #walk(value: unknown, isState: boolean, nowMs: number, coveredUntilMs: number): void {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) {
      for (const item of value) this.#walk(item, isState, nowMs, coveredUntilMs)
      return
    }
    const fields = value as Record<string, unknown>
    const { event_id: id, origin_server_ts: ts, type } = fields
    if (typeof id === 'string' && typeof type === 'string' && !(isState && 'state_key' in fields)) {
      if (typeof ts !== 'number' || ts < nowMs - LIVE_WINDOW_MS) {
        const [meter, other] =
          typeof ts === 'number' && ts > coveredUntilMs
            ? (['catch-up', 'archive'] as const)
            : (['archive', 'catch-up'] as const)
        if (!this.ids[other].has(id)) this.ids[meter].add(id)
        this.total++
      }
    }
    for (const [key, item] of Object.entries(fields))
      this.#walk(item, isState || STATE_SECTIONS.has(key), nowMs, coveredUntilMs)
  }
}
