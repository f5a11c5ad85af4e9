// What the sample homeserver holds: 876 rooms and 643,459 messages, made on demand from a seed, the size of the June 2026 theft.

export const ROOMS = 876
export const MESSAGES = 643_459

/** The newest generated message's time; fixed, so that every run tells the same story. */
const NEWEST_MS = Date.UTC(2026, 5, 1)
const MESSAGE_EVERY_MS = 40_000

export interface SampleEvent {
  readonly event_id: string
  readonly room_id: string
  readonly sender: string
  readonly type: string
  readonly state_key?: string
  readonly origin_server_ts: number
  readonly content: Readonly<Record<string, unknown>>
  readonly unsigned: Readonly<Record<string, unknown>>
}

/** A small deterministic mixer (splitmix32): the same numbers for the same inputs, on every machine. */
function mix(a: number, b: number): number {
  let x = (Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) + b) | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** Messages per room: a few busy rooms, a long tail, exactly `MESSAGES` in all. */
export const roomSizes: readonly number[] = (() => {
  const weights = Array.from({ length: ROOMS }, (_, room) => 1 / (room + 12) ** 0.8)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const sizes = weights.map((weight) => Math.floor((weight / total) * MESSAGES))
  let rest = MESSAGES - sizes.reduce((sum, size) => sum + size, 0)
  for (let room = 0; rest > 0; room = (room + 1) % ROOMS, rest--) sizes[room] = (sizes[room] ?? 0) + 1
  return sizes
})()

const SERVICES = ['Préfecture', 'Rectorat', 'Mairie', 'Direction', 'Cabinet', 'Bureau', 'Agence', 'Mission']
const TOPICS = [
  'budget',
  'paie',
  'marchés',
  'numérique',
  'ressources',
  'accueil',
  'logement',
  'transports',
  'crise',
  'archives',
]
/** Given and family names of the people in the rooms. */
export const GIVEN_NAMES = [
  'camille',
  'dominique',
  'claude',
  'lou',
  'sacha',
  'alix',
  'maxime',
  'noa',
  'charlie',
  'andrea',
]
export const FAMILIES = [
  'martin',
  'bernard',
  'petit',
  'robert',
  'richard',
  'durand',
  'moreau',
  'laurent',
  'simon',
  'michel',
]
const OPENINGS = [
  'Bonjour,',
  'Pour information :',
  'Rappel :',
  'Merci pour votre retour.',
  'Bien reçu.',
  'Question :',
  'Point du jour :',
]
const MIDDLES = [
  'le dossier est complet',
  'la réunion est avancée',
  'le document est en relecture',
  'la note est signée',
  'le calendrier change',
  'le service répond demain',
  'la convention est prête',
]
const ENDINGS = [
  'avant vendredi.',
  'pour le comité.',
  'dès ce matin.',
  'sous réserve de validation.',
  'avec le cabinet.',
  'pour tout le service.',
  'sauf avis contraire.',
]

const pick = (list: readonly string[], number: number): string => list[number % list.length] as string

export function roomId(room: number, serverName: string): string {
  return `!sample${room}:${serverName}`
}

/** The room's number, or null when it is not a room of the sample. */
export function roomNumber(id: string, serverName: string): number | null {
  const match = /^!sample(\d{1,3}):(.+)$/.exec(id)
  if (match === null || match[2] !== serverName) return null
  const room = Number(match[1])
  return room < ROOMS && String(room) === match[1] ? room : null
}

export function roomName(room: number): string {
  return `${pick(SERVICES, mix(room, 1))} ${pick(TOPICS, mix(room, 2))} ${room + 1}`
}

function eventId(room: number, index: number): string {
  return `$sample-${room}-${index}`
}

/** The room and place of a generated event, or null. */
export function placeOf(id: string): { room: number; index: number } | null {
  const match = /^\$sample-(\d{1,3})-(\d{1,6})$/.exec(id)
  if (match === null) return null
  const [room, index] = [Number(match[1]), Number(match[2])]
  return index < (roomSizes[room] ?? 0) ? { room, index } : null
}

/** The generated message at a place; the same at every asking. */
export function messageAt(room: number, index: number, serverName: string): SampleEvent {
  const draw = mix(room * 7919 + 3, index)
  const age = (roomSizes[room] as number) - 1 - index
  return {
    event_id: eventId(room, index),
    room_id: roomId(room, serverName),
    sender: `@${pick(GIVEN_NAMES, draw)}.${pick(FAMILIES, draw >>> 8)}:${serverName}`,
    type: 'm.room.message',
    origin_server_ts: NEWEST_MS - age * MESSAGE_EVERY_MS - (draw % 20_000),
    content: {
      msgtype: 'm.text',
      body: `${pick(OPENINGS, draw >>> 3)} ${pick(MIDDLES, draw >>> 11)} ${pick(ENDINGS, draw >>> 19)}`,
    },
    unsigned: {},
  }
}

/** The state a joined member sees of a room. */
export function stateOf(room: number, userId: string, serverName: string): SampleEvent[] {
  const creator = `@${pick(GIVEN_NAMES, mix(room, 5))}.${pick(FAMILIES, mix(room, 6))}:${serverName}`
  const at = NEWEST_MS - (roomSizes[room] as number) * MESSAGE_EVERY_MS - 60_000
  const state = (type: string, stateKey: string, sender: string, content: Record<string, unknown>): SampleEvent => ({
    event_id: `$sample-${room}-state-${type}-${stateKey.replace(/[^A-Za-z0-9]/g, '_')}`,
    room_id: roomId(room, serverName),
    sender,
    type,
    state_key: stateKey,
    origin_server_ts: at,
    content,
    unsigned: {},
  })
  return [
    state('m.room.create', '', creator, { room_version: '10', creator }),
    state('m.room.member', creator, creator, { membership: 'join', displayname: creator.slice(1).split(':')[0] }),
    state('m.room.power_levels', '', creator, { users: { [creator]: 100 }, users_default: 0, events_default: 0 }),
    state('m.room.join_rules', '', creator, { join_rule: 'invite' }),
    state('m.room.name', '', creator, { name: roomName(room) }),
    state('m.room.member', userId, userId, { membership: 'join', displayname: userId.slice(1).split(':')[0] }),
  ]
}
