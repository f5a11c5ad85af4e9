// Routes on rooms and on what rooms carry: history, state, memberships, directories, media, keys.
import type { Clamp, Row } from './routes.ts'

const limit = (byDefault: number, max: number): Clamp => ({ parameter: 'limit', default: byDefault, max })

const THREADS_REASON = 'chunk[] carries thread roots, events of any age'
const RELATIONS = {
  methods: ['GET'],
  unit: 'events',
  treatment: 'metered',
  reason: 'chunk[] carries events of any age',
  clamp: limit(5, 1000),
  parameters: ['limit', 'from', 'to', 'dir', 'recurse'],
} as const satisfies Partial<Row>

const METERED: readonly Row[] = [
  {
    id: 'rooms.messages', methods: ['GET'], prefix: 'client', pattern: 'rooms/{roomId}/messages',
    unit: 'events', treatment: 'metered', reason: 'chunk[] and state[] carry events of any age',
    clamp: limit(10, 1000), parameters: ['limit', 'from', 'to', 'dir', 'filter'],
  },
  {
    id: 'rooms.context', methods: ['GET'], prefix: 'client', pattern: 'rooms/{roomId}/context/{eventId*}',
    unit: 'events', treatment: 'metered', reason: 'events_before[], events_after[], event and state[] carry events of any age',
    clamp: limit(10, 1000), parameters: ['limit', 'filter'],
  },
  {
    id: 'rooms.event', methods: ['GET'], prefix: 'client', pattern: 'rooms/{roomId}/event/{eventId*}',
    unit: 'events', treatment: 'metered', reason: 'the body is one event of any age',
    parameters: ['fi.mau.msc2815.include_unredacted_content'],
  },
  {
    id: 'sync', methods: ['GET'], prefix: 'client', pattern: 'sync',
    unit: 'events', treatment: 'metered', longPoll: true,
    reason: 'timelines and state of every joined and left room; trimmed, not refused',
    parameters: [
      'since', 'filter', 'timeout', 'full_state', 'set_presence', 'use_state_after', 'org.matrix.msc4222.use_state_after',
    ],
  },
  { ...RELATIONS, id: 'rooms.relations', prefix: 'client-v1', pattern: 'rooms/{roomId}/relations/{eventId*}' },
  { ...RELATIONS, id: 'rooms.relations.type', prefix: 'client-v1', pattern: 'rooms/{roomId}/relations/{eventId*}/{relType*}' },
  {
    ...RELATIONS, id: 'rooms.relations.type.event', prefix: 'client-v1',
    pattern: 'rooms/{roomId}/relations/{eventId*}/{relType*}/{eventType*}',
  },
  { ...RELATIONS, id: 'unstable.relations', prefix: 'client-unstable', pattern: 'rooms/{roomId}/relations/{eventId*}' },
  {
    ...RELATIONS, id: 'unstable.relations.type', prefix: 'client-unstable',
    pattern: 'rooms/{roomId}/relations/{eventId*}/{relType*}',
  },
  {
    ...RELATIONS, id: 'unstable.relations.type.event', prefix: 'client-unstable',
    pattern: 'rooms/{roomId}/relations/{eventId*}/{relType*}/{eventType*}',
  },
  {
    id: 'rooms.threads', methods: ['GET'], prefix: 'client-v1', pattern: 'rooms/{roomId}/threads',
    unit: 'events', treatment: 'metered', reason: THREADS_REASON,
    clamp: limit(5, 1000), parameters: ['limit', 'from', 'include'],
  },
  {
    id: 'unstable.threads', methods: ['GET'], prefix: 'client-unstable', pattern: 'org.matrix.msc3856/rooms/{roomId}/threads',
    unit: 'events', treatment: 'metered', reason: THREADS_REASON,
    clamp: limit(5, 1000), parameters: ['limit', 'from', 'include'],
  },
]

