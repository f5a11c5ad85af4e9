import { describe, expect, it } from 'vitest'
import type { MeteredRequest } from '../../../server/gateway/metered-port.ts'
import { ignoresNobody, showsNewest, storedFilters } from '../../../server/gateway/metered-sync-filter.ts'
import { CALLER } from './support.ts'

const SENDERS = { room: { timeline: { senders: ['@a:example.org'] } } }
const ROOMS = { room: { timeline: { limit: 3, rooms: Array.from({ length: 1_000 }, (_, index) => `!${index}:x`) } } }

/** A request whose homeserver has these filters, and what was asked of it. */
function asking(stored: Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  const request = {
    caller: CALLER,
    send: async ({ target }: { target: string }) => {
      asked.push(target)
      const filter = stored[decodeURIComponent(target.split('/').at(-1) as string)]
      return { ok: true, status: filter ? 200 : 404, headers: [], body: Buffer.from(JSON.stringify(filter ?? {})) }
    },
  } as unknown as MeteredRequest
  return { request, asked }
}

describe('a stored filter', () => {
  it('is asked for once, and what is remembered of it is one word', async () => {
    const { request, asked } = asking({ 1: SENDERS, 2: ROOMS })
    const filters = storedFilters()
    for (let times = 0; times < 3; times++) {
      expect(await filters.showNewest(request, '1')).toBe(false)
      expect(await filters.showNewest(request, '2')).toBe(true)
    }
    expect(asked).toHaveLength(2)
  })

  it('is asked for each time where it cannot be had, or is spelled at length', async () => {
    const long = '2'.padStart(21, '0')
    const { request, asked } = asking({ [long]: ROOMS })
    const filters = storedFilters()
    expect([await showsNewest(filters, request, '9'), await showsNewest(filters, request, '9')]).toEqual([false, false])
    expect([await showsNewest(filters, request, long), await showsNewest(filters, request, long)]).toEqual([true, true])
    expect(asked).toHaveLength(4)
  })
})

it('one that comes with the request is read there', async () => {
  const { request, asked } = asking({})
  const read = (filter: unknown) => showsNewest(storedFilters(), request, JSON.stringify(filter))
  expect(await Promise.all([SENDERS, ROOMS, { room: [] }, { room: { timeline: 1 } }, {}].map(read))).toEqual([
    false,
    true,
    false,
    false,
    true,
  ])
  expect(await showsNewest(storedFilters(), request, '{')).toBe(false)
  expect(asked).toEqual([])
})

describe('whom an account ignores', () => {
  const quiet = { lately: async () => false }
  it.each([
    ['nobody, as most who never had a list', undefined, true],
    ['nobody', { ignored_users: {} }, true],
    ['somebody', { ignored_users: { '@troll:example.org': {} } }, false],
    ['something else', { ignored_users: [] }, false],
    ['who knows: the list is no object', [1], false],
  ])('is %s', async (_whom, list, nobody) => {
    const { request } = asking(list === undefined ? {} : { 'm.ignored_user_list': list })
    expect(await ignoresNobody(request, quiet)).toBe(nobody)
  })

  it('is not known where it changed lately, or nobody can say whether it did, or the homeserver does not', async () => {
    const { request } = asking({})
    expect(await ignoresNobody(request, { lately: async () => true })).toBe(false)
    expect(await ignoresNobody(request, { lately: () => Promise.reject(new Error('away')) })).toBe(false)
    const dead = { ...request, send: async () => ({ ok: false, reason: 'died', sent: true }) as const }
    expect(await ignoresNobody(dead, quiet)).toBe(false)
    const refused = {
      ...request,
      send: async () => ({ ok: true, status: 403, headers: [], body: new Uint8Array() }) as const,
    }
    expect(await ignoresNobody(refused, quiet)).toBe(false)
  })

  it('is asked before whether it changed: who empties it is written down first', async () => {
    const order: string[] = []
    const { request } = asking({})
    const send: MeteredRequest['send'] = async (asked) => {
      order.push('list')
      return request.send(asked)
    }
    await ignoresNobody({ ...request, send }, { lately: async () => order.push('changed') > 9 })
    expect(order).toEqual(['list', 'changed'])
  })
})
