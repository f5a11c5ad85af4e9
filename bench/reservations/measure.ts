// Durable reservations on one Postgres, measured in a process of its own, so that the database is its child and may use every
// CPU that it may. Usage: node measure.ts <people> <seconds> <runs>; prints pairs a second of each run as a JSON list.
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../db/client.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type { MeterStore } from '../../server/metering/port.ts'
import { defaultPolicy, type MeteringPolicy } from '../../server/policy/defaults.ts'
import { openBenchDatabase } from '../devices.ts'

const [PEOPLE = 1, SECONDS = 3, RUNS = 1] = process.argv.slice(2).map(Number)
/** Two gateways, and the requests that each has under way. */
const INSTANCES = 2
const AT_ONCE = 256
const DEVICES = 2_000
/** Messages of a page as clients scroll it. */
const EVENTS = 20
const OUT_OF_REACH = 1e12

const { archive } = defaultPolicy.windows
const policy: MeteringPolicy = {
  ...defaultPolicy,
  windows: { ...defaultPolicy.windows, archive: archive.map((window) => ({ ...window, limit: OUT_OF_REACH })) },
}

let pages = 0
let settled = 0
let stopping = false

/** One page: held for, and settled with twenty events that nobody was charged before. */
async function page(store: MeterStore): Promise<void> {
  const index = pages++
  const device = `dev_${String(index % DEVICES).padStart(22, '0')}`
  const spender = { serverName: 'bench.example', personId: `per_${String(index % PEOPLE).padStart(22, '0')}`, device }
  const request = { id: `rsv_${String(index).padStart(22, '0')}`, requestHash: String(index).padStart(43, '0') }
  const place = {
    network: '192.0.2.0/24',
    client: 'Mozilla/5.0 (X11; Linux x86_64) Element/1.12',
    direction: 'backward',
  }
  const asked = { ...place, room: '!room:bench.example', events: EVENTS, idle: false }
  const reserved = await store.reserve({ ...spender, ...request, ...asked })
  if (reserved.state !== 'granted') throw new Error(`a page was refused: ${reserved.reason}`)
  const hashes = Array.from({ length: EVENTS }, (_, event) => BigInt(index * EVENTS + event))
  const counted = { history: { hashes, bare: 0 }, live: 0, state: 0, limitUsed: EVENTS }
  const done = await store.settle({ ...spender, ...request, ...counted })
  if (done.state !== 'released' || done.cost !== EVENTS) throw new Error(`a page was not settled: ${done.state}`)
  settled++
}

async function reader(store: MeterStore): Promise<void> {
  while (!stopping) await page(store)
}

const database = await openBenchDatabase()
const handles = Array.from({ length: INSTANCES }, () => openDatabase(database.url, { max: 4 }))
const readers = handles.flatMap(({ db }) => {
  const store = meterStore(db, policy)
  return Array.from({ length: AT_ONCE }, () => reader(store))
})
// Each device has had its first page, which makes its meters.
while (settled < 2 * DEVICES) await sleep(100)
const rates: number[] = []
for (let run = 0; run < RUNS; run++) {
  const [before, startedMs] = [settled, performance.now()]
  await sleep(SECONDS * 1_000)
  rates.push((settled - before) / ((performance.now() - startedMs) / 1_000))
}
stopping = true
await Promise.all(readers)
await Promise.all(handles.map((handle) => handle.close()))
await database.stop()
process.stdout.write(JSON.stringify(rates))
