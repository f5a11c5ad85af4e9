import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { directoryWorld, USER } from '../../support/directory.ts'

const { database, db, directory, made } = await directoryWorld('zz-directory')
const PEOPLE = [
  { userName: 'anne', displayName: 'Anne % Martin', externalId: 'E1', emails: [{ value: 'Anne@example.org' }] },
  { userName: 'bruno', displayName: 'bruno_durand', externalId: 'e1' },
  { userName: 'chloe', displayName: 'Chloé "la" Grande', emails: [{ value: 'chloe@other.example' }], active: false },
  { userName: 'denis', displayName: 'Denis\\Petit' },
]

beforeAll(async () => {
  for (const { userName, ...more } of PEOPLE) await made(userName, more)
})
afterAll(() => database.drop())

const list = (query: Record<string, string>) => directory.scim('GET', `/Users?${new URLSearchParams(query)}`)
async function names(filter: string): Promise<readonly string[]> {
  const { status, body } = await list({ filter, sortBy: 'userName' })
  expect(status, JSON.stringify(body)).toBe(200)
  return body.Resources.map(({ userName }: { userName: string }) => userName).filter(
    (name: string) => !name.startsWith('zz'),
  )
}

describe('filters', () => {
  it.each([
    ['userName eq "anne"', ['anne']],
    ['USERNAME EQ "ANNE"', ['anne']],
    [`${USER}:userName sw "an"`, ['anne']],
    ['externalId eq "e1"', ['bruno']],
    ['externalId pr', ['anne', 'bruno']],
    ['not (externalId pr)', ['chloe', 'denis']],
    ['not (externalId eq "E1")', ['bruno', 'chloe', 'denis']],
    ['externalId ne "E1"', ['bruno', 'chloe', 'denis']],
    ['externalId eq null', ['chloe', 'denis']],
    ['displayName co "% m"', ['anne']],
    ['displayName co "_"', ['bruno']],
    ['displayName eq "chloé \\"LA\\" grande"', ['chloe']],
    ['displayName co "\\\\"', ['denis']],
    ['displayName ew "petit"', ['denis']],
    ['emails eq "anne@EXAMPLE.org"', ['anne']],
    ['emails.value co "example"', ['anne', 'chloe']],
    ['emails[type eq "work" and value ew ".org"]', ['anne']],
    ['emails[type eq "home"]', []],
    ['not (emails[type eq "home"])', ['anne', 'bruno', 'chloe', 'denis']],
    ['active eq false', ['chloe']],
    ['active eq "False"', ['chloe']],
    ['active ne false and emails pr', ['anne']],
    ['userName eq "anne" or userName eq "bruno" and active eq false', ['anne']],
    ['(userName eq "anne" or userName eq "bruno") and active eq true', ['anne', 'bruno']],
    ['meta.lastModified gt "2020-01-01T00:00:00Z"', ['anne', 'bruno', 'chloe', 'denis']],
    ['meta.lastModified lt "2020-01-01T01:00:00+01:00"', []],
    ['meta.created ge "2020-01-01" and id pr', ['anne', 'bruno', 'chloe', 'denis']],
  ])('%s', async (filter, wanted) => {
    expect(await names(filter)).toEqual(wanted)
  })

  it.each([
    ['nothing but blanks between brackets', '( )'],
    ['an operator that there is not', 'userName like "a"'],
    ['no value', 'userName eq'],
    ['a bare word', 'userName eq anne'],
    ['an open string', 'userName eq "anne'],
    ['an open bracket', '(userName eq "a"'],
    ['a bracket too many', 'userName eq "a")'],
    ['another attribute', 'password eq "x"'],
    ['the role', 'role eq "owner"'],
    ['a prototype’s name', '__proto__ eq "x"'],
    ['a constructor', 'constructor.name eq "x"'],
    ['an object’s method', 'toString pr'],
    ['gt on a name', 'userName gt "a"'],
    ['co on a boolean', 'active co "t"'],
    ['a number for a name', 'userName eq 7'],
    ['an instant that is none', 'meta.lastModified gt "yesterday"'],
    ['a month that there is not', 'meta.lastModified gt "2026-13-01T00:00:00Z"'],
    ['a NUL', 'displayName eq "a\\u0000"'],
    ['half of a pair', 'displayName eq "\\ud800"'],
    ['SQL', `userName eq "a"; DROP TABLE people`],
    ['not without a bracket', 'not userName eq "a"'],
    ['a bracket within another', 'emails[value[type eq "a"]]'],
    ['a thousand brackets', `${'('.repeat(1000)}userName eq "a"${')'.repeat(1000)}`],
    ['101 comparisons', Array(101).fill('id pr').join(' or ')],
    ['5,000 characters', `userName eq "${'a'.repeat(5000)}"`],
    ['a long run of escapes', `userName eq "${'\\'.repeat(3001)}`],
  ])('%s is refused with invalidFilter', async (_, filter) => {
    const { body } = await list({ filter })
    expect(body).toMatchObject({ status: '400', scimType: 'invalidFilter' })
  })

  it('SQL within a value is text', async () => {
    expect(await names(`displayName eq "x' OR '1'='1"`)).toEqual([])
    expect(await names(`externalId eq "E1' --"`)).toEqual([])
  })

  it('a filter and its negation share everybody out between them, whatever it is', async () => {
    const value = fc.constantFrom('"anne"', '"E1"', '"work"', 'null', '"%"', '"\\\\"', '""')
    const leaf = fc.oneof(
      fc
        .tuple(
          fc.constantFrom('userName', 'externalId', 'displayName', 'emails.value', 'emails.type', 'id'),
          fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew'),
          value,
        )
        .map(([name, operator, text]) => `${name} ${text === 'null' ? 'eq' : operator} ${text}`),
      fc.constantFrom('emails pr', 'externalId pr', 'active eq true', 'emails.primary eq true'),
    )
    const { filter } = fc.letrec<{ filter: string }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')).map(([a, op, b]) => `(${a} ${op} ${b})`),
        tie('filter').map((inner) => `not (${inner})`),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(filter, async (text) => {
        const [yes, no] = [await names(text), await names(`not (${text})`)]
        expect([...yes, ...no].sort()).toEqual(['anne', 'bruno', 'chloe', 'denis'])
      }),
      { numRuns: 60 },
    )
  })
})