/** Could carry history around the meter: refused until each has a counter of its own. */
const REFUSED_HISTORY: readonly Row[] = [
  {
    id: 'search', methods: ['POST'], prefix: 'client', pattern: 'search', unit: 'events', treatment: 'refused',
    reason: 'results carry events of any age from every room, with context around each', later: 'metered',
  },
  {
    id: 'initialSync', methods: ['GET'], prefix: 'client', pattern: 'initialSync', unit: 'events', treatment: 'refused',
    reason: 'deprecated: up to 1,000 events of every room in one answer',
  },
  {
    id: 'rooms.initialSync', methods: ['GET'], prefix: 'client', pattern: 'rooms/{roomId}/initialSync', unit: 'events',
    treatment: 'refused', reason: 'deprecated: messages and state of a room in one answer',
  },
  {
    id: 'events', methods: ['GET'], prefix: 'client', pattern: 'events', unit: 'events', treatment: 'refused',
    reason: 'deprecated long poll that carries events',
  },
  {
    id: 'events.one', methods: ['GET'], prefix: 'client', pattern: 'events/{eventId*}', unit: 'events', treatment: 'refused',
    reason: 'deprecated: one event of any age by its id',
  },
  {
    id: 'sync.sliding', methods: ['POST'], prefix: 'client-unstable', pattern: 'org.matrix.simplified_msc3575/sync',
    unit: 'events', treatment: 'refused', absent: true, reason: 'up to 1,000 events of every room in one answer', later: 'metered',
  },
  {
    id: 'sync.sliding.msc3575', methods: ['POST'], prefix: 'client-unstable', pattern: 'org.matrix.msc3575/sync',
    unit: 'events', treatment: 'refused', absent: true, reason: 'the first form of sliding sync: up to 1,000 events of every room',
  },
  {
    id: 'sync.sliding.v4', methods: ['POST'], prefix: 'root', pattern: '_matrix/client/v4/sync',
    unit: 'events', treatment: 'refused', absent: true, reason: 'up to 1,000 events of every room in one answer', later: 'metered',
  },
  {
    id: 'notifications', methods: ['GET'], prefix: 'client', pattern: 'notifications', unit: 'events', treatment: 'refused',
    reason: 'notifications[] carries up to 500 events of any age', later: 'metered',
  },
]

const MEMBERS_REASON = 'memberships and state are not history; each answer is bounded by the room'
const GET_STATE = { methods: ['GET'], prefix: 'client', unit: 'state', treatment: 'passed', reason: MEMBERS_REASON, later: 'metered' } as const
const WRITES = 'writes to the homeserver; the answer carries no history'
const write = (id: string, methods: Row['methods'], pattern: string, prefix: Row['prefix'] = 'client'): Row => ({
  id, methods, prefix, pattern, unit: null, treatment: 'passed', reason: WRITES,
})
const READS = 'a small answer about one thing that carries no history'
const read = (id: string, pattern: string, prefix: Row['prefix'] = 'client'): Row => ({
  id, methods: ['GET'], prefix, pattern, unit: null, treatment: 'passed', reason: READS,
})

const ROOMS: readonly Row[] = [
  { ...GET_STATE, id: 'rooms.members', pattern: 'rooms/{roomId}/members' },
  { ...GET_STATE, id: 'rooms.joined_members', pattern: 'rooms/{roomId}/joined_members' },
  { ...GET_STATE, id: 'rooms.state', pattern: 'rooms/{roomId}/state' },
  { ...GET_STATE, id: 'rooms.state.type', pattern: 'rooms/{roomId}/state/{eventType*}' },
  { ...GET_STATE, id: 'rooms.state.type.empty', pattern: 'rooms/{roomId}/state/{eventType*}/' },
  { ...GET_STATE, id: 'rooms.state.type.key', pattern: 'rooms/{roomId}/state/{eventType*}/{stateKey*}' },
  write('rooms.state.put', ['PUT'], 'rooms/{roomId}/state/{eventType*}'),
  write('rooms.state.put.empty', ['PUT'], 'rooms/{roomId}/state/{eventType*}/'),
  write('rooms.state.put.key', ['PUT'], 'rooms/{roomId}/state/{eventType*}/{stateKey*}'),
  write('rooms.send', ['POST'], 'rooms/{roomId}/send/{eventType*}'),
  write('rooms.send.txn', ['PUT'], 'rooms/{roomId}/send/{eventType*}/{txnId*}'),
  write('rooms.redact', ['POST'], 'rooms/{roomId}/redact/{eventId*}'),
  write('rooms.redact.txn', ['PUT'], 'rooms/{roomId}/redact/{eventId*}/{txnId*}'),
  write('rooms.invite', ['POST'], 'rooms/{roomId}/invite'),
  write('rooms.join', ['POST'], 'rooms/{roomId}/join'),
  write('join', ['POST'], 'join/{roomIdOrAlias*}'),
  write('knock', ['POST'], 'knock/{roomIdOrAlias*}'),
  write('rooms.leave', ['POST'], 'rooms/{roomId}/leave'),
  write('rooms.forget', ['POST'], 'rooms/{roomId}/forget'),
  write('rooms.kick', ['POST'], 'rooms/{roomId}/kick'),
  write('rooms.ban', ['POST'], 'rooms/{roomId}/ban'),
  write('rooms.unban', ['POST'], 'rooms/{roomId}/unban'),
  write('rooms.upgrade', ['POST'], 'rooms/{roomId}/upgrade'),
  write('rooms.typing', ['PUT'], 'rooms/{roomId}/typing/{userId*}'),
  write('rooms.receipt', ['POST'], 'rooms/{roomId}/receipt/{receiptType}/{eventId*}'),
  write('rooms.read_markers', ['POST'], 'rooms/{roomId}/read_markers'),
  write('rooms.report', ['POST'], 'rooms/{roomId}/report'),
  write('rooms.report.event', ['POST'], 'rooms/{roomId}/report/{eventId*}'),
  write('createRoom', ['POST'], 'createRoom'),
  read('joined_rooms', 'joined_rooms'),
  read('rooms.aliases', 'rooms/{roomId}/aliases'),
  read('rooms.timestamp_to_event', 'rooms/{roomId}/timestamp_to_event', 'client-v1'),
  read('unstable.timestamp_to_event', 'org.matrix.msc3030/rooms/{roomId}/timestamp_to_event', 'client-unstable'),
  read('room_summary', 'room_summary/{roomIdOrAlias*}', 'client-v1'),
  read('unstable.room_summary', 'im.nheko.summary/rooms/{roomIdOrAlias*}/summary', 'client-unstable'),
  read('unstable.summary', 'im.nheko.summary/summary/{roomIdOrAlias*}', 'client-unstable'),
  read('directory.room', 'directory/room/{roomAlias*}'),
  write('directory.room.write', ['PUT', 'DELETE'], 'directory/room/{roomAlias*}'),
  read('directory.list', 'directory/list/room/{roomId}'),
  write('directory.list.put', ['PUT'], 'directory/list/room/{roomId}'),
  write('unstable.delayed_events', ['POST'], 'org.matrix.msc4140/delayed_events/{delayId}', 'client-unstable'),
  write('unstable.delayed_events.action', ['POST'], 'org.matrix.msc4140/delayed_events/{delayId}/{action}', 'client-unstable'),
  read('unstable.delayed_events.list', 'org.matrix.msc4140/delayed_events', 'client-unstable'),
  {
    ...read('unstable.thread_subscription', 'io.element.msc4306/rooms/{roomId}/thread/{eventId*}/subscription', 'client-unstable'),
    methods: ['GET', 'PUT', 'DELETE'],
  },
]

