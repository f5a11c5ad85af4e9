// The audit log as lines of a file: one entry a line whatever is in it, and nothing in it that becomes another field.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashOf, nextEntry } from '../../../server/audit/chain.ts'
import { cefLine, jsonLine } from '../../../server/console/audit/formats.ts'

const START = { sequence: 0, hash: '0'.repeat(64) }
const entryOf = (actor: string, detail: Record<string, unknown> = {}) =>
  nextEntry(START, { action: 'key.revoked', actor, subject: 'key_1', detail }, new Date('2026-11-23T10:00:00.123Z'))

test('a JSON line carries all that the hash covers', () => {
  const entry = entryOf('per_1', { reason: 'lost', name: 'é\n' })
  const read = JSON.parse(jsonLine(entry))
  expect(hashOf({ ...read, at: new Date(read.at) })).toBe(entry.hash)
})

test('a CEF line has seven header fields and the entry’s extension', () => {
  const line = cefLine(entryOf('per_1'))
  expect(line).toMatch(
    /^CEF:0\|Palier\|Palier\|1\|key\.revoked\|key\.revoked\|7\|rt=1795428000123 externalId=1 suser=per_1 duser=key_1 cs1Label=detail cs1=\{\} cs2Label=hash cs2=[0-9a-f]{64}\n$/,
  )
})

test('whatever an entry holds, it stays on its line and in its field', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (actor, value) => {
      const entry = entryOf(actor, { value })
      expect(cefLine(entry)).toMatch(/^[^\n\r\u2028\u2029]+\n$/u)
      expect(jsonLine(entry)).toMatch(/^[^\n\r]+\n$/u)
      const fields = cefLine(entry).split(/(?<!\\)(?:\\\\)*=/)
      // Eight pairs: nothing in a value ends it.
      expect(fields).toHaveLength(9)
    }),
  )
})
