// A key that an administrator has by a link which somebody else gave: everybody who gets alerts hears of it, and so does its person.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { outbox } from '../../../db/schema/notify.ts'
import { credentials, people } from '../../../db/schema/people.ts'
import { alerts } from '../../../db/schema/watch.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { enrolmentStore } from '../../../db/stores/enrolment.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { issueTicket } from '../../../server/people/tickets.ts'
import { type RegistrationOptions, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { startIdServer } from '../../support/id-server.ts'

let server: Awaited<ReturnType<typeof startIdServer>>
beforeAll(async () => {
  server = await startIdServer(() => ({
    PALIER_SMTP_URL: 'smtp://localhost:1025',
    PALIER_MAIL_FROM: 'palier@example.org',
    PALIER_ALERT_MAIL_TO: 'operators@example.org',
  }))
})
afterAll(() => server.close())

async function enrol(link: string): Promise<number> {
  const ticket = link.split('/').at(-1)
  let cookie = ''
  const post = async (path: string, body: object) => {
    const answer = await server.fetch(
      new Request(`${server.issuer}${path}`, {
        method: 'POST',
        headers: { Origin: server.issuer, 'Content-Type': 'application/json', Cookie: cookie },
        body: JSON.stringify(body),
      }),
    )
    cookie ||= answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return { status: answer.status, body: (await answer.json()) as { ceremony: string; options: RegistrationOptions } }
  }
  const { ceremony, options } = (await post('/api/enrol/options', { ticket })).body
  const response = new SoftwareAuthenticator().register(options, { origin: server.issuer })
  return (await post('/api/enrol/verify', { ticket, ceremony, response, name: 'Key' })).status
}

/** A link of a kind that somebody gives. */
async function linkBy(createdBy: string, personId: string, kind: 'enrol' | 'self' = 'enrol'): Promise<string> {
  const { db, ground } = server
  const enrolment = enrolmentStore(db, auditLog({ store: auditStore(db), clock: ground.clock }))
  return (await issueTicket({ ...ground, enrolment }, { kind, personId, createdBy })).url
}

const heard = (personId: string) =>
  server.db
    .select({ kind: alerts.kind, explanation: alerts.explanation })
    .from(alerts)
    .where(eq(alerts.personId, personId))

it('is told of, once a key, with who gave it; a first one is not, nor a person’s, nor what administrators make for themselves', async () => {
  const ada = await server.person('ada', 'owner')
  expect(await enrol(ada.link)).toBe(200)
  const bob = await server.person('bob', 'owner')
  await server.db.update(people).set({ email: 'bob@example.org' }).where(eq(people.id, bob.id))
  // The first one, without which he does not get in.
  expect(await enrol(await linkBy(ada.id, bob.id))).toBe(200)
  expect(await heard(bob.id)).toEqual([])
  // He lost it, or so she says.
  await server.db.update(credentials).set({ revokedAt: new Date() }).where(eq(credentials.personId, bob.id))
  expect(await enrol(await linkBy(ada.id, bob.id))).toBe(200)
  expect(await heard(bob.id)).toEqual([
    {
      kind: 'administrator-key',
      explanation: expect.objectContaining({ en: expect.stringMatching(/given by ada\./) }),
    },
  ])
  const mails = await server.db.select().from(outbox).where(eq(outbox.channel, 'mail'))
  expect(mails.map(({ target }) => target).sort()).toEqual(['bob@example.org', 'operators@example.org'])
  expect(mails.find(({ target }) => target === 'bob@example.org')?.payload).toContain(`${server.issuer}/me`)

  expect(await enrol(await linkBy(bob.id, bob.id, 'self'))).toBe(200)
  expect(await heard(bob.id)).toHaveLength(1)

  const person = await server.person('petra')
  expect(await enrol(await linkBy(ada.id, person.id))).toBe(200)
  expect(await heard(person.id)).toEqual([])
})
