import { describe, expect, it } from 'vitest'
import { catalogue } from '../../../client/console/people/import-words.ts'
import { type CsvFile, readCsv } from '../../../server/people/csv-file.ts'
import { type Known, type KnownPerson, newGroups, planFile } from '../../../server/people/import-plan.ts'

const ada: KnownPerson = {
  id: 'per_ada',
  username: 'ada',
  displayName: 'Ada Lovelace',
  email: 'ada@example.org',
  role: 'person',
  version: 3,
  isDeleted: false,
  groups: ['Cabinet'],
}

function known(...people: readonly Partial<KnownPerson>[]): Known {
  const all = people.map((one) => ({ ...ada, id: `per_${one.username}`, email: null, ...one }))
  return {
    people: new Map(all.map((person) => [person.username, person])),
    emails: new Map(
      all.flatMap(({ email, username }) => (email === null ? [] : [[email.toLowerCase(), username] as const])),
    ),
    groups: new Set(['Cabinet', 'Presse']),
    loosens: () => false,
  }
}

const RULES = { mayWriteRoles: true, makesGroups: false }
const plan = (text: string, there = known(ada), rules = RULES) =>
  planFile((readCsv(new TextEncoder().encode(text)) as CsvFile).lines, there, rules)
const reasons = (text: string, there?: Known, rules?: typeof RULES) =>
  plan(text, there, rules).map(({ reason }) => reason)

describe('the sample of the page', () => {
  it.each(['fr', 'en'] as const)('is taken whole, in %s', (locale) => {
    const lines = plan(`\ufeff${catalogue[locale].sampleLines.join('\r\n')}\r\n`, known())
    expect(lines).toMatchObject([
      { username: 'ada.lovelace', outcome: 'create', wanted: { displayName: 'Ada Lovelace' } },
      { username: 'blaise.pascal', outcome: 'create', wanted: { email: null, role: 'person' } },
    ])
    expect(lines[0]?.wanted.email).toMatch(/^ada\.lovelace@/)
  })
})

describe('a line', () => {
  it('makes who is not there, changes who is, and leaves who is so already', () => {
    const lines = plan(
      'username;nom;email;groupes\nada;Ada Lovelace;ada@example.org;Cabinet\nblaise;Blaise Pascal;;Presse',
    )
    expect(lines.map(({ outcome }) => outcome)).toEqual(['unchanged', 'create'])
    expect(plan('username;nom;email;groupes\nada;Ada L.;a@example.org;Cabinet|Presse')).toMatchObject([
      {
        outcome: 'update',
        personId: 'per_ada',
        personVersion: 3,
        changes: [
          { field: 'display_name', from: 'Ada Lovelace', to: 'Ada L.' },
          { field: 'email', from: 'ada@example.org', to: 'a@example.org' },
          { field: 'groups', from: null, to: 'Presse' },
        ],
      },
    ])
  })

  it('leaves what an empty cell or an absent column says nothing of', () => {
    expect(plan('username;nom;email;role\nada;;;')[0]).toMatchObject({ outcome: 'unchanged' })
    expect(plan('username\nada')[0]).toMatchObject({ outcome: 'unchanged' })
  })

  it('has its capitals made small, and counts the same person twice all the same', () => {
    expect(plan('username\nBlaise\nBLAISE')).toMatchObject([
      { username: 'blaise', outcome: 'create' },
      { line: 3, outcome: 'refused', reason: 'line-person-twice' },
    ])
  })

  it.each([
    ['username\nélodie', 'username-invalid'],
    ['username;nom\n;Ada', 'line-username-missing'],
    ['username;nom\nx;a\u202eb', 'display-name-invalid'],
    ['username;mail\nx;not an address', 'email-invalid'],
    ['username;mail\nx;Ada@Example.org', 'line-email-of-another'],
    ['username;role\nx;king', 'line-role-unknown'],
    ['username;role\nx;propriétaire', 'line-owner-needs-two'],
    ['username;groupe\nx;everyone', 'group-name-invalid'],
    ['username;groupe\nx;Inconnu', 'group-unknown'],
    ['username;nom\nx', 'line-misshapen'],
    ['username;nom\nx;=HYPERLINK("http://evil")', 'line-formula'],
    ['username;prénom;nom\nx;Ada; +33', 'line-formula'],
    ['username;groupe\nx;＝cmd', 'line-formula'],
  ])('%j is refused: %s', (text, reason) => {
    expect(reasons(text)).toEqual([reason])
  })

  it('what is marked as text is no formula, as an export writes it', () => {
    expect(plan("username;nom\nx;'=1+1")).toMatchObject([{ outcome: 'create', wanted: { displayName: '=1+1' } }])
  })

  it('of one mailbox for two people keeps the first', () => {
    expect(reasons('username;mail\nx;m@example.org\ny;M@example.org')).toEqual([null, 'line-email-twice'])
  })

  it('never brings back a username whose person was deleted', () => {
    expect(reasons('username\nada', known({ ...ada, isDeleted: true }))).toEqual(['username-was-deleted'])
  })
})

describe('roles', () => {
  const owner = known({ username: 'olga', role: 'owner' }, { username: 'eve', role: 'enroller' })

  it('are given by who may give them, in either language', () => {
    expect(plan('username;rôle\nx;Auditrice\ny;enroller')).toMatchObject([
      { outcome: 'create', wanted: { role: 'auditor' } },
      { outcome: 'create', wanted: { role: 'enroller' } },
    ])
    expect(reasons('username;rôle\nx;Auditrice', known(), { ...RULES, mayWriteRoles: false })).toEqual([
      'line-role-not-yours',
    ])
  })

  it('an owner is neither made nor unmade by a file', () => {
    expect(reasons('username;role\nolga;person\neve;owner', owner)).toEqual([
      'line-owner-needs-two',
      'line-owner-needs-two',
    ])
    expect(plan('username;role;nom\nolga;owner;Olga', owner)[0]).toMatchObject({
      outcome: 'update',
      changes: [{ field: 'display_name' }],
    })
  })

  it('who may give none changes no administrator', () => {
    const rules = { ...RULES, mayWriteRoles: false }
    expect(reasons('username;mail\neve;mine@example.org', owner, rules)).toEqual(['administrators-by-owners'])
    expect(plan('username\neve', owner, rules)[0]?.outcome).toBe('unchanged')
  })
})

describe('groups', () => {
  it('that are not there are made when that is asked, and named beforehand, once', () => {
    const rules = { ...RULES, makesGroups: true }
    const lines = plan('username;groupes\nx;Presse, Juridique\ny;"Juridique; Archives"\nx;Nowhere', known(), rules)
    expect(newGroups(lines, known())).toEqual(['Archives', 'Juridique'])
  })
})
