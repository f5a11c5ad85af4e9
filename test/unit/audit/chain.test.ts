import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { faultOf, GENESIS, hashOf, nextEntry } from '../../../server/audit/chain.ts'
import type { AuditEntry, AuditEvent } from '../../../server/audit/port.ts'
import { verifyAudit } from '../../../server/audit/verify.ts'

const AT = new Date('2026-11-23T10:00:00.123Z')

test('the hash covers exactly the documented text', () => {
  const event = { action: 'key.added', actor: 'per_1', subject: 'key_1', detail: { b: 1, a: ['é', null] } }
  const entry = nextEntry(GENESIS, event, AT)
  const text =
    '{"action":"key.added","actor":"per_1","at":"2026-11-23T10:00:00.123Z","detail":{"a":["é",null],"b":1},' +
    `"previousHash":"${'0'.repeat(64)}","sequence":1,"subject":"key_1"}`
  expect(entry.hash).toBe(createHash('sha256').update(text).digest('hex'))
  expect(hashOf(entry)).toBe(entry.hash)
})

test('what JSON in the database cannot carry is replaced or dropped before it is hashed', () => {
  const entry = nextEntry(
    GENESIS,
    event({ detail: { nul: 'a\0b', half: '\uD800', gone: undefined, 'na\0me': [{ 'x\0': 1 }] } }),
    AT,
  )
  expect(entry.detail).toEqual({ nul: 'a\uFFFDb', half: '\uFFFD', 'na\uFFFDme': [{ 'x\uFFFD': 1 }] })
  expect(faultOf(GENESIS, entry)).toBeNull()
})

test('a whole chain is followed to its head, whatever the page size', async () => {
  const entries = chain(7)
  for (const pageSize of [1, 3, 7, 100]) {
    const verdict = await verifyAudit(kept(entries), null, pageSize)
    expect(verdict).toEqual({ head: { sequence: 7, hash: entries[6]?.hash }, fault: null, knownHeadFound: null })
  }
  expect(await verifyAudit(kept([]))).toEqual({ head: GENESIS, fault: null, knownHeadFound: null })
})

test.each<[string, (entries: AuditEntry[]) => AuditEntry[], unknown]>([
  ['changed detail', (e) => replace(e, 3, { detail: { n: 99 } }), { kind: 'changed', sequence: 4 }],
  ['changed actor', (e) => replace(e, 3, { actor: 'someone else' }), { kind: 'changed', sequence: 4 }],
  ['changed time', (e) => replace(e, 3, { at: new Date(0) }), { kind: 'changed', sequence: 4 }],
  ['changed and hashed again', (e) => rehashed(e, 3, { actor: 'someone else' }), { kind: 'unlinked', sequence: 5 }],
  ['removed in the middle', (e) => e.filter((entry) => entry.sequence !== 4), { kind: 'removed', sequence: 4 }],
  ['removed at the start', (e) => e.slice(1), { kind: 'removed', sequence: 1 }],
  [
    'removed and renumbered',
    (e) => e.filter((_, i) => i !== 3).map((x, i) => ({ ...x, sequence: i + 1 })),
    { kind: 'changed', sequence: 4 },
  ],
  ['re-ordered', (e) => swap(e, 2, 3), { kind: 'changed', sequence: 3 }],
  ['re-ordered and hashed again', (e) => rehash(swap(e, 2, 3)), { kind: 'unlinked', sequence: 3 }],
])('an entry that was %s is found', async (_, tamper, fault) => {
  expect((await verifyAudit(kept(tamper(chain(6))))).fault).toEqual(fault)
})

test('a cut tail shows only to whoever kept an earlier head', async () => {
  const entries = chain(6)
  const known = entries[5]?.hash ?? ''
  const cut = kept(entries.slice(0, 4))
  expect(await verifyAudit(cut)).toMatchObject({ fault: null })
  expect(await verifyAudit(cut, known)).toMatchObject({ fault: null, knownHeadFound: false })
  expect(await verifyAudit(kept(entries), entries[2]?.hash)).toMatchObject({ knownHeadFound: true })
})

function event(over: Partial<AuditEvent> = {}): AuditEvent {
  return { action: 'test.happened', actor: 'cli', subject: 'it', detail: {}, ...over }
}

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = []
  for (let n = 0; n < length; n++) entries.push(nextEntry(entries.at(-1) ?? GENESIS, event({ detail: { n } }), AT))
  return entries
}

function kept(entries: readonly AuditEntry[]) {
  return {
    page: async (after: number, limit: number) => entries.filter((entry) => entry.sequence > after).slice(0, limit),
  }
}

function replace(entries: AuditEntry[], index: number, over: Partial<AuditEntry>): AuditEntry[] {
  return entries.map((entry, at) => (at === index ? { ...entry, ...over } : entry))
}

function rehashed(entries: AuditEntry[], index: number, over: Partial<AuditEntry>): AuditEntry[] {
  return replace(entries, index, over).map((entry, at) => (at === index ? { ...entry, hash: hashOf(entry) } : entry))
}

function rehash(entries: AuditEntry[]): AuditEntry[] {
  return entries.map((entry) => ({ ...entry, hash: hashOf(entry) }))
}

// The contents change places; the numbers stay in order.
function swap(entries: AuditEntry[], first: number, second: number): AuditEntry[] {
  const [a, b] = [entries[first], entries[second]]
  if (!a || !b) throw new Error('no such entries')
  return replace(replace(entries, first, { ...b, sequence: a.sequence }), second, { ...a, sequence: b.sequence })
}
