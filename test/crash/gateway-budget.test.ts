// Two gateway processes, one Postgres, 64 connections: the promise as a client sees it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import { type Answer, ask, Connection, messages, released } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, THRESHOLD, type World } from '../support/gateway-process-world.ts'
import { history, honest, json, page } from '../support/rigged-homeserver.ts'

const CONNECTIONS = 64
const ROOM = '!room:example.org'
let world: World

beforeAll(async () => {
  world = await gatewayWorld({ env: { PALIER_TRUSTED_PROXIES: '127.0.0.1', PALIER_LOG_LEVEL: 'warn' } })
})
afterEach(() => {
  world.homeserver.rig = honest
})
afterAll(() => world.stop())

/** 64 connections, half of them to each gateway. */
function open() {
  const connections = Array.from(
    { length: CONNECTIONS },
    (_, index) => new Connection(world.gateways[index % 2]?.url ?? ''),
  )
  return {
    all: <Result>(work: (connection: Connection, index: number) => Promise<Result>) =>
      Promise.all(connections.map(work)),
    close: () => {
      for (const connection of connections) connection.close()
    },
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

test('of one event left, 64 connections over two processes get exactly one, in 1,000 rounds', {
  timeout: 300_000,
}, async () => {
  const LANES = 4
  const totals: number[] = []
  const statuses = new Set<number>()
  // A few people at a time, each asking over 64 connections: the processes are never idle while one round settles.
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const person = await world.addPerson()
    const device = await world.addDevice(person)
    const { all, close } = open()
    for (let round = lane; round < 1_000; round += LANES) {
      await world.leave(person, 1)
      const answers = await all((connection, index) =>
        connection.ask(messages(ROOM, `r${round}c${index}-0`, 20), device),
      )
      totals.push(sum(answers.map(released)))
      for (const { status } of answers) statuses.add(status)
    }
    close()
  })
  await Promise.all(lanes)
  expect(totals).toHaveLength(1_000)
  expect(totals.filter((total) => total !== 1)).toEqual([])
  expect([...statuses].sort()).toEqual([200, 429])
})

describe('over a whole threshold', () => {
  const RUNS = 20

  /** Asks page after page until something else than a page comes; the events released. */
  async function readAll(connection: Connection, device: TestDevice, stream: string, limit: number): Promise<number> {
    for (let total = 0; ; ) {
      const answer = await connection.ask(messages(ROOM, `${stream}-${total}`, limit), device)
      total += released(answer)
      if (answer.status !== 200) return total
    }
  }

  test('never one event more is released, and what is left once all is settled is there to use, to the event', {
    timeout: 300_000,
  }, async () => {
    // Pages come back part empty, so that much is reserved and little used.
    world.homeserver.rig = history((arrival, res) =>
      json(res, 200, page(arrival, Math.ceil(Number(arrival.query.get('limit')) / 3))),
    )
    const { all, close } = open()
    for (let run = 0; run < RUNS; run++) {
      const person = await world.addPerson()
      const device = await world.addDevice(person)
      const early = sum(await all((connection, index) => readAll(connection, device, `t${run}c${index}`, 7 + index)))
      expect(early).toBeLessThanOrEqual(THRESHOLD)
      const rest = await readAll(new Connection(world.gateways[run % 2]?.url ?? ''), device, `t${run}rest`, 10)
      expect(early + rest).toBe(THRESHOLD)
      expect(await world.archive(person)).toEqual({ used: THRESHOLD, held: 0, left: 0 })
    }
    close()
  })

  test('an upstream that ignores the limit gets nothing past it released', { timeout: 300_000 }, async () => {
    world.homeserver.rig = history((arrival, res) => json(res, 200, page(arrival, 37)))
    const { all, close } = open()
    for (let run = 0; run < RUNS; run++) {
      const person = await world.addPerson()
      const device = await world.addDevice(person)
      const total = sum(await all((connection, index) => readAll(connection, device, `l${run}c${index}`, 10)))
      const { used, held } = await world.archive(person)
      expect(total).toBeLessThanOrEqual(THRESHOLD)
      expect({ used, held }).toEqual({ used: total, held: 0 })
      // What a page of 37 can still be paid from is paid: no refusal before its time.
      const rest = await readAll(new Connection(world.gateways[run % 2]?.url ?? ''), device, `l${run}rest`, 10)
      expect(THRESHOLD - total - rest).toBeLessThan(37)
    }
    close()
  })
})

test('what was approved for a room is for that room, device, network and client only, and exactly so much', async () => {
  const TAP = defaultPolicy.taps.archive.units
  const person = await world.addPerson()
  const [device, other] = [await world.addDevice(person), await world.addDevice(person)]
  await world.leave(person, 0)
  const [first, second] = world.gateways.map(({ url }) => url) as [string, string]
  const stopped = await ask(first, messages(ROOM, 'a-0', 50), device)
  expect(stopped).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 5_000 } })
  await world.approve(stopped.body.approval_uri ?? '')

  const prompts = new Set([stopped.body.approval_uri])
  const elsewhere: (readonly [string, Promise<Answer>])[] = [
    ['another room', ask(second, messages('!other:example.org', 'b-0', 50), device)],
    ['another device', ask(second, messages(ROOM, 'a-0', 50), other)],
    [
      'another network',
      ask(second, messages(ROOM, 'a-0', 50), { ...device, headers: { 'x-forwarded-for': '203.0.113.7' } }),
    ],
    ['another client', ask(second, messages(ROOM, 'a-0', 50), { ...device, headers: { 'user-agent': 'another' } })],
    ['the other direction', ask(second, messages(ROOM, 'a-0', 50).replace('dir=b', 'dir=f'), device)],
  ]
  for (const [what, asked] of elsewhere) {
    const answer = await asked
    expect([what, answer.status, released(answer)]).toEqual([what, 429, 0])
    prompts.add(answer.body.approval_uri)
  }
  expect(prompts.size).toBe(1 + elsewhere.length)

  let total = 0
  for (let turn = 0; ; turn++) {
    const answer = await ask(turn % 2 === 0 ? second : first, messages(ROOM, `a-${total}`, 150), device)
    if (answer.status !== 200) break
    total += released(answer)
  }
  expect(total).toBe(TAP)
})