const DIRECTORY = { prefix: 'client', unit: 'directory', treatment: 'passed', later: 'metered' } as const
const DIRECTORIES: readonly Row[] = [
  { ...DIRECTORY, id: 'publicRooms', methods: ['GET', 'POST'], pattern: 'publicRooms', reason: 'names of public rooms, no events' },
  { ...DIRECTORY, id: 'user_directory', methods: ['POST'], pattern: 'user_directory/search', reason: 'at most 50 people an answer' },
  { ...DIRECTORY, id: 'rooms.hierarchy', methods: ['GET'], prefix: 'client-v1', pattern: 'rooms/{roomId}/hierarchy', reason: 'rooms of a space, no events of their timelines' },
  { ...DIRECTORY, id: 'unstable.hierarchy', methods: ['GET'], prefix: 'client-unstable', pattern: 'org.matrix.msc2946/rooms/{roomId}/hierarchy', reason: 'rooms of a space, no events of their timelines' },
  { ...DIRECTORY, id: 'mutual_rooms', methods: ['GET'], prefix: 'client-v1', pattern: 'user/mutual_rooms', reason: 'room ids only' },
  { ...DIRECTORY, id: 'unstable.mutual_rooms', methods: ['GET'], prefix: 'client-unstable', pattern: 'uk.half-shot.msc2666/user/mutual_rooms', reason: 'room ids only' },
  { ...DIRECTORY, id: 'profile', methods: ['GET'], pattern: 'profile/{userId*}', reason: 'one profile an answer' },
  { ...DIRECTORY, id: 'profile.field', methods: ['GET'], pattern: 'profile/{userId*}/{field}', reason: 'one field of one profile' },
  { ...DIRECTORY, id: 'unstable.profile.field', methods: ['GET'], prefix: 'client-unstable', pattern: 'uk.tcpip.msc4133/profile/{userId*}/{field}', reason: 'one field of one profile' },
  { ...DIRECTORY, id: 'keys.query', methods: ['POST'], unit: 'device-keys', pattern: 'keys/query', reason: 'public keys of the devices of named people' },
  write('profile.put', ['PUT', 'DELETE'], 'profile/{userId*}/{field}'),
  write('unstable.profile.put', ['PUT', 'DELETE'], 'uk.tcpip.msc4133/profile/{userId*}/{field}', 'client-unstable'),
]

