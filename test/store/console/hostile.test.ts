// Every verb of the console over HTTP, against what a hostile page, token or administrator sends: texts that no database keeps, requests
// that another site has a browser make, and receipts that are looked at for the rooms in them.
import { eq, like } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { approvals } from '../../../db/schema/metering.ts'
import { people } from '../../../db/schema/people.ts'
import { idSessions } from '../../../db/schema/sessions.ts'
import type { AdministratorRole } from '../../../server/console/permissions.ts'
import { VERBS } from '../../../server/console/verbs.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import { startIdServer } from '../../support/id-server.ts'
import { insertPerson } from '../../support/people.ts'

let server: Awaited<ReturnType<typeof startIdServer>>
let owner: Awaited<ReturnType<typeof administrator>>
beforeAll(async () => {
  server = await startIdServer()
  owner = await administrator('owner', 'ada')
})
afterAll(() => server.close())

async function administrator(role: AdministratorRole, username: string) {
  const person = await insertPerson(server.db, { username })
  await server.db.update(people).set({ role }).where(eq(people.id, person.id))
  const cookie = newToken('idSession', systemRandom)
  const now = new Date()
  await server.db.insert(idSessions).values({
    hash: hashToken(cookie),
    personId: person.id,
    credentialId: person.credentialId,
    authTime: now,
    acr: 'phr',
    amr: ['hwk'],
    network: '',
    userAgent: '',
    createdAt: now,
    expiresAt: new Date(now.getTime() + 3_600_000),
  })
  const session = { Cookie: `palier_session=${cookie}` }
  const at = (verb: string) => `${server.issuer}/api/console/${verb.replace('.', '/')}`
  return {
    person,
    get: (verb: string, query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      server.fetch(new Request(`${at(verb)}?${new URLSearchParams(query)}`, { headers: { ...session, ...headers } })),
    post: (verb: string, body: string) =>
      server.fetch(
        new Request(at(verb), {
          method: 'POST',
          headers: { ...session, Origin: server.issuer, 'Content-Type': 'application/json' },
          body,
        }),
      ),
  }
}

const looks = (whom: string) =>
  server.db
    .select({ actor: auditEntries.actor, action: auditEntries.action })
    .from(auditEntries)
    .where(eq(auditEntries.subject, whom))

describe('text that no database keeps', () => {
  it.each([
    ['a NUL', '\0', '"a\\u0000"'],
    ['half of a surrogate pair', null, '"a\\ud800"'],
  ])('%s is refused by every verb, in every field, as the caller’s mistake', async (_what, inQuery, inBody) => {
    for (const verb of VERBS) {
      for (const field of Object.keys(verb.input.shape)) {
        if (verb.weight === 'read' && inQuery === null) continue
        const answer =
          verb.weight === 'read'
            ? await owner.get(verb.id, { [field]: inQuery ?? '' })
            : await owner.post(verb.id, `{${JSON.stringify(field)}:${inBody}}`)
        const told = (await answer.json()) as { readonly reason: string }
        expect([verb.id, field, answer.status, told.reason]).toEqual([verb.id, field, 400, 'bad-request'])
      }
    }
  })

  it('is found however deep it is, and in names', async () => {
    const deep = `${'['.repeat(20_000)}"\\u0000"${']'.repeat(20_000)}`
    for (const body of [`{"document":{"a":${deep}}}`, '{"document":{"a\\u0000":1}}'])
      expect((await owner.post('policy.check', body)).status).toBe(400)
  })

  it('is no page’s either', async () => {
    const answer = await server.fetch(
      new Request(`${server.issuer}/api/signin/options`, {
        method: 'POST',
        headers: { Origin: server.issuer, 'Content-Type': 'application/json' },
        body: '{"username":"a\\u0000"}',
      }),
    )
    expect(answer.status).toBe(400)
  })
})

it('an instant that no database reads is the caller’s mistake, wherever one is taken', async () => {
  const instants = ['0000-06-01T00:00:00.000Z', '+010000-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z']
  const beside = { person: 'per_x', filter: 'unused', width: 'hour' }
  let tried = 0
  for (const verb of VERBS.filter(({ weight }) => weight === 'read')) {
    const fields = Object.keys(verb.input.shape)
    const taken = fields.filter((field) => ['from', 'to', 'until', 'before', 'after'].includes(field))
    for (const at of taken.length === 0 ? [] : instants)
      for (const text of [at, `${at}~key_x`, `${Date.parse(at)}.act_${'x'.repeat(22)}`]) {
        tried += 1
        const more = Object.entries(beside).filter(([name]) => fields.includes(name))
        const query = Object.fromEntries([...more, ...taken.map((field) => [field, text])])
        expect([verb.id, text, (await owner.get(verb.id, query)).status]).not.toEqual([verb.id, text, 500])
      }
  }
  expect(tried).toBeGreaterThan(90)
  for (const [verb, query] of [
    ['audit.list', { from: instants[0] ?? '' }],
    ['sessions.search', { after: `${instants[1]}~dev_x` }],
    ['acts.list', { after: `${Date.parse(instants[1] ?? '')}.act_${'x'.repeat(22)}` }],
    ['receipts.list', { after: `${instants[2]}~act_${'x'.repeat(22)}` }],
  ] as const)
    expect([verb, (await owner.get(verb, query)).status]).toEqual([verb, 400])
})

describe('a page of another site', () => {
  it.each(['cross-site', 'same-site'])('has no file taken out in an administrator’s name (%s)', async (site) => {
    const answer = await owner.get('people.export', {}, { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate' })
    expect([answer.status, await answer.json()]).toMatchObject([403, { reason: 'foreign-origin' }])
    const out = await server.db.select().from(auditEntries).where(like(auditEntries.action, 'people.exported'))
    expect(out).toEqual([])
  })

  it.each([{ 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }, {}])('%o is none', async (headers) => {
    const answer = await owner.get('me.show', {}, headers as Record<string, string>)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
  })
})

describe('a token, or an administrator, that asks without end', () => {
  it('has fifty acts that wait, and no more; what is taken back makes room', async () => {
    const busy = await administrator('supervisor', 'busy')
    const ask = async () => {
      const answer = await busy.post('sessions.end-everyone', '{"reason":"flood"}')
      return [answer.status, (await answer.json()) as { readonly act?: string; readonly reason?: string }] as const
    }
    const answers = await Promise.all(Array.from({ length: 60 }, ask))
    expect(answers.filter(([status]) => status === 202)).toHaveLength(50)
    expect(answers.filter(([status, { reason }]) => status === 429 && reason === 'too-many-acts')).toHaveLength(10)
    const act = answers.find(([status]) => status === 202)?.[1].act
    expect((await busy.post('acts.withdraw', JSON.stringify({ act }))).status).toBe(200)
    expect((await ask())[0]).toBe(202)
    // Others ask as before.
    expect((await owner.post('sessions.end-everyone', '{"reason":"real"}')).status).toBe(202)
  })
})

describe('receipts', () => {
  const ROOM = '!cabinet:example.org'

  async function approved(personId: string): Promise<string> {
    const hash = hashToken(newToken('approval', systemRandom))
    const intent = JSON.stringify({
      v: 1,
      typ: 'history-release',
      sub: personId,
      rooms: [{ id: ROOM, name: 'Cabinet' }],
    })
    const now = new Date()
    await server.db.insert(approvals).values({
      hash,
      sealedToken: 'sealed',
      mergeKey: hash,
      personId,
      serverName: 'example.org',
      deviceId: 'dev_x',
      network: '192.0.2.0/24',
      client: 'Element',
      intent,
      state: 'approved',
      createdAt: now,
      expiresAt: new Date(now.getTime() + 60_000),
      decidedAt: now,
      receipt: { typ: 'palier-receipt', intent },
    })
    return hash
  }

  it('name no room where they are listed, and looking at one is an entry in the audit log', async () => {
    const auditor = await administrator('auditor', 'curious')
    const { id } = await insertPerson(server.db, { username: 'reader' })
    const receipt = await approved(id)
    const listed = await (await auditor.get('receipts.list', { person: id })).text()
    expect(JSON.parse(JSON.parse(listed).items[0].intent)).toMatchObject({ sub: id, rooms_total: 1 })
    expect(listed).not.toMatch(/cabinet/i)
    expect(await looks(id)).toEqual([])
    expect(await (await auditor.get('receipts.show', { id: receipt })).text()).toContain(ROOM)
    expect(await looks(id)).toEqual([{ actor: auditor.person.id, action: 'privacy.looked' }])
    // One's own is no look at anybody.
    const own = await approved(auditor.person.id)
    expect((await auditor.get('receipts.show', { id: own })).status).toBe(200)
    expect(await looks(auditor.person.id)).toEqual([])
  })

  it('have no page after a time that there is not', async () => {
    const after = `2026-13-45T00:00:00.000Z~${'a'.repeat(43)}`
    expect((await owner.get('receipts.list', { after })).status).toBe(400)
  })
})
