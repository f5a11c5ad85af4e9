// Events inside events, as a client's `event_fields` leaves them: a homeserver thins out the nested ones with the same list.
import { describe, expect, it } from 'vitest'
import type { CarriedEvent } from '../../../server/metering/scanner/port.ts'
import { countByParsing } from '../../../server/metering/scanner/reference.ts'
import { scannedAlike } from '../../support/scanner.ts'

/** What is counted of an event with these aggregations, by both counters. */
function counted(relations: unknown): readonly CarriedEvent[] {
  const root = {
    event_id: '$root',
    origin_server_ts: 1,
    content: { body: 'root' },
    unsigned: { 'm.relations': relations },
  }
  const body = new TextEncoder().encode(JSON.stringify(root))
  const events = countByParsing(body, 'event')
  scannedAlike(body, 'event')
  return events ?? []
}

describe('an event nested in another', () => {
  it('counts without its type, which `event_fields` can leave out', () => {
    const reply = { event_id: '$reply', origin_server_ts: 2, content: { body: 'a reply' } }
    const edit = { event_id: '$edit', origin_server_ts: 3, content: { body: 'an edit' } }
    expect(counted({ 'm.thread': { latest_event: reply, count: 1 }, 'm.replace': edit }).map(({ id }) => id)).toEqual([
      '$root',
      '$reply',
      '$edit',
    ])
  })

  it('counts when nothing but a part of its content is left, as one without age or id', () => {
    expect(counted({ 'm.replace': { content: { body: 'an edit' } } })).toHaveLength(2)
  })

  it('counts inside one that has no content', () => {
    const edit = { content: { body: 'an edit of a reply' } }
    expect(
      counted({ 'm.thread': { latest_event: { unsigned: { 'm.relations': { 'm.replace': edit } } } } }),
    ).toHaveLength(2)
  })

  it('is not counted where only its id or a number of reactions is told', () => {
    const relations = {
      'm.reference': { chunk: [{ event_id: '$other' }] },
      'm.annotation': { chunk: [{ type: 'm.reaction', key: '+1', count: 2 }] },
    }
    expect(counted(relations)).toHaveLength(1)
  })
})
