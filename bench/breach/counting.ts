// What a thief has in hand: every history event of every body, counted from the bytes received and from nothing else.

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
  /** Ids of history events, each once. */
  readonly ids = new Set<string>()
  /** History events, also those that came more than once. */
  total = 0

  /** Counts every event in a parsed body, nested ones included; `isState`: the body is a room's state. Returns the new ones. */
  take(body: unknown, nowMs: number, isState = false): number {
    const before = this.ids.size
    this.#walk(body, isState, nowMs)
    return this.ids.size - before
  }

  #walk(value: unknown, isState: boolean, nowMs: number): void {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) {
      for (const item of value) this.#walk(item, isState, nowMs)
      return
    }
    const fields = value as Record<string, unknown>
    const { event_id: id, origin_server_ts: ts, type } = fields
    if (typeof id === 'string' && typeof type === 'string' && !(isState && 'state_key' in fields)) {
      if (typeof ts !== 'number' || ts < nowMs - LIVE_WINDOW_MS) {
        this.ids.add(id)
        this.total++
      }
    }
    for (const [key, item] of Object.entries(fields)) this.#walk(item, isState || STATE_SECTIONS.has(key), nowMs)
  }
}
