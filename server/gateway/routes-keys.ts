// Routes on keys of encryption: what opens past messages, and what does not.
import type { Row } from './routes.ts'
import { read, write } from './routes-passed.ts'

const WHOLE_BACKUP = 'rooms.*.sessions.* opens every encrypted room at once: for a tap only, which says how many keys'
const ROOM_BACKUP = 'sessions.* opens a room at once: for a tap only, which says how many keys'
const ONE_KEY = 'the body is one key of the backup'
const BACKUP_READ = {
  methods: ['GET'],
  prefix: 'client',
  unit: 'sessions',
  treatment: 'metered',
  parameters: ['version'],
} as const
export const KEY_ROUTES: readonly Row[] = [
  { ...BACKUP_READ, id: 'room_keys.keys', pattern: 'room_keys/keys', reason: WHOLE_BACKUP },
  { ...BACKUP_READ, id: 'room_keys.keys.room', pattern: 'room_keys/keys/{roomId}', reason: ROOM_BACKUP },
  {
    ...BACKUP_READ,
    id: 'room_keys.keys.session',
    pattern: 'room_keys/keys/{roomId}/{sessionId*}',
    reason: ONE_KEY,
  },
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
  write('unstable.keys.claim', ['POST'], 'org.matrix.msc3983/keys/claim', 'client-unstable'),
  write('keys.signatures', ['POST'], 'keys/signatures/upload'),
  read('keys.changes', 'keys/changes'),
  write('sendToDevice', ['PUT'], 'sendToDevice/{eventType*}/{txnId*}'),
]
