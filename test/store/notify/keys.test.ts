// A key that was added beside others, and one that was revoked: its person hears of it, whoever did it, wherever.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outbox, personLanguages } from '../../../db/schema/notify.ts'
import { people } from '../../../db/schema/people.ts'
import { peopleTools } from '../../../server/cli/people-wiring.ts'
import { readLetter } from '../../../server/notify/letter.ts'
import { type AssertionOptions, type RegistrationOptions, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { startIdServer } from '../../support/id-server.ts'

let server: Awaited<ReturnType<typeof startIdServer>>
beforeAll(async () => {
  server = await startIdServer(() => ({
    PALIER_SMTP_URL: 'smtp://localhost:1025',
    PALIER_MAIL_FROM: 'palier@example.org',
    PALIER_SYNAPSE_ADMIN_TOKEN_FILE: '/run/secrets/admin-token',
  }))
})
afterAll(() => server.close())

/** A browser at id. */
function browser() {
  const cookies = new Map<string, string>()
  async function post(path: string, body: unknown) {
    const answer = await server.fetch(
      new Request(`${server.issuer}${path}`, {
        method: 'POST',
        headers: {
          Origin: server.issuer,
          'Content-Type': 'application/json',
          'Accept-Language': 'en',
          Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
        body: JSON.stringify(body),
      }),
    )
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
      cookies.set(name, value)
    }
    // biome-ignore lint/suspicious/noExplicitAny: what a test looks at and is not there fails its comparison
    return { status: answer.status, body: (await answer.json()) as any }
  }
  return {
    post,
    async enrol(link: string, name: string, key = new SoftwareAuthenticator()) {
      const ticket = link.split('/').at(-1)
      const { body } = await post('/api/enrol/options', { ticket })
      const { ceremony, options } = body as { ceremony: string; options: RegistrationOptions }
      const response = key.register(options, { origin: server.issuer })
      const answer = await post('/api/enrol/verify', { ticket, ceremony, response, name })
      expect(answer.status).toBe(200)
      return { key, id: answer.body.credential.id as string }
    },
    async signIn(username: string, key: SoftwareAuthenticator) {
      const { body } = await post('/api/signin/options', { username })
      const { ceremony, options } = body as { ceremony: string; options: AssertionOptions }
      const response = key.assert(options, { origin: server.issuer })
      expect((await post('/api/signin/verify', { ceremony, response })).status).toBe(200)
    },
  }
}

/** Somebody with an address, a language and a key. */
async function someone(username: string, role: 'person' | 'owner' = 'person') {
  const made = await server.person(username, role)
  await server.db
    .update(people)
    .set({ email: `${username}@example.org` })
    .where(eq(people.id, made.id))
  await server.db.insert(personLanguages).values({ personId: made.id, locale: 'en', usedAt: new Date() })
  const at = browser()
  const { key, id: keyId } = await at.enrol(made.link, 'First')
  return { ...made, at, key, keyId }
}

/** What somebody is owed, by mail and as a notice. */
async function letters(username: string) {
  const rows = await server.db.select().from(outbox).orderBy(outbox.createdAt)
  const to = (channel: string, target: string) =>
    rows.filter((row) => row.channel === channel && row.target === target).map(({ payload }) => readLetter(payload))
  const mails = to('mail', `${username}@example.org`)
  expect(to('server-notice', `@${username}:example.org`)).toEqual(mails)
  return mails.map((letter) => letter?.text ?? '')
}

describe('a key that is added', () => {
  it('beside another is told to its person, whichever way it came: which, where, how, and what to do', async () => {
    const petra = await someone('petra')
    // The first is no news.
    expect(await letters('petra')).toEqual([])
    await petra.at.enrol(petra.link, 'Second {link}')
    const [second, ...more] = await letters('petra')
    expect(more).toEqual([])
    expect(second).toMatch(
      /^The security key "Second link" was added to your account petra \(.* UTC\), with an enrolment link\.$/m,
    )
    expect(second).toContain('Network: 192.0.2.0/24.')
    expect(second).toContain(`report that key lost at ${server.issuer}/me, and tell your support desk.`)

    await browser().enrol(await server.anotherLink(petra.id), 'Third')
    await petra.at.signIn('petra', petra.key)
    const { body } = await petra.at.post('/api/me/add-key', {})
    await petra.at.enrol(body.enrol_uri, 'Fourth')
    expect((await letters('petra')).slice(1)).toEqual([
      expect.stringMatching(/"Third" .*, with an enrolment link\./),
      expect.stringMatching(/"Fourth" .*, from your own page, with one of your keys\./),
    ])
  })

  it('by an administrator from their own page is told to them, and to nobody else', async () => {
    const odile = await someone('odile', 'owner')
    await odile.at.signIn('odile', odile.key)
    const { body } = await odile.at.post('/api/me/add-key', {})
    await odile.at.enrol(body.enrol_uri, 'Spare')
    const [letter, ...more] = await letters('odile')
    expect(more).toEqual([])
    expect(letter).toContain('from your own page, with one of your keys.')
    expect(letter).toContain('tell another owner')
  })
})

describe('a key that is revoked', () => {
  it('is told to its person by name, whoever did it', async () => {
    const owner = await someone('olga', 'owner')
    await owner.at.signIn('olga', owner.key)
    const paul = await someone('paul')
    const spare = await paul.at.enrol(paul.link, 'Spare')
    const third = await browser().enrol(await server.anotherLink(paul.id), 'Third')
    const fourth = await browser().enrol(await server.anotherLink(paul.id), 'Fourth')
    const before = (await letters('paul')).length
    const since = async () => (await letters('paul')).slice(before)

    await paul.at.signIn('paul', paul.key)
    expect(await paul.at.post('/api/me/report-lost', { key: spare.id })).toMatchObject({ status: 200 })
    expect(await since()).toEqual([expect.stringMatching(/at your request \(.*\):\n- Spare\n/)])
    expect((await since())[0]).toContain(`look at your keys and devices at ${server.issuer}/me`)

    const revoke = () => owner.at.post('/api/console/keys/revoke', { id: third.id, reason: 'between us' })
    expect(await revoke()).toMatchObject({ status: 200, body: { changed: true } })
    // Again: there was nothing left to revoke, and there is nothing to tell.
    expect(await revoke()).toMatchObject({ status: 200, body: { changed: false } })
    expect((await since()).slice(1)).toEqual([expect.stringMatching(/by an administrator \(.*\):\n- Third\n/)])
    expect((await since())[1]).not.toContain('between us')

    const tools = peopleTools(server.ground)
    const event = { action: 'key.revoked', actor: 'cli', subject: fourth.id, detail: {} }
    expect(await tools.people.revokeKey(fourth.id, 'lost', new Date(), event)).toBe(true)
    expect((await since()).slice(2)).toEqual([expect.stringMatching(/by whoever runs the server \(.*\):\n- Fourth\n/)])
  })

  it('with all the others is told once', async () => {
    const owner = await someone('ophelia', 'owner')
    await owner.at.signIn('ophelia', owner.key)
    const rosa = await someone('rosa')
    await rosa.at.enrol(rosa.link, 'Second')
    const before = (await letters('rosa')).length
    expect(await owner.at.post('/api/console/lost/revoke', { person: rosa.id })).toMatchObject({ status: 200 })
    expect((await letters('rosa')).slice(before)).toEqual([
      expect.stringMatching(
        /These keys were taken off your account, by an administrator .*:\n- (First\n- Second|Second\n- First)\n/,
      ),
    ])
  })
})
