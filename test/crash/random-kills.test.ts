// kill -9 at random moments of 200 metered requests of all kinds: whatever reached the client was charged, and what a tap released is
// spent once. `PALIER_TEST_SEED=<number>` plays a run again; a failure says which.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { type Answer, type Ask, ask, messages } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import { type Arrival, honest, json, oldEvents, page, type Rig } from '../support/rigged-homeserver.ts'

const SEED = Number(process.env['PALIER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const REQUESTS = 200
/** Under way when the gateway is killed. */
const AT_ONCE = 10
const ROOM = '!room:example.org'
const TAPPED = '!tapped:example.org'
const PAGE = 10
const ALLOWANCE = 100
const FILE_BYTES = 300_000

const random = mulberry32(SEED)
/** A gateway is killed within this of the first request; follows the machine, so that kills fall among the answers. */
let withinMs = 400

/** One kind of metered request: what it is charged to, and what of an answer counts, however much of it came. */
interface Kind {
  readonly meter: string
  ask(number: number): { readonly target: string } & Omit<Ask, 'token'>
  taken(answer: Answer, number: number): number
}

const distinct = (pattern: RegExp) => (answer: Answer) => new Set(answer.text.match(pattern)).size
const events = distinct(/"event_id":"\$[^"]+"/g)
const V3 = '/_matrix/client/v3'
const room = encodeURIComponent(ROOM)

const KINDS: Readonly<Record<string, Kind>> = {
  messages: { meter: 'archive', ask: (n) => ({ target: messages(ROOM, `m${n}-0`, PAGE) }), taken: events },
  event: { meter: 'archive', ask: (n) => ({ target: `${V3}/rooms/${room}/event/%24e${n}` }), taken: events },
  context: {
    meter: 'archive',
    ask: (n) => ({ target: `${V3}/rooms/${room}/context/%24c${n}?limit=6` }),
    taken: events,
  },
  search: {
    meter: 'archive',
    ask: (n) => ({
      target: `${V3}/search`,
      method: 'POST',
      sent: { search_categories: { room_events: { search_term: `word${n}`, filter: { limit: 5 } } } },
    }),
    taken: events,
  },
  sync: { meter: 'archive', ask: (n) => ({ target: `${V3}/sync?timeout=0&since=elsewhere${n}` }), taken: events },
  state: { meter: 'state', ask: (n) => ({ target: `${V3}/rooms/%21s${n}%3Aexample.org/state` }), taken: events },
  people: {
    meter: 'directory',
    ask: (n) => ({ target: `${V3}/user_directory/search`, method: 'POST', sent: { search_term: `p${n}`, limit: 10 } }),
    taken: distinct(/"user_id":"[^"]+"/g),
  },
  file: {
    meter: 'media-files',
    ask: (n) => ({ target: `/_matrix/client/v1/media/download/example.org/file${n}` }),
    taken: ({ bytes, head }) => (bytes > 0 && head.startsWith('HTTP/1.1 200') ? 1 : 0),
  },
  session: {
    meter: 'key-backup',
    ask: (n) => ({ target: `${V3}/room_keys/keys/${room}/session${n}?version=1` }),
    taken: ({ text }) => (text.includes('session_data') ? 1 : 0),
  },
}

/** A homeserver that answers each kind with things of its own, after a moment. */
const everything: Rig = (arrival, res) => {
  setTimeout(() => answer(arrival, res), Math.floor(random() * 25))
}
const answer: Rig = (arrival, res) => {
  const { path, query } = arrival
  const id = decodeURIComponent(path.split('/').at(-1) ?? '')
  if (path.endsWith('/messages')) return json(res, 200, page(arrival))
  if (path.includes('/event/')) return json(res, 200, { ...oldEvents('x', 0, 1)[0], event_id: id })
  if (path.includes('/context/')) {
    const [event, ...around] = oldEvents(id.slice(1), 0, 1 + Number(query.get('limit') ?? 10))
    return json(res, 200, { event, events_before: around, events_after: [], state: [], start: 'a', end: 'b' })
  }
  if (path.endsWith('/search') && !path.includes('user_directory')) {
    const stream = `found${arrivalNumber(arrival)}`
    const results = oldEvents(stream, 0, 5).map((result) => ({ rank: 1, result: { ...result, room_id: ROOM } }))
    return json(res, 200, { search_categories: { room_events: { count: 5, highlights: [], results } } })
  }
  if (path.endsWith('/sync')) {
    const timeline = { events: oldEvents(`y${query.get('since')}`, 0, 5), limited: false, prev_batch: 'p' }
    return json(res, 200, { next_batch: `n${query.get('since')}`, rooms: { join: { [ROOM]: { timeline } } } })
  }
  if (path.endsWith('/state')) {
    const stream = path.split('/').at(-2) ?? ''
    return json(
      res,
      200,
      oldEvents(stream, 0, 4).map((event, index) => ({ ...event, state_key: String(index) })),
    )
  }
  if (path.includes('user_directory')) {
    const number = arrivalNumber(arrival)
    const results = Array.from({ length: 10 }, (_, index) => ({ user_id: `@p${number}-${index}:example.org` }))
    return json(res, 200, { limited: false, results })
  }
  if (path.includes('/media/download/')) {
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': FILE_BYTES })
    return void res.end(Buffer.alloc(FILE_BYTES, 'f'))
  }
  if (path.includes('/room_keys/')) {
    return json(res, 200, { first_message_index: 0, forwarded_count: 0, is_verified: true, session_data: { c: id } })
  }
  return honest(arrival, res)
}
// Searches have their words in the body: each gets things of its own whatever it asks.
let arrivals = 0
const arrivalNumber = (_arrival: Arrival): number => arrivals++

let world: World
let gateway: GatewayProcess

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => void process.stderr.write(`again: PALIER_TEST_SEED=${SEED}\n`))
})
beforeAll(async () => {
  world = await gatewayWorld({ gateways: 0 })
  world.homeserver.rig = everything
  gateway = await world.start()
})
afterAll(async () => {
  await gateway.kill()
  await world.stop()
})

