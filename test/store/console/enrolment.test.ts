// Getting people in, over the console's API: links by hand, mail and letter, the desk, keys sent by post, lost keys, passes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outboxStore } from '../../../db/stores/outbox.ts'
import { revocationsStore } from '../../../db/stores/revocations.ts'
import { mails } from '../../../server/notify/mail.ts'
import { sealPlace } from '../../../server/platform/seal-columns.ts'
import { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { enrolmentConsoleWorld } from '../../support/enrolment-console.ts'
import { insertDevice } from '../../support/people.ts'

let database: TestDatabase
let world: Awaited<ReturnType<typeof enrolmentConsoleWorld>>
let owner: Awaited<ReturnType<typeof world.administrator>>
let enroller: Awaited<ReturnType<typeof world.administrator>>
beforeAll(async () => {
  database = await testDatabase()
  world = await enrolmentConsoleWorld(database)
  owner = await world.administrator('owner')
  enroller = await world.administrator('enroller')
})
afterAll(() => database.drop())

const ticketOf = (url: string) => url.slice(url.lastIndexOf('/') + 1)
const link = (person: string, more: object = {}) => enroller.call('enrolment.issue', { person, hours: 24, ...more })

describe('a link', () => {
  it('is shown once, enrols a key, and is in no list once used or withdrawn', async () => {
    const person = await world.person('ada')
    const made = await link(person.id, { uses: 2 })
    expect(made).toMatchObject({ status: 200, body: { uses: 2, sent_to: null } })
    const listed = () => enroller.call('enrolment.list', { person: person.id })
    expect((await listed()).body.items).toMatchObject([
      { id: made.body.id, uses_left: 2, created_by: enroller.person.id },
    ])
    expect(JSON.stringify((await listed()).body)).not.toContain(ticketOf(made.body.url))
    await world.enrol(ticketOf(made.body.url), new SoftwareAuthenticator())
    expect((await listed()).body.items).toMatchObject([{ uses_left: 1 }])
    expect((await enroller.call('enrolment.withdraw', { id: made.body.id })).status).toBe(200)
    expect((await listed()).body.items).toEqual([])
    await expect(world.enrol(ticketOf(made.body.url), new SoftwareAuthenticator())).rejects.toMatchObject({
      reason: 'ticket-expired',
    })
    expect((await enroller.call('enrolment.withdraw', { id: made.body.id })).body.reason).toBe('ticket-unknown')
    const actions = (await world.log()).filter(({ subject }) => subject === person.id).map(({ action }) => action)
    expect(actions).toEqual(['enrolment.issued', 'enrolment.withdrawn'])
  })

  it.each([
    ['for no time', { hours: 0 }],
    ['for longer than a fortnight', { hours: 337 }],
    ['for three keys', { uses: 3 }],
    ['of no policy there is', { policy: 'anything' }],
    ['with what is not asked for', { ticket: 'x' }],
  ])('%s is refused', async (_what, more) => {
    const person = await world.person(`bad${Math.floor(Math.random() * 1e9)}`)
    expect(await link(person.id, more)).toMatchObject({ status: 400, body: { reason: 'bad-request' } })
  })

  it('of nobody, of somebody suspended, and by whoever tapped long ago is refused', async () => {
    expect(await link('per_nobody')).toMatchObject({ status: 404, body: { reason: 'person-unknown' } })
    const person = await world.person('susan')
    await database.sql`UPDATE people SET suspended_at = now() WHERE id = ${person.id}`
    expect(await link(person.id)).toMatchObject({ status: 409, body: { reason: 'person-unavailable' } })
    const tired = await world.administrator('enroller', 301)
    expect((await tired.call('enrolment.issue', { person: person.id, hours: 1 })).body.reason).toBe(
      'fresh-tap-required',
    )
  })

  it('of an administrator is given by no script, whatever its token holds', async () => {
    const answer = await world.script('owner')('enrolment.issue', { person: enroller.person.id, hours: 1 })
    expect(answer).toMatchObject({ status: 403, body: { reason: 'tap-needed' } })
  })

  it('of an owner, a pass and the desk too, is given by owners only: an enroller does not become one', async () => {
    for (const [verb, more] of [
      ['enrolment.issue', { hours: 1 }],
      ['enrolment.desk', {}],
      ['pass.issue', { hours: 1 }],
    ] as const) {
      const input = { person: owner.person.id, ...more }
      expect((await enroller.call(verb, input)).body.reason).toBe('administrators-by-owners')
      expect((await owner.call(verb, input)).status).toBe(200)
    }
  })

  it('of an owner, and a pass, is taken back by owners and by its person, not by an enroller, a supervisor or a token', async () => {
    const supervisor = await world.administrator('supervisor')
    const mine = await world.administrator('enroller')
    for (const whose of [await world.administrator('owner'), mine]) {
      const made = (await owner.call('enrolment.issue', { person: whose.person.id, hours: 1 })).body
      const pass = (await owner.call('pass.issue', { person: whose.person.id, hours: 1 })).body
      const others = [enroller.call, supervisor.call, world.script('enroller')]
      for (const call of others) {
        const withdrawn = await call('enrolment.withdraw', { id: made.id })
        expect(withdrawn.body.reason).toMatch(/^(?:administrators-by-owners|not-permitted)$/)
        const revoked = await call('pass.revoke', { id: pass.id })
        expect(revoked).toMatchObject({ status: 403, body: { reason: 'administrators-by-owners' } })
      }
      expect((await owner.call('enrolment.list', { person: whose.person.id })).body.items).toMatchObject([
        { id: made.id },
      ])
      expect((await owner.call('lost.show', { person: whose.person.id })).body.passes).toMatchObject([{ id: pass.id }])
      const by = whose === mine ? mine : owner
      expect((await by.call('enrolment.withdraw', { id: made.id })).status).toBe(200)
      expect((await by.call('pass.revoke', { id: pass.id })).status).toBe(200)
    }
  })

  it('is one of twenty at most, however many ask at once, and one for which an old one is withdrawn', async () => {
    const person = await world.person('twenty')
    const answers = await Promise.all(Array.from({ length: 24 }, () => link(person.id)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(20).fill(200), ...Array(4).fill(409)])
    expect(await link(person.id)).toMatchObject({ status: 409, body: { reason: 'too-many-links' } })
    const logged = (await world.log()).filter(({ subject }) => subject === person.id)
    expect(logged).toHaveLength(20)
    const id = answers.find(({ status }) => status === 200)?.body.id
    await enroller.call('enrolment.withdraw', { id })
    world.time.nowMs = Date.now() + 1
    expect((await link(person.id)).status).toBe(200)
    // A seat at the desk is another matter, and so are other people.
    expect((await enroller.call('enrolment.desk', { person: person.id })).status).toBe(200)
    expect((await link((await world.person('another')).id)).status).toBe(200)
  })

  it('of somebody who gets a role before it is used opens nothing more, unless an owner gave it themselves', async () => {
    const person = await world.person('petra')
    const given = [
      await link(person.id, { hours: 336, uses: 2 }),
      await world.script('owner')('enrolment.issue', { person: person.id, hours: 336 }),
    ]
    const first = new SoftwareAuthenticator()
    const { cookie } = await world.enrol(ticketOf((await link(person.id)).body.url), first)
    await database.sql`UPDATE people SET role = 'owner' WHERE id = ${person.id}`
    for (const { body } of given)
      await expect(world.enrol(ticketOf(body.url), new SoftwareAuthenticator())).rejects.toMatchObject({
        status: 403,
        reason: 'link-not-by-owner',
      })
    // Nor does the browser that enrolled the first key add a second.
    await expect(world.enrol(cookie ?? '', new SoftwareAuthenticator())).rejects.toMatchObject({
      reason: 'link-not-by-owner',
    })
    const ofOwner = await owner.call('enrolment.issue', { person: person.id, hours: 1 })
    expect(await world.enrol(ticketOf(ofOwner.body.url), new SoftwareAuthenticator())).toMatchObject({ keys: 2 })
  })

  it('is mailed in the person’s language, sealed until it is sent and gone afterwards, and not answered', async () => {
    const person = await world.person('mel')
    expect((await link(person.id, { by: 'mail' })).body.reason).toBe('no-address')
    await database.sql`UPDATE people SET email = 'mel@example.org' WHERE id = ${person.id}`
    const made = await link(person.id, { by: 'mail' })
    expect(made.body).toMatchObject({ url: null, sent_to: 'mel@example.org' })
    const outbox = outboxStore(database.db)
    const claim = { channel: 'mail' as const, targets: null, serverName: null, except: [], limit: 9, leaseMs: 1000 }
    const [owed] = await outbox.take(claim)
    expect(owed?.payload).not.toContain('/enrol/')
    expect(owed?.sealedLink).toMatch(/^v1\./)
    const sent: { to: string; text: string }[] = []
    const deliver = mails({
      mailer: { send: async (mail) => void sent.push(mail) },
      issuer: 'http://localhost:8080',
      openLink: (id, sealed) => world.sealer.open('enrolment-link', sealPlace('outbox', id), sealed),
    })
    if (owed === undefined) throw new Error('nothing is owed')
    await deliver.deliver(owed, new AbortController().signal)
    const url = /http:\/\/localhost:8080\/enrol\/\S+/.exec(sent[0]?.text ?? '')?.[0] ?? ''
    expect(sent).toMatchObject([{ to: 'mel@example.org' }])
    await outbox.delivered(owed.id)
    const [row] = await database.sql`SELECT sealed_link, payload FROM outbox WHERE id = ${owed.id}`
    expect(row?.['sealed_link']).toBeNull()
    expect(await world.enrol(ticketOf(url), new SoftwareAuthenticator())).toMatchObject({ keys: 1 })
    expect(JSON.stringify(await world.log())).not.toContain(ticketOf(url))
  })

  it('is not mailed any more once it opens nothing: withdrawn, used, of whoever is suspended, run out; also when a try was under way', async () => {
    const outbox = outboxStore(database.db)
    const claim = { channel: 'mail' as const, targets: null, serverName: null, except: [], limit: 9, leaseMs: 0 }
    const mailed = async (username: string) => {
      const person = await world.person(username)
      await database.sql`UPDATE people SET email = ${`${username}@example.org`} WHERE id = ${person.id}`
      const { id } = (await link(person.id, { by: 'mail' })).body
      const [owed] = await outbox.take(claim)
      if (owed === undefined) throw new Error('nothing is owed')
      return { person, id, owed }
    }
    const dropped = async (owedId: string) => {
      // A try that was under way fails: it is not tried again.
      await outbox.failed(owedId, 'the server is busy', 0)
      expect(await outbox.take(claim)).toEqual([])
      const [row] = await database.sql`SELECT sealed_link, last_error, dead_at FROM outbox WHERE id = ${owedId}`
      expect(row).toMatchObject({ sealed_link: null, last_error: 'link-void', dead_at: expect.anything() })
    }
    const withdrawn = await mailed('withdrawn')
    await enroller.call('enrolment.withdraw', { id: withdrawn.id })
    await dropped(withdrawn.owed.id)
    const used = await mailed('used')
    const sealed = used.owed.sealedLink ?? ''
    const url = world.sealer.open('enrolment-link', sealPlace('outbox', used.owed.id), sealed)
    await world.enrol(ticketOf(url), new SoftwareAuthenticator())
    await dropped(used.owed.id)
    const gone = await mailed('gone')
    await revocationsStore(database.db).revoke('person', gone.person.id, 'person-suspended', async () => undefined)
    await dropped(gone.owed.id)
    const late = await mailed('late')
    await database.sql`UPDATE enrolment_tickets SET expires_at = now() - interval '1 second' WHERE hash = ${late.id}`
    expect(await outbox.take(claim)).toEqual([])
    await dropped(late.owed.id)
    // One that still opens is tried again.
    const open = await mailed('open')
    await outbox.failed(open.owed.id, 'the server is busy', 0)
    expect(await outbox.take(claim)).toMatchObject([{ id: open.owed.id, attempts: 2 }])
  })

  it('is not mailed where there is no mail server, nor more often than six times an hour', async () => {
    const person = await world.person('max')
    await database.sql`UPDATE people SET email = 'max@example.org' WHERE id = ${person.id}`
    for (let sent = 0; sent < 6; sent++) expect((await link(person.id, { by: 'mail' })).status).toBe(200)
    expect((await link(person.id, { by: 'mail' })).body.reason).toBe('too-many-mails')
    const other = await testDatabase()
    const silent = await enrolmentConsoleWorld(other, { mail: false })
    const alone = await silent.administrator('enroller')
    const ida = await silent.person('ida')
    expect((await alone.call('enrolment.issue', { person: ida.id, hours: 1, by: 'mail' })).body.reason).toBe(
      'no-mail-server',
    )
    await other.drop()
  })
})

describe('at the desk', () => {
  it('the administrator’s own browser takes the key; a script has no desk', async () => {
    const person = await world.person('dee')
    const { body } = await enroller.call('enrolment.desk', { person: person.id })
    expect(body.seconds).toBe(600)
    await expect(world.enrol(ticketOf(body.url), new SoftwareAuthenticator())).rejects.toMatchObject({
      reason: 'other-browser',
    })
    const there = { browserHash: enroller.browserHash }
    expect(await world.enrol(ticketOf(body.url), new SoftwareAuthenticator(), {}, there)).toMatchObject({ keys: 1 })
    for (const verb of ['enrolment.desk', 'pass.issue'])
      expect(
        (await world.script('enroller')(verb, { person: person.id, ...(verb === 'pass.issue' ? { hours: 1 } : {}) }))
          .body.reason,
      ).toBe('tap-needed')
  })
})

describe('keys sent by post', () => {
  it('to an owner are awaited, and no more, by owners only: by file too', async () => {
    const refused = { status: 403, body: { reason: 'administrators-by-owners' } }
    const ordinary = await world.person('postman')
    const csv = `${ordinary.username};41\n${owner.person.username};42\n`
    expect(await enroller.call('expected.add', { person: owner.person.id, serial: '42' })).toMatchObject(refused)
    expect(await enroller.call('expected.import', { csv })).toMatchObject(refused)
    expect((await enroller.call('expected.list', { person: ordinary.id })).body.items).toEqual([])
    expect((await owner.call('expected.import', { csv })).body).toMatchObject({ added: 2 })
    const { items } = (await enroller.call('expected.list', { person: owner.person.id })).body
    expect(await enroller.call('expected.withdraw', { id: items[0].id })).toMatchObject(refused)
    expect((await owner.call('expected.withdraw', { id: items[0].id })).status).toBe(200)
  })

  it('are told by number, or by model and batch, in exactly one way', async () => {
    const { id: person } = await world.person('pia')
    const add = async (key: object) => (await enroller.call('expected.add', { person, ...key })).body
    const aaguid = '01020304-0506-0708-0102-030405060708'
    expect(await add({ serial: ' 00 123-456 ' })).toEqual({ added: 1 })
    expect(await add({ serial: '123456' })).toEqual({ added: 0 })
    expect(await add({ aaguid: aaguid.toUpperCase(), batch: `${'AB:'.repeat(31)}AB` })).toEqual({ added: 1 })
    expect(await add({})).toMatchObject({ reason: 'which-key' })
    expect(await add({ serial: '1', aaguid })).toMatchObject({ reason: 'which-key' })
    expect(await add({ serial: '<script>' })).toMatchObject({ reason: 'bad-serial' })
    expect(await add({ aaguid: 'x' })).toMatchObject({ reason: 'bad-model' })
    expect(await add({ aaguid, batch: 'zz' })).toMatchObject({ reason: 'bad-batch' })
    const { items } = (await enroller.call('expected.list', { person })).body
    expect(items).toHaveLength(2)
    expect((await enroller.call('expected.withdraw', { id: items[0].id })).status).toBe(200)
    expect((await enroller.call('expected.withdraw', { id: items[0].id })).body.reason).toBe('not-awaited')
  })

  it('are taken from a list, all or none, with what is wrong with each line', async () => {
    await world.person('list1')
    await world.person('list2')
    const bad = '\ufeffidentifiant;série\nlist1;1001\nnobody;1002\nlist2;=1+1;x\nlist2;#\nlist2;1001\n'
    const take = async (csv: string, isDryRun = false) =>
      (await enroller.call('expected.import', { csv, dry_run: isDryRun })).body
    expect(await take(bad)).toEqual({
      lines: 5,
      added: 0,
      faults: [
        { line: 3, reason: 'unknown-person', text: 'nobody;1002' },
        { line: 4, reason: 'columns', text: 'list2;=1+1;x' },
        { line: 5, reason: 'bad-serial', text: 'list2;#' },
        { line: 6, reason: 'duplicate', text: 'list2;1001' },
      ],
    })
    const good = 'list1,1001\r\nLIST2,1002\r\n'
    expect(await take(good, true)).toEqual({ lines: 2, added: 0, faults: [] })
    expect(await take(good)).toEqual({ lines: 2, added: 2, faults: [] })
    expect(await take(good)).toMatchObject({ added: 0 })
    expect(await take('"')).toMatchObject({ reason: 'bad-csv' })
    expect(await take('a;1\n'.repeat(5_001))).toMatchObject({ reason: 'too-many-lines' })
  })
})

describe('a lost key', () => {
  it('is revoked with what it opened and nothing else; all of them take everything', async () => {
    const { person, credentialId } = await world.enrolled('lou')
    const deviceOf = async () =>
      insertDevice(
        { db: database.db, sealer: world.sealer as never, serverName: 'example.org' },
        { ...person, credentialId },
      )
    const [first] = [await deviceOf()]
    world.time.nowMs += 1
    const spare = (await link(person.id)).body.url
    const second = await world.enrol(ticketOf(spare), new SoftwareAuthenticator())
    const { body } = await enroller.call('lost.show', { person: person.id })
    expect(body.keys.map(({ id }: { id: string }) => id)).toEqual([credentialId, second.credential.id])
    const one = await enroller.call('lost.revoke', { person: person.id, keys: [credentialId] })
    expect(one.body).toEqual({ keys: [credentialId], devices: 1, sids: 1 })
    const [ended] = await database.sql`SELECT ended_reason FROM devices WHERE id = ${first.id}`
    expect(ended).toEqual({ ended_reason: 'credential-revoked' })
    const [heard] =
      await database.sql`SELECT count(*)::int AS rows FROM revocations WHERE subject IN (${credentialId}, ${first.id})`
    expect(heard?.['rows']).toBe(2)
    expect((await enroller.call('lost.revoke', { person: person.id, keys: [credentialId] })).body.reason).toBe(
      'unknown-key',
    )

    const open = (await link(person.id)).body.url
    const pass = (await enroller.call('pass.issue', { person: person.id, hours: 2 })).body
    expect((await enroller.call('lost.revoke', { person: person.id })).body.keys).toEqual([second.credential.id])
    expect((await enroller.call('lost.show', { person: person.id })).body).toMatchObject({ keys: [], passes: [] })
    world.time.nowMs = Date.now() + 1
    await expect(world.enrol(ticketOf(open), new SoftwareAuthenticator())).rejects.toMatchObject({
      reason: 'ticket-expired',
    })
    expect((await enroller.call('pass.revoke', { id: pass.id })).body.reason).toBe('unknown-pass')
    const revoked = (await world.log()).filter(({ action }) => action === 'key.revoked')
    expect(revoked).toMatchObject([
      { subject: credentialId, actor: enroller.person.id, detail: { reason: 'lost', person: person.id } },
      { subject: second.credential.id },
    ])
  })

  it('of another person is not touched by naming it', async () => {
    const [{ credentialId }, other] = [await world.enrolled('mia'), await world.person('noe')]
    expect((await enroller.call('lost.revoke', { person: other.id, keys: [credentialId] })).body.reason).toBe(
      'unknown-key',
    )
    expect(await world.people.keyById(credentialId)).toMatchObject({ revokedAt: null })
  })

  it('of an administrator is an owner’s to report, or their own', async () => {
    const refused = await enroller.call('lost.revoke', { person: owner.person.id })
    expect(refused).toMatchObject({ status: 403, body: { reason: 'administrators-by-owners' } })
    const mine = await world.administrator('enroller')
    expect((await mine.call('lost.revoke', { person: mine.person.id })).body.keys).toHaveLength(1)
  })

  it('of the last owner is refused, and everything stays as it was', async () => {
    const fresh = await testDatabase()
    const alone = await enrolmentConsoleWorld(fresh)
    const last = await alone.administrator('owner')
    expect((await last.call('lost.revoke', { person: last.person.id })).body.reason).toBe('last-owner')
    expect((await last.call('lost.show', { person: last.person.id })).body.keys).toHaveLength(1)
    await fresh.drop()
  })
})

describe('a pass', () => {
  it('is shown once, listed without its code, and ended', async () => {
    const person = await world.person('pat')
    const { body } = await enroller.call('pass.issue', { person: person.id, hours: 3 })
    expect(body.code).toMatch(/^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}$/)
    const shown = (await enroller.call('lost.show', { person: person.id })).body
    expect(shown.passes).toMatchObject([{ id: body.id, used_at: null, issued_by: enroller.person.id }])
    expect(JSON.stringify(shown)).not.toContain(body.code)
    expect((await enroller.call('pass.revoke', { id: body.id })).status).toBe(200)
    expect((await enroller.call('pass.revoke', { id: body.id })).body.reason).toBe('unknown-pass')
    expect((await enroller.call('pass.issue', { person: person.id, hours: 25 })).status).toBe(400)
  })
})
