// What holds of every file of people.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { peopleCsv } from '../../../server/console/people/export.ts'
import { exportedCell, groupsCell, importedCell } from '../../../server/people/csv-cells.ts'
import { readCsv } from '../../../server/people/csv-file.ts'
import type { DirectoryStore, ListedPerson } from '../../../server/people/directory.ts'
import { groupNameFrom } from '../../../server/people/groups.ts'
import { type Known, type KnownPerson, planFile, planLine } from '../../../server/people/import-plan.ts'
import { displayNameFrom } from '../../../server/people/username.ts'

const roles = ['person', 'owner', 'enroller', 'supervisor', 'auditor'] as const
const usernames = fc.constantFrom('ada', 'blaise', 'camille', '-dash', '=is', 'x.y/z')
const displayNames = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .map(displayNameFrom)
  .filter((name) => name !== null)
const groupNames = fc
  .oneof(fc.constantFrom('Cabinet', 'A, B', 'C;D', '=cmd'), fc.string({ minLength: 1, maxLength: 12 }))
  .map(groupNameFrom)
  .filter((name) => name !== null)
  .filter((name) => !name.includes('|') && !name.startsWith("'") && name === name.trim())

const people = fc.uniqueArray(
  fc.record({
    username: usernames,
    displayName: displayNames,
    email: fc.option(fc.constantFrom('a@example.org', 'b@example.org', 'c@example.org'), { nil: null }),
    role: fc.constantFrom(...roles),
    version: fc.nat(),
    isDeleted: fc.boolean(),
    groups: fc.uniqueArray(groupNames, { maxLength: 3 }),
  }),
  { selector: ({ username }) => username, maxLength: 6 },
)

function knownOf(persons: readonly Omit<KnownPerson, 'id'>[]): Known {
  const all = persons.map((person) => ({ ...person, id: `per_${person.username}` }))
  return {
    people: new Map(all.map((person) => [person.username, person])),
    emails: new Map(all.flatMap(({ email, username }) => (email === null ? [] : [[email, username] as const]))),
    groups: new Set(all.flatMap(({ groups }) => groups)),
    loosens: () => false,
  }
}

const cells = fc.oneof(
  fc.string({ maxLength: 20 }),
  usernames,
  fc.constantFrom('', 'owner', 'auditrice', 'a@example.org', 'Cabinet', '=1+1', '"', 'Ada'),
)
const files = fc
  .array(fc.array(cells, { minLength: 1, maxLength: 6 }), { maxLength: 12 })
  .map((rows) =>
    [['username', 'nom', 'email', 'groupes', 'role'], ...rows]
      .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(';'))
      .join('\n'),
  )
const rules = fc.record({ mayWriteRoles: fc.boolean(), makesGroups: fc.boolean() })

test('any bytes at all are read or refused, never thrown over', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.option(fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252'), { nil: undefined }),
      (bytes, encoding) => {
        const file = readCsv(bytes, encoding)
        expect('reason' in file || file.lines.length > 0).toBe(true)
      },
    ),
  )
})

test('a plan says something of every line, changes each person at most once, makes no owner, and is what each line says alone', () => {
  fc.assert(
    fc.property(files, people, rules, (text, persons, asked) => {
      const file = readCsv(new TextEncoder().encode(text))
      if ('reason' in file) return
      const known = knownOf(persons)
      const plan = planFile(file.lines, known, asked)
      expect(plan.map(({ line }) => line)).toEqual(file.lines.map(({ line }) => line))
      const doing = plan.filter(({ outcome }) => outcome === 'create' || outcome === 'update')
      expect(new Set(doing.map(({ username }) => username)).size).toBe(doing.length)
      for (const line of plan) expect(line.reason !== null).toBe(line.outcome === 'refused')
      for (const line of doing) {
        const person = known.people.get(line.username)
        expect(person?.isDeleted ?? false).toBe(false)
        expect(line.outcome).toBe(person === undefined ? 'create' : 'update')
        const before = person?.role ?? 'person'
        const after = line.wanted.role ?? before
        expect((before === 'owner') === (after === 'owner')).toBe(true)
        if (!asked.mayWriteRoles) expect([before, after]).toEqual(['person', 'person'])
        if (!asked.makesGroups) for (const name of line.wanted.groups) expect(known.groups.has(name)).toBe(true)
        // Judged again when it is done: the same people give the same plan.
        expect(planLine(line.line, line.username, line.wanted, known, asked)).toEqual(line)
      }
    }),
    { numRuns: 500 },
  )
})

test('no exported cell begins as a formula does, and each is read back as it was', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('=1', '+1', '-1', '@a', "'a", "''", "'=", '\t=1')), (text) => {
      const cell = exportedCell(text)
      expect(cell).not.toMatch(/^[=+\-@\t\r]/)
      expect(importedCell(cell)).toBe(text.trim())
    }),
  )
})

test('what is exported and taken back changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(people, async (persons) => {
      const there = persons.map((person) => ({ ...person, isDeleted: false }))
      const file = readCsv(new Uint8Array(await new Response(peopleCsv(directoryOf(there), {})).arrayBuffer()))
      if (there.length === 0) {
        expect(file).toEqual({ reason: 'import-empty' })
        return
      }
      if ('reason' in file) throw new Error(file.reason)
      const plan = planFile(file.lines, knownOf(there), { mayWriteRoles: true, makesGroups: false })
      const shared = new Set(there.flatMap(({ email }) => email ?? []))
      // Two people with one mailbox are refused, here as in any file.
      if (shared.size === there.filter(({ email }) => email !== null).length)
        expect(plan.map(({ username, outcome, changes }) => ({ username, outcome, changes }))).toEqual(
          there.map(({ username }) => ({ username, outcome: 'unchanged', changes: [] })),
        )
    }),
  )
})

function directoryOf(persons: readonly Omit<KnownPerson, 'id'>[]): DirectoryStore {
  const rest = { externalId: null, createdAt: new Date(0), suspendedAt: null, deletedAt: null, keys: 1 }
  const listed = persons.map((person): ListedPerson => ({ ...rest, ...person, id: person.username }))
  const names = new Map(persons.map(({ username, groups }) => [username, groups]))
  const store: Pick<DirectoryStore, 'list' | 'groupNames'> = { list: async () => listed, groupNames: async () => names }
  return store as DirectoryStore
}

test('a group’s name is told apart from two', () => {
  expect(groupsCell(['A, B'])).toBe('A, B|')
  expect(groupsCell(['A, B', 'C'])).toBe('A, B|C')
})
