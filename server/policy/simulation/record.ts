// Recorded traffic: one line of a log to what the simulator plays. docs/reference/decision-lines.md has the fields.

/** What a line says was read, or would have been, and by whom. */
export interface TrafficRecord {
  /** Epoch milliseconds. */
  readonly atMs: number
  readonly kind: 'read' | 'sign-in'
  readonly person: string
  readonly device: string
  readonly network: string
  readonly groups: readonly string[]
  readonly route: string
  /** Pseudonyms. */
  readonly rooms: readonly string[]
  /** Units by stream (server/metering/port.ts). */
  readonly units: Readonly<Record<string, number>>
  /** Withheld when it was recorded: clients ask again and again for the same. */
  readonly withheld: boolean
}

/** Why a line is not recorded traffic: another event of the log, or not a line of it at all. */
export type Unread = 'other-event' | 'malformed'

/** The longest line that is looked at. */
const LINE_CHARACTERS = 100_000

/** One line of a log. Empty lines are other events. */
export function trafficRecord(line: string): TrafficRecord | Unread {
  if (line.trim() === '') return 'other-event'
  if (line.length > LINE_CHARACTERS) return 'malformed'
  let fields: Record<string, unknown>
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'malformed'
    fields = parsed as Record<string, unknown>
  } catch {
    return 'malformed'
  }
  if (typeof fields['event'] !== 'string') return 'malformed'
  const isSignIn = fields['event'] === 'login.done'
  if (!isSignIn && fields['event'] !== 'metering.decision') return 'other-event'
  const { time, person, device, network } = fields
  const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  if (Number.isNaN(atMs) || !isName(person) || !isName(device)) return 'malformed'
  const units = isSignIn ? {} : unitsOf(fields)
  if (units === null) return 'malformed'
  return {
    atMs,
    kind: isSignIn ? 'sign-in' : 'read',
    person,
    device,
    network: isName(network) ? network : '',
    groups: texts(fields['groups']),
    route: isName(fields['route']) ? fields['route'] : '',
    rooms: texts(fields['rooms']),
    units,
    withheld: fields['decision'] === 'withheld',
  }
}

// `units` of a line; of one written before there were any, what its answer carried or was asked for, as archive.
function unitsOf({ units, history, asked }: Record<string, unknown>): Record<string, number> | null {
  if (units === undefined || units === null) {
    const events = history ?? asked ?? 0
    if (!isCount(events)) return null
    return events === 0 ? {} : { archive: events }
  }
  if (!Array.isArray(units)) return null
  const read: Record<string, number> = {}
  for (const entry of units) {
    const match = typeof entry === 'string' ? /^([a-z-]{1,32})=(\d{1,15})$/.exec(entry) : null
    if (!match?.[1]) return null
    read[match[1]] = (read[match[1]] ?? 0) + Number(match[2])
  }
  return read
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 1_000
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