const MEDIA_REASON = 'bytes of one file, with the token that legacy downloads do not ask for'
const UPLOAD_BYTES = 100 * 1024 * 1024
const MEDIA_READ = { methods: ['GET'], prefix: 'client-v1', unit: 'media', treatment: 'passed', reason: MEDIA_REASON, later: 'metered' } as const
const LEGACY = {
  methods: ['GET'], prefix: 'media', unit: 'media', treatment: 'closed',
  reason: 'legacy media asks for no token: anyone with the id could read it unmetered',
} as const
const MEDIA: readonly Row[] = [
  { ...MEDIA_READ, id: 'media.download', pattern: 'media/download/{serverName}/{mediaId}' },
  { ...MEDIA_READ, id: 'media.download.name', pattern: 'media/download/{serverName}/{mediaId}/{fileName*}' },
  { ...MEDIA_READ, id: 'media.thumbnail', pattern: 'media/thumbnail/{serverName}/{mediaId}' },
  { ...MEDIA_READ, id: 'unstable.media.download', prefix: 'client-unstable', pattern: 'org.matrix.msc3916/media/download/{serverName}/{mediaId}' },
  { ...MEDIA_READ, id: 'unstable.media.download.name', prefix: 'client-unstable', pattern: 'org.matrix.msc3916/media/download/{serverName}/{mediaId}/{fileName*}' },
  { ...MEDIA_READ, id: 'unstable.media.thumbnail', prefix: 'client-unstable', pattern: 'org.matrix.msc3916/media/thumbnail/{serverName}/{mediaId}' },
  { ...MEDIA_READ, id: 'media.preview_url', pattern: 'media/preview_url', reason: 'a preview of a page elsewhere' },
  read('media.config', 'media/config', 'client-v1'),
  read('media.legacy.config', 'config', 'media'),
  { ...MEDIA_READ, id: 'media.legacy.preview_url', prefix: 'media', pattern: 'preview_url', reason: 'a preview of a page elsewhere; asks for a token' },
  { ...write('media.upload', ['POST'], 'upload', 'media'), maxBodyBytes: UPLOAD_BYTES },
  { ...write('media.upload.put', ['PUT'], 'upload/{serverName}/{mediaId}', 'media'), maxBodyBytes: UPLOAD_BYTES },
  write('media.create', ['POST'], 'create', 'media'),
  { ...LEGACY, id: 'media.legacy.download', pattern: 'download/{serverName}/{mediaId}' },
  { ...LEGACY, id: 'media.legacy.download.name', pattern: 'download/{serverName}/{mediaId}/{fileName*}' },
  { ...LEGACY, id: 'media.legacy.thumbnail', pattern: 'thumbnail/{serverName}/{mediaId}' },
]

const BACKUP_REASON = 'a backup download opens every encrypted room at once; needs a tap of its own'
const BACKUP_READ = { methods: ['GET'], prefix: 'client', unit: 'sessions', treatment: 'refused', reason: BACKUP_REASON, later: 'metered' } as const
const KEYS: readonly Row[] = [
  { ...BACKUP_READ, id: 'room_keys.keys', pattern: 'room_keys/keys' },
  { ...BACKUP_READ, id: 'room_keys.keys.room', pattern: 'room_keys/keys/{roomId}' },
  { ...BACKUP_READ, id: 'room_keys.keys.session', pattern: 'room_keys/keys/{roomId}/{sessionId*}' },
  write('room_keys.put', ['PUT', 'DELETE'], 'room_keys/keys'),
  write('room_keys.put.room', ['PUT', 'DELETE'], 'room_keys/keys/{roomId}'),
  write('room_keys.put.session', ['PUT', 'DELETE'], 'room_keys/keys/{roomId}/{sessionId*}'),
  read('room_keys.version', 'room_keys/version'),
  read('room_keys.version.one', 'room_keys/version/{version}'),
  write('room_keys.version.create', ['POST'], 'room_keys/version'),
  write('room_keys.version.write', ['PUT', 'DELETE'], 'room_keys/version/{version}'),
  write('keys.upload', ['POST'], 'keys/upload'),
  write('keys.upload.device', ['POST'], 'keys/upload/{deviceId*}'),
  write('keys.claim', ['POST'], 'keys/claim'),
  write('keys.signatures', ['POST'], 'keys/signatures/upload'),
  read('keys.changes', 'keys/changes'),
  write('sendToDevice', ['PUT'], 'sendToDevice/{eventType*}/{txnId*}'),
]

export const ROOM_ROUTES: readonly Row[] = [...METERED, ...REFUSED_HISTORY, ...ROOMS, ...DIRECTORIES, ...MEDIA, ...KEYS]
