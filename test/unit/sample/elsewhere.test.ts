import { Hono } from 'hono'
import { beforeAll, expect, test } from 'vitest'
import { countRows, roomsIn } from '../../../server/metering/rows.ts'
import { countByParsing } from '../../../server/metering/scanner/reference.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import type { SampleVariables } from '../../../server/sample/account.ts'
import { elsewhereRoutes } from '../../../server/sample/elsewhere.ts'
import { SampleState } from '../../../server/sample/state.ts'
import { Timeline } from '../../../server/sample/timeline.ts'

let app: Hono<SampleVariables>
beforeAll(() => {
  const state = new SampleState(null)
  const deps = { serverName: 'localhost', clock: systemClock, state, timeline: new Timeline(state, 'localhost') }
  app = new Hono<SampleVariables>()
  app.use(async (c, next) => {
    c.set('account', { user: '@ada:localhost', device: 'D', sid: 'sid_1' })
    await next()
  })
  app.route('/', elsewhereRoutes(deps))
})
const ask = async (path: string, body?: unknown) => {
  const answer = await app.request(path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
}

test('a search keeps to its limit and goes on where it stopped; the gateway can count it', async () => {
  const asked = (limit: number) => ({
    search_categories: {
      room_events: { search_term: 'Dossier', filter: { limit }, event_context: { before_limit: 1, after_limit: 1 } },
    },
  })
  const first = await ask('/search', asked(3))
  expect(roomsIn(first.bytes, 'search')).toHaveLength(1)
  expect(countByParsing(first.bytes, 'search')?.length).toBeGreaterThanOrEqual(3)
  const read = (bytes: Uint8Array) =>
    JSON.parse(new TextDecoder().decode(bytes)).search_categories.room_events as {
      next_batch: string
      results: { result: { event_id: string } }[]
    }
  const second = await ask(`/search?next_batch=${read(first.bytes).next_batch}`, asked(3))
  const ids = [first, second].flatMap(({ bytes }) => read(bytes).results.map(({ result }) => result.event_id))
  expect(new Set(ids).size).toBe(6)
  expect((await ask('/search', {})).status).toBe(400)
})

test('directories, notifications and files are there, of the size of the theft', async () => {
  expect(countRows((await ask('/publicRooms')).bytes, 'public-rooms')?.ids).toHaveLength(876)
  expect(countRows((await ask('/publicRooms?limit=5')).bytes, 'public-rooms')?.ids).toHaveLength(5)
  const found = await ask('/user_directory/search', { search_term: 'camille', limit: 50 })
  expect(countRows(found.bytes, 'user-directory')?.ids).toHaveLength(10)
  expect(countByParsing((await ask('/notifications?limit=7')).bytes, 'notifications')).toHaveLength(7)
  expect((await ask('/media/download/localhost/sample-1')).bytes).toHaveLength(227_000)
  expect((await ask('/media/download/localhost/sample-59386')).status).toBe(404)
  expect((await ask('/join/!sample3:localhost', {})).status).toBe(200)
})