describe('lists', () => {
  it('pages follow one another, and say how many there are', async () => {
    const seen: string[] = []
    for (let startIndex = 1; ; ) {
      const { body } = await list({
        startIndex: String(startIndex),
        count: '2',
        sortBy: 'userName',
        sortOrder: 'descending',
      })
      expect(body).toMatchObject({ totalResults: 5, startIndex })
      if (body.itemsPerPage === 0) break
      seen.push(...body.Resources.map(({ userName }: { userName: string }) => userName))
      startIndex += body.itemsPerPage
    }
    expect(seen).toEqual(['zz-directory', 'denis', 'chloe', 'bruno', 'anne'])
  })

  it('a start below one is one, a count below nothing is nothing, and a page has an end', async () => {
    expect((await list({ startIndex: '-5', count: '1' })).body).toMatchObject({ startIndex: 1, itemsPerPage: 1 })
    expect((await list({ count: '-1' })).body).toMatchObject({ totalResults: 5, Resources: [] })
    expect((await list({ count: '999999' })).status).toBe(200)
    for (const count of ['a', '1e9', '9'.repeat(30), '1.5'])
      expect((await list({ count })).body).toMatchObject({ status: '400', scimType: 'invalidValue' })
    expect((await list({ sortBy: 'password' })).body).toMatchObject({ status: '400', scimType: 'invalidPath' })
    expect((await list({ sortOrder: 'sideways' })).body).toMatchObject({ status: '400' })
  })

  it('only the attributes that are asked for are sent', async () => {
    const one = async (query: Record<string, string>) =>
      (await list({ filter: 'userName eq "anne"', ...query })).body.Resources[0]
    expect(Object.keys(await one({ attributes: 'USERNAME,emails.type' })).sort()).toEqual([
      'emails',
      'id',
      'meta',
      'schemas',
      'userName',
    ])
    expect((await one({ attributes: 'emails.type' })).emails).toEqual([{ type: 'work' }])
    const left = await one({ excludedAttributes: `${USER}:displayName,emails.value,id` })
    expect(left).not.toHaveProperty('displayName')
    expect(left.emails).toEqual([{ type: 'work' }])
    expect(left).toHaveProperty('id')
    expect(Object.keys(await one({ attributes: '__proto__,constructor' })).sort()).toEqual(['id', 'meta', 'schemas'])
    expect((await list({ attributes: 'id', excludedAttributes: 'id' })).status).toBe(400)
  })

  it('somebody is found by name through an index, among however many', async () => {
    await db.execute(sql`
      INSERT INTO people (id, username, display_name, external_id, created_at)
      SELECT 'per_' || n, 'crowd' || n, 'Crowd ' || n, 'X' || n, now() FROM generate_series(1, 20000) AS n`)
    await db.execute(sql`ANALYZE people`)
    for (const where of [sql`username = 'crowd7'`, sql`(external_id = 'X7' AND external_id IS NOT NULL)`]) {
      const plan = await db.execute(sql`EXPLAIN SELECT * FROM ${people} WHERE deleted_at IS NULL AND ${where}`)
      expect(JSON.stringify(plan)).toMatch(/Index Scan/)
    }
    expect(await names('externalId eq "X7"')).toEqual(['crowd7'])
    expect((await list({ filter: 'displayName sw "crowd"', startIndex: '19999', count: '5' })).body).toMatchObject({
      totalResults: 20000,
      itemsPerPage: 2,
    })
  })
})
