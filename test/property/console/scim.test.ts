// Whatever a directory sends is read, or refused in SCIM's form: nothing else is thrown, and nothing but what a person has is changed.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shownFrom, typedFilter, USER_ATTRIBUTES } from '../../../server/console/scim/attributes.ts'
import { ScimFault } from '../../../server/console/scim/fault.ts'
import { type Filter, filterFrom, matches, pathFrom } from '../../../server/console/scim/filter.ts'
import { groupFrom, patchedGroup } from '../../../server/console/scim/group.ts'
import { operationsFrom, PATCH_SCHEMA } from '../../../server/console/scim/patch.ts'
import type { ScimGroup, ScimUser } from '../../../server/console/scim/port.ts'
import { patched, userFrom } from '../../../server/console/scim/user.ts'

const NOW: ScimUser = {
  id: 'per_AAAAAAAAAAAAAAAAAAAAAA',
  userName: 'anne',
  displayName: 'Anne',
  externalId: null,
  email: 'anne@example.org',
  active: true,
  isAdministrator: false,
  createdAt: new Date(0),
  modifiedAt: new Date(0),
  version: 1,
}
const GROUP: ScimGroup = { ...NOW, id: 'grp_AAAAAAAAAAAAAAAAAAAAAA' }

/** What a piece of code makes of it, or null where it refuses in SCIM's form. */
function readOr<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch (error) {
    expect(error).toBeInstanceOf(ScimFault)
    return null
  }
}

const piece = fc.constantFrom(
  ...['userName', 'emails', 'emails[', 'members[value', '__proto__', 'constructor', 'active', 'meta.lastModified'],
  ...[
    ' eq ',
    ' co ',
    ' pr',
    ' and ',
    ' or ',
    'not (',
    '(',
    ')',
    ']',
    '[',
    '.',
    '"',
    '"a"',
    '"\\u0000"',
    '"\\',
    'true',
    'null',
  ],
  ...[
    '1e999',
    '-',
    ' ',
    '\t',
    '\0',
    '\ud800',
    'é',
    'urn:ietf:params:scim:schemas:core:2.0:User:',
    '"2026-11-23T10:00:00Z"',
  ],
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
)

it('any text is a filter within bounds, or refused', () => {
  fc.assert(
    fc.property(text, (written) => {
      const filter = readOr(() => filterFrom(written))
      if (filter === null) return
      readOr(() => typedFilter(filter, USER_ATTRIBUTES))
      readOr(() => matches(filter, new Map([['value', 'a']])))
      readOr(() => pathFrom(`emails[${written}].value`))
    }),
    { numRuns: 2_000 },
  )
})

it('any text is a path, or refused', () => {
  fc.assert(
    fc.property(text, (written) => {
      const path = readOr(() => pathFrom(written))
      if (path !== null) expect(path.attribute).toMatch(/^[a-z]/)
    }),
    { numRuns: 2_000 },
  )
})

it('a filter that was written out is read back the same', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0')),
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
  )
  const attribute = fc.constantFrom('username', 'emails.value', 'meta.lastmodified')
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4 },
      fc.record({ kind: fc.constant('present' as const), attribute }),
      fc.record({
        kind: fc.constant('compare' as const),
        attribute,
        operator: fc.constantFrom('eq' as const, 'ne' as const, 'sw' as const),
        value,
      }),
      fc.record({ kind: fc.constant('not' as const), of: tie('filter') }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      }) as fc.Arbitrary<Filter>,
    ),
  }))
  const written = (one: Filter): string => {
    if (one.kind === 'present') return `${one.attribute} pr`
    if (one.kind === 'compare') return `${one.attribute} ${one.operator} ${JSON.stringify(one.value)}`
    if (one.kind === 'not') return `not (${written(one.of)})`
    return one.of.map((inner) => `(${written(inner)})`).join(` ${one.kind} `)
  }
  fc.assert(
    fc.property(filter, (one) => {
      const wording = written(one)
      fc.pre(
        wording.length <= 4_000 &&
          wording.split('(').length <= 17 &&
          wording.split(/ pr| eq | ne | sw |\(/).length <= 60,
      )
      expect(filterFrom(wording)).toEqual(one)
    }),
  )
})

it('any JSON is a person or a group, or refused', () => {
  const schemas = [
    'urn:ietf:params:scim:schemas:core:2.0:User',
    'urn:ietf:params:scim:schemas:core:2.0:Group',
    PATCH_SCHEMA,
  ]
  const name = fc.constantFrom('userName', 'displayName', 'emails', 'active', 'externalId', 'roles', 'members', 'name')
  const body = fc.dictionary(fc.oneof(name, fc.string()), fc.jsonValue({ maxDepth: 3 }))
  fc.assert(
    fc.property(fc.oneof(body, fc.jsonValue()), (said) => {
      const whole = typeof said === 'object' && said !== null ? { ...said, schemas } : said
      readOr(() => userFrom(whole))
      readOr(() => groupFrom(whole))
    }),
    { numRuns: 2_000 },
  )
})

it('whatever a PATCH says, a person keeps what a directory may not change', () => {
  const path = fc.oneof(
    text,
    fc.constantFrom(
      'userName',
      'displayName',
      'emails',
      'emails[type eq "work"].value',
      'active',
      'id',
      'roles',
      'members',
    ),
  )
  const operation = fc.record(
    { op: fc.constantFrom('add', 'Replace', 'remove', 'move'), path, value: fc.jsonValue({ maxDepth: 3 }) },
    { requiredKeys: ['op'] },
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 5 }), (Operations) => {
      const operations = readOr(() => operationsFrom({ schemas: [PATCH_SCHEMA], Operations }))
      if (operations === null) return
      const draft = readOr(() => patched(NOW, operations))
      if (draft !== null) {
        const { displayName, externalId, email, active, ...kept } = { ...NOW, ...draft }
        const { displayName: _, externalId: __, email: ___, active: ____, ...before } = NOW
        expect(kept).toEqual(before)
        expect([typeof displayName, typeof active]).toEqual(['string', 'boolean'])
        for (const one of [externalId, email]) expect(one === null || typeof one === 'string').toBe(true)
      }
      readOr(() => patchedGroup(GROUP, operations))
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    { numRuns: 2_000 },
  )
})

it('any names of attributes leave what is always shown, and nothing that was not there', () => {
  const resource = {
    schemas: ['s'],
    id: 'i',
    userName: 'u',
    emails: [{ value: 'v', type: 'work' }],
    meta: { version: 'v' },
  }
  fc.assert(
    fc.property(fc.option(text, { nil: undefined }), fc.option(text, { nil: undefined }), (wanted, left) => {
      const shown = readOr(() => shownFrom(wanted, left))
      if (shown === null) return
      const found = shown.of(resource)
      expect(found).toMatchObject({ schemas: ['s'], id: 'i' })
      expect(Object.keys(resource)).toEqual(expect.arrayContaining(Object.keys(found)))
    }),
  )
})