/** What the hour's window of each meter counted, everything that was under way past its deadline. */
async function charged(device: TestDevice): Promise<Map<string, number>> {
  await world.sql`update reservations set deadline = now() - interval '1 second' where device_id = ${device.id}`
  const found = new Map<string, number>()
  for (const { meter, used, held } of await world.meters.remaining('example.org', device.person.id)) {
    if (!found.has(meter)) found.set(meter, used + held)
  }
  return found
}

/** Asks ten things at once and kills the gateway at a moment of its own; whatever came of them. */
async function killed(requests: readonly { target: string; with: Ask }[]): Promise<Answer[]> {
  const { url } = gateway
  const answers = requests.map(async ({ target, with: how }) => {
    await after(random() * 40)
    return ask(url, target, how)
  })
  await after(random() * withinMs)
  await gateway.kill()
  const came = await Promise.all(answers)
  const whole = came.filter(({ status }) => status !== 0).length
  if (whole < requests.length / 3) withinMs *= 1.4
  if (whole > (requests.length * 2) / 3) withinMs *= 0.8
  gateway = await world.start()
  return came
}

test('no event is uncounted: of every kind, what came was charged', { timeout: 400_000 }, async () => {
  const device = await world.addDevice(await world.addPerson())
  const kinds = Object.values(KINDS)
  const taken = new Map<string, number>()
  const statuses = new Map<number, number>()
  for (let first = 0; first < REQUESTS - REQUESTS / 4; first += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, (_, index) => {
      const number = first + index
      const kind = kinds[number % kinds.length] as Kind
      const { target, ...how } = kind.ask(number)
      return { kind, number, target, with: { ...how, token: device.token } }
    })
    const came = await killed(batch)
    for (const [index, one] of came.entries()) {
      const { kind, number } = batch[index] as (typeof batch)[number]
      taken.set(kind.meter, (taken.get(kind.meter) ?? 0) + kind.taken(one, number))
      statuses.set(one.status, (statuses.get(one.status) ?? 0) + 1)
    }
  }
  const counted = await charged(device)
  for (const [meter, units] of taken) {
    expect(counted.get(meter) ?? 0, `${meter}: ${units} came`).toBeGreaterThanOrEqual(units)
    expect(units, `nothing of the ${meter} ever came`).toBeGreaterThan(0)
  }
  // The kills fell before, in the middle of and after answers.
  expect(statuses.get(0) ?? 0).toBeGreaterThan(10)
  expect(statuses.get(200) ?? 0).toBeGreaterThan(10)
})

test('no allowance is spent twice: a tap releases what it says, over any number of kills', {
  timeout: 240_000,
}, async () => {
  const person = await world.addPerson()
  const device = await world.addDevice(person)
  await world.leave(person, 0)
  const refused = await ask(gateway.url, messages(TAPPED, 't0-0', PAGE), device)
  expect(refused.status).toBe(429)
  const [approval] = await world.sql<{ id: string }[]>`select hash as id from approvals where person_id = ${person.id}`
  expect(approval).toBeDefined()
  await world.approve(refused.body.approval_uri as string)
  await world.sql`update allowances set granted = ${ALLOWANCE} where person_id = ${person.id}`
  let came = 0
  let number = 1
  for (let first = 0; first < REQUESTS / 4; first += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () => ({
      target: messages(TAPPED, `t${number++}-0`, PAGE),
      with: { token: device.token },
    }))
    for (const one of await killed(batch)) came += events(one)
  }
  // What is left after all of it is there to be read, and no more.
  await world.sql`update reservations set deadline = now() - interval '1 second' where device_id = ${device.id}`
  for (let more = PAGE; more > 0; ) {
    const answer = await ask(gateway.url, messages(TAPPED, `t${number++}-0`, PAGE), device)
    more = answer.status === 200 ? events(answer) : 0
    came += more
  }
  expect(came).toBeLessThanOrEqual(ALLOWANCE)
  expect(came).toBeGreaterThan(0)
  const rows = await world.sql<{ spent: number }[]>`
    select sum(used + held)::integer as spent from allowances where person_id = ${person.id}`
  expect(rows[0]?.spent).toBe(ALLOWANCE)
})

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A small generator of numbers in [0, 1): the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
