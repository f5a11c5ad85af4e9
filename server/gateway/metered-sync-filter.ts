// What a classic /sync's filter does to the timelines: whether an event's age and id are hidden, and whether it chooses which
// event of a room is the newest, as the list of ignored people does. A stored filter never changes: it is fetched when it
// matters, and remembered.
import type { IgnoredChanges } from '../metering/port.ts'
import { parseBody } from '../metering/scanner/reference.ts'
import { type Fields, isFields } from '../metering/sync-units.ts'
import type { MeteredRequest, UpstreamAnswer } from './metered-port.ts'

/** Stored filters by who stored them. */
export interface StoredFilters {
  /** Whether the filter of that id shows every room's own newest event; false when it cannot be had. */
  showNewest(request: MeteredRequest, id: string): Promise<boolean>
}

/** Filters remembered at once: the oldest go first. */
const REMEMBERED = 10_000
/** The longest id that is remembered: a homeserver may take any number of spellings of one. */
const LONGEST_ID = 20

/** Remembers what was found out, not the filters: those are as large as whoever stores them likes. */
export function storedFilters(): StoredFilters {
  const known = new Map<string, boolean>()
  return {
    async showNewest(request, id) {
      const user = request.caller.userId
      const key = `${user} ${id}`
      const remembered = known.get(key)
      if (remembered !== undefined) return remembered
      const target = `/_matrix/client/v3/user/${encodeURIComponent(user)}/filter/${encodeURIComponent(id)}`
      const answer = await request.send({ method: 'GET', target, timeoutMs: 10_000 })
      const filter = answer.ok && answer.status === 200 ? parseBody(answer.body) : null
      if (!isFields(filter)) return false
      const shows = isHarmless(filter)
      if (id.length > LONGEST_ID) return shows
      known.set(key, shows)
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED) break
        known.delete(oldest)
      }
      return shows
    },
  }
}

/**
 * The field that an inline filter's `event_fields` hides from counting, or null. A stored filter that does so is counted as it
 * comes: its events without integer time are history, those without id are charged each time.
 */
export function hiddenField(filter: string | null): string | null {
  const fields = inline(filter)?.['event_fields']
  if (!Array.isArray(fields) || fields.length === 0) return null
  return ['origin_server_ts', 'event_id'].find((name) => !fields.includes(name)) ?? null
}

/** The account data that lists whom an account ignores. */
export const IGNORED_USERS = 'm.ignored_user_list'

/**
 * Whether nobody's events are left out because the account ignores them: such a list chooses by sender, as a filter does, and may
 * be another each time. It is empty now, and was not changed while the answer may have been made.
 */
export async function ignoresNobody(
  request: MeteredRequest,
  changes: Pick<IgnoredChanges, 'lately'>,
): Promise<boolean> {
  const { userId } = request.caller
  const target = `/_matrix/client/v3/user/${encodeURIComponent(userId)}/account_data/${IGNORED_USERS}`
  const answer = await request.send({ method: 'GET', target, timeoutMs: 10_000 })
  if (!answer.ok || !(isEmptyList(answer) || answer.status === 404)) return false
  // Asked for afterwards: who empties the list is written down before the homeserver hears of it.
  return !(await changes.lately(userId).catch(() => true))
}

function isEmptyList({ status, body }: Pick<UpstreamAnswer, 'status' | 'body'>): boolean {
  const list = status === 200 ? parseBody(body) : null
  if (!isFields(list)) return false
  const ignored = list['ignored_users'] ?? {}
  return isFields(ignored) && Object.keys(ignored).length === 0
}

/** Parts of a timeline's filter that choose rooms, how many events come, or what comes beside them. */
const HARMLESS: ReadonlySet<string> = new Set([
  'limit',
  'rooms',
  'not_rooms',
  'lazy_load_members',
  'include_redundant_members',
  'unread_thread_notifications',
  'org.matrix.msc3773.unread_thread_notifications',
])

/**
 * Whether the newest event of a timeline is the room's own newest: the filter leaves none out by what it is or who sent it.
 * One that cannot be read may.
 */
export async function showsNewest(
  filters: StoredFilters,
  request: MeteredRequest,
  filter: string | null,
): Promise<boolean> {
  if (filter === null) return true
  if (!filter.trimStart().startsWith('{')) return filters.showNewest(request, filter)
  const fields = inline(filter)
  return fields !== null && isHarmless(fields)
}

function isHarmless({ room = {} }: Fields): boolean {
  if (!isFields(room)) return false
  const { timeline = {} } = room
  return isFields(timeline) && Object.keys(timeline).every((key) => HARMLESS.has(key))
}

function inline(filter: string | null): Fields | null {
  if (filter === null || !filter.trimStart().startsWith('{')) return null
  try {
    const fields: unknown = JSON.parse(filter)
    return isFields(fields) ? fields : null
  } catch {
    return null
  }
}
