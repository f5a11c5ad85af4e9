// Two pools, many workers, the last unit of each meter: one of them gets it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../db/client.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type { MeterStore, SpendRequest, Stream } from '../../server/metering/port.ts'
import { roomHash } from '../../server/metering/room.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { type AllowanceMeter, defaultPolicy } from '../../server/policy/defaults.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { PLAIN_SPENDING } from '../support/spending.ts'

const WORKERS = 32
const METERS = ['state', 'directory', 'media-bytes', 'media-files', 'key-backup', 'joins', 'catch-up'] as const
const PLACE = { network: '192.0.2.0/24', client: 'test', direction: 'media' }
let database: TestDatabase
let second: ReturnType<typeof openDatabase>
let stores: readonly [MeterStore, MeterStore]

beforeAll(async () => {
  database = await testDatabase()
  second = openDatabase(database.url)
  stores = [meterStore(database.db, defaultPolicy), meterStore(second.db, defaultPolicy)]
})
afterAll(async () => {
  await second.close()
  await database.drop()
})

const spending = (personId: string, over: Partial<SpendRequest>): SpendRequest => ({
  serverName: 'example.org',
  personId,
  device: `dev_${personId}`,
  streams: {},
  ...PLAIN_SPENDING,
  ...over,
})
const bare = (stream: Stream, units: number) => ({ [stream]: { hashes: [], bare: units } })

/** The same, by all at once, on both instances. */
const allAtOnce = (request: (worker: number) => SpendRequest) =>
  Promise.all(Array.from({ length: WORKERS }, (_, worker) => (stores[worker % 2] as MeterStore).spend(request(worker))))
const paid = (answers: readonly { readonly state: string }[]) => answers.filter(({ state }) => state === 'paid').length

function grant(personId: string, amounts: Partial<Record<AllowanceMeter, number>>) {
  return database.db.transaction((tx) =>
    meterStore(database.db, defaultPolicy).grantAllowance(tx, {
      ...PLACE,
      serverName: 'example.org',
      personId,
      device: `dev_${personId}`,
      id: newToken('allowance', systemRandom),
      approvalHash: newToken('approval', systemRandom),
      rooms: [],
      amounts,
      ttlSeconds: 3_600,
    }),
  )
}

describe('the last unit', () => {
  it.each(METERS)('of %s is for one of many', async (meter) => {
    const tightest = Math.min(...defaultPolicy.windows[meter].map(({ limit }) => limit))
    for (let round = 0; round < 10; round++) {
      const person = `${meter}-${round}`
      expect(await stores[0].spend(spending(person, { streams: bare(meter, tightest - 1) }))).toMatchObject({
        state: 'paid',
      })
      expect(paid(await allAtOnce(() => spending(person, { streams: bare(meter, 1) })))).toBe(1)
      const left = await stores[1].remaining('example.org', person)
      expect(left.filter((row) => row.meter === meter).every(({ used }) => used === tightest)).toBe(true)
    }
  })

  it('of two meters at once is paid of both or of neither', async () => {
    for (let round = 0; round < 10; round++) {
      const person = `both-${round}`
      const streams = { ...bare('media-files', 1), ...bare('media-bytes', 400_000_000) }
      // Five times the bytes fit, three hundred times the files.
      expect(paid(await allAtOnce(() => spending(person, { streams })))).toBe(5)
      const left = await stores[0].remaining('example.org', person)
      const used = (meter: string) => left.find((row) => row.meter === meter)?.used
      expect([used('media-files'), used('media-bytes')]).toEqual([5, 2_000_000_000])
    }
  })

  it('of an allowance is for one of many, whichever meter it is of', async () => {
    for (const meter of [
      'media-bytes',
      'media-files',
      'directory',
      'key-backup',
      'pushers',
      'joins',
      'state',
    ] as const) {
      const person = `allowed-${meter}`
      await grant(person, { [meter]: 5_000_000_003 })
      const request = () =>
        spending(person, { streams: bare(meter, 1_000_000_000), scope: { ...PLACE, room: null }, tapOnly: true })
      expect(paid(await allAtOnce(request))).toBe(5)
      expect(await stores[0].allowances('example.org', person)).toMatchObject([{ meter, used: 5_000_000_000 }])
    }
  })

  it('of the rooms is for one room, however many read it, and however it is read', async () => {
    const { limit } = defaultPolicy.rooms
    const before = Array.from({ length: limit - 1 }, (_, index) => roomHash(`!before${index}`))
    for (let round = 0; round < 10; round++) {
      const person = `rooms-${round}`
      await stores[0].spend(spending(person, { streams: { rooms: { hashes: before, bare: 0 } } }))
      const answers = await Promise.all(
        Array.from({ length: WORKERS }, async (_, worker) => {
          const room = `!new${worker % 8}`
          const store = stores[worker % 2] as MeterStore
          const hashes = [roomHash(room)]
          if (worker % 4 < 2) {
            const streams = { rooms: { hashes, bare: 0 }, ...bare('archive', 1) }
            return { room, state: (await store.spend(spending(person, { streams }))).state }
          }
          const { state } = await store.reserve({
            ...{ serverName: 'example.org', personId: person, device: `dev_${person}` },
            ...{ id: newToken('reservation', systemRandom), room, events: 1, idle: false },
            ...{ network: 'n', client: 'c', direction: 'backward', requestHash: `${worker}` },
          })
          return { room, state }
        }),
      )
      const read = new Set(
        answers.filter(({ state }) => state === 'paid' || state === 'granted').map(({ room }) => room),
      )
      expect(read.size).toBe(1)
      const left = await stores[1].remaining('example.org', person)
      expect(left.find(({ meter }) => meter === 'rooms')).toMatchObject({ used: limit, limit })
    }
  })
})

it('what is asked of a whole batch at once is granted to the event, and no event more', async () => {
  const limit = Math.min(...defaultPolicy.windows.archive.map((window) => window.limit))
  for (let round = 0; round < 20; round++) {
    const person = `batch-${round}`
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (stores[index % 2] as MeterStore).reserve({
          ...{ serverName: 'example.org', personId: person, device: `dev_${person}_${index % 7}` },
          ...{ id: newToken('reservation', systemRandom), room: `!${index % 5}`, events: 1 + ((index * round) % 30) },
          ...{ network: 'n', client: 'c', direction: 'backward', requestHash: `${index}`, idle: false },
        }),
      ),
    )
    const asked = Array.from({ length: 100 }, (_, index) => 1 + ((index * round) % 30)).reduce((sum, n) => sum + n, 0)
    const granted = answers.reduce((sum, answer) => sum + (answer.state === 'granted' ? answer.events : 0), 0)
    expect(granted).toBe(Math.min(limit, asked))
    const [archive] = await stores[0].remaining('example.org', person)
    expect(archive).toMatchObject({ used: 0, held: granted })
  }
})

it('text that Postgres cannot hold fails nobody else in the batch', async () => {
  const asked = (room: string) =>
    stores[0].reserve({
      ...{ serverName: 'example.org', personId: `odd-${room}`, device: 'dev_odd', room, events: 1, idle: false },
      ...{
        id: newToken('reservation', systemRandom),
        network: '"\\{},',
        client: '\0\ud800 NULL',
        direction: 'b',
        requestHash: 'h',
      },
    })
  const answers = await Promise.all(['!plain', '!with\0nul', '!half\ud800', '!"quoted\\', '!{a,b}', ''].map(asked))
  expect(answers.map(({ state }) => state)).toEqual(Array(6).fill('granted'))
})
