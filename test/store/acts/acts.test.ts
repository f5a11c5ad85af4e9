// A grave verb: nothing is done before two have signed the same bytes, or one alone and a day later; then it is done once.
import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { acts } from '../../../db/schema/acts.ts'
import { outbox } from '../../../db/schema/notify.ts'
import { credentials, people } from '../../../db/schema/people.ts'
import { alerts } from '../../../db/schema/watch.ts'
import { receiptOfTwo } from '../../../server/cli/receipt-of-two.ts'
import { PERMISSIONS } from '../../../server/console/permissions.ts'
import { issueTicket } from '../../../server/people/tickets.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { verifyLoneReceipt } from '../../../server/stepup/act-receipt.ts'
import { verifyReleaseReceipt } from '../../../server/stepup/release-receipt.ts'
import { actsWorld, DAY_MS } from '../../support/acts.ts'
import type { Someone } from '../../support/stepup.ts'

const world = await actsWorld()
afterAll(() => world.stop())
let ada: Someone
let blaise: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  await world.noOwners()
  world.ran.length = 0
  ada = await world.administrator(`ada${sequence}`)
  blaise = await world.administrator(`blaise${sequence}`)
})

const audited = async (act: string) => {
  const all = await Promise.all(
    ['requested', 'first-tap', 'delayed', 'granted', 'started', 'done', 'failed', 'withdrawn', 'refused'].map((step) =>
      world.auditOf(`act.${step}`),
    ),
  )
  return all.flat().filter(({ subject }) => subject === act)
}
const steps = async (act: string) => (await audited(act)).map(({ action }) => action.slice('act.'.length))
const receiptOf = async (by: Someone, act: string) =>
  (await by.page.get(`/api/console/acts/receipt?act=${act}`)).json() as Promise<unknown>

describe('with two administrators', () => {
  it('runs with both names, once both have signed, with exactly what was signed', async () => {
    const act = await world.request(ada, { whom: 'everything' })
    expect(world.ran).toEqual([])
    expect(await world.sign(ada, act)).toMatchObject({ status: 200, body: { state: 'awaiting-second' } })
    expect(world.ran).toEqual([])
    const { body } = await world.sign(blaise, act)
    expect(body).toMatchObject({ state: 'done', answer: { exploded: 'everything' } })
    expect(world.ran).toHaveLength(1)
    expect(world.ran[0]).toMatchObject({
      input: { whom: 'everything', reason: 'Audit 2026-117' },
      call: { by: { personId: ada.personId, role: 'owner', second: { personId: blaise.personId } } },
    })
    expect(await steps(act)).toEqual(['requested', 'first-tap', 'granted', 'started', 'done'])
    const receipt = await receiptOf(ada, act)
    const verdict = await verifyReleaseReceipt(receipt)
    expect(verdict).toMatchObject({ ok: true, intent: { jti: act, verb: 'people.explode' } })
    expect((await receiptOfTwo(receipt))?.ok).toBe(true)
    // Among everybody's receipts, checked and found in the log.
    const [listed] = await world.receipts.receipts(null, 1, blaise.personId)
    expect(listed).toMatchObject({ id: act, kind: 'act', personId: ada.personId, username: `ada${sequence}` })
    expect(await world.receipts.receipts({ at: listed?.at ?? new Date(0), id: act }, 1, blaise.personId)).toEqual([])
    expect(await world.receipts.verifyReceipt(await world.receipts.receipt(act))).toMatchObject({
      fault: null,
      sequence: expect.any(Number),
    })
    const changed = JSON.parse(JSON.stringify(receipt).replace('everything', 'everybody')) as unknown
    expect(await verifyReleaseReceipt(changed)).toMatchObject({ ok: false, fault: 'wrong-challenge' })
  })

  it('stores why the verb refused, and does not run it again', async () => {
    const act = await world.request(ada, { fail: true })
    await world.sign(ada, act)
    expect(await world.sign(blaise, act)).toMatchObject({
      status: 200,
      body: { state: 'failed', failure: 'edited-meanwhile' },
    })
    await world.here.runDue()
    expect(world.ran).toHaveLength(1)
    expect(await world.sign(blaise, act)).toMatchObject({ status: 409, body: { reason: 'already-decided' } })
  })

  it('the same person signs once, whatever key they hold', async () => {
    const act = await world.request(ada)
    await world.sign(ada, act)
    expect(await world.sign(ada, act)).toMatchObject({ status: 403, body: { reason: 'same-person' } })
    expect(world.ran).toEqual([])
    expect(await steps(act)).toContain('refused')
  })

  it('whom it concerns neither signs, denies nor withdraws it', async () => {
    const camille = await world.administrator(`camille${sequence}`)
    const act = await world.request(ada, { whom: camille.personId })
    await world.sign(ada, act)
    for (const call of [
      await world.sign(camille, act),
      await camille.page.call('/api/console/acts/deny', { act }),
      await camille.page.call('/api/console/acts/withdraw', { act }),
    ])
      expect(call).toMatchObject({ status: 403, body: { reason: 'subject-person' } })
    expect(await world.sign(blaise, act)).toMatchObject({ body: { state: 'done' } })
  })

  it('who does not hold the permission neither sees nor signs it', async () => {
    const auditor = await world.administrator(`noah${sequence}`, 'auditor')
    const act = await world.request(ada)
    expect(await world.show(auditor, act)).toMatchObject({ status: 403, body: { reason: 'not-permitted' } })
    expect(await world.begin(auditor, act, '{}')).toMatchObject({ begun: { status: 403 } })
    const list = await auditor.page.get('/api/console/acts/list')
    expect(await list.json()).toMatchObject({ items: [], waiting: 0 })
  })

  it('two keys that may be one person’s are no two: not the day that one gave the other the way to theirs', async () => {
    for (const [which, giver, kind] of [
      ['first', 'second', 'enrol'],
      ['second', 'first', 'desk'],
    ] as const) {
      const both = {
        first: await world.administrator(`f${++sequence}`),
        second: await world.administrator(`s${sequence}`),
      }
      const link = { kind, personId: both[which].personId, createdBy: `${both[giver].personId}/tok_1` }
      await issueTicket({ ...world.deps, clock: { now: () => world.clock.now() - 60_000 } }, link)
      // Whatever key they add with one that they should not have.
      await world.db
        .update(credentials)
        .set({ createdAt: new Date(world.clock.now()) })
        .where(eq(credentials.id, both[which].credentialId))
      const act = await world.request(both.first)
      await world.sign(both.first, act)
      expect(await world.sign(both.second, act)).toMatchObject({
        status: 403,
        body: { reason: 'key-given-by-the-other' },
      })
      expect(await steps(act)).toContain('refused')
      expect(world.ran).toEqual([])
      // Somebody who gave nobody anything may; so may they, a day later.
      expect(await world.sign(blaise, act)).toMatchObject({ body: { state: 'done' } })
      world.ran.length = 0
      await world.db
        .update(credentials)
        .set({ createdAt: new Date(world.clock.now() - DAY_MS) })
        .where(eq(credentials.id, both[which].credentialId))
      const later = await world.request(both.first)
      await world.sign(both.first, later)
      expect(await world.sign(both.second, later)).toMatchObject({ body: { state: 'done' } })
      world.ran.length = 0
    }
  })

  it('who lost the permission, or the key, after signing first takes the signature with them', async () => {
    for (const spoil of [
      () => world.db.update(people).set({ role: 'auditor' }).where(eq(people.id, ada.personId)),
      () => world.db.update(credentials).set({ revokedAt: new Date() }).where(eq(credentials.id, ada.credentialId)),
    ]) {
      ada = await world.administrator(`again${++sequence}`)
      const act = await world.request(ada)
      await world.sign(ada, act)
      await spoil()
      expect(await world.sign(blaise, act)).toMatchObject({ status: 409, body: { reason: 'first-tap-void' } })
    }
    expect(world.ran).toEqual([])
  })

  it('other bytes than those shown, or another intent in the database, are signed by nobody', async () => {
    const act = await world.request(ada)
    expect(await world.begin(ada, act, '{"verb":"people.explode"}')).toMatchObject({
      begun: { status: 409, body: { reason: 'intent-changed' } },
    })
    await world.sign(ada, act)
    const [row] = await world.db.select().from(acts).where(eq(acts.id, act))
    const changed = (row?.intent ?? '').replace('"whom":"nobody"', '"whom":"somebody"')
    await world.db.update(acts).set({ intent: changed }).where(eq(acts.id, act))
    expect(await world.sign(blaise, act)).toMatchObject({ status: 409, body: { reason: 'intent-changed' } })
    expect(world.ran).toEqual([])
  })

  it('denied, withdrawn or expired, it is signed no more', async () => {
    const denied = await world.request(ada)
    expect(await blaise.page.call('/api/console/acts/deny', { act: denied })).toMatchObject({
      body: { state: 'denied' },
    })
    const withdrawn = await world.request(ada)
    await world.sign(ada, withdrawn)
    expect(await ada.page.call('/api/console/acts/withdraw', { act: withdrawn })).toMatchObject({
      body: { state: 'withdrawn' },
    })
    for (const act of [denied, withdrawn]) expect(await world.sign(blaise, act)).toMatchObject({ status: 409 })
    const late = await world.request(ada)
    await world.sign(ada, late)
    await world.db
      .update(acts)
      .set({ expiresAt: new Date(world.clock.now()) })
      .where(eq(acts.id, late))
    expect(await world.sign(blaise, late)).toMatchObject({ status: 410, body: { reason: 'act-expired' } })
    expect(world.ran).toEqual([])
  })

  it('what was granted and not taken is run by the next round; what was cut off is failed, and never run', async () => {
    const act = await world.request(ada)
    await world.sign(ada, act)
    await world.sign(blaise, act)
    await world.db.update(acts).set({ state: 'granted', startedAt: null }).where(eq(acts.id, act))
    await world.here.runDue()
    expect(world.ran).toHaveLength(2)
    const cut = await world.request(ada)
    await world.sign(ada, cut)
    await world.sign(blaise, cut)
    const longAgo = new Date(world.clock.now() - DAY_MS)
    await world.db.update(acts).set({ state: 'running', startedAt: longAgo }).where(eq(acts.id, cut))
    await world.here.runDue()
    expect(await world.show(ada, cut)).toMatchObject({ body: { state: 'failed', failure: 'act-interrupted' } })
    expect(world.ran).toHaveLength(3)
  })

  it('an API token asks and looks, and is named for it; it signs, denies and withdraws nothing', async () => {
    const id = newToken('apiToken', systemRandom)
    const username = `ada${sequence}`
    world.behaviour.token = { id, personId: ada.personId, username, role: 'owner', permissions: [...PERMISSIONS] }
    const call = async (path: string, body: unknown) => {
      const response = await world.app.request(`http://localhost:8080/api/console/${path}`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${newToken('consoleToken', systemRandom)}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(body),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const asked = await call('people/explode-widely', { whom: 'nobody', reason: 'a script' })
    expect(asked.status).toBe(202)
    const act = asked.body['act'] as string
    const { body } = await world.show(blaise, act)
    const intent = body['intent'] as string
    for (const [path, sent] of [
      ['options', { act, intent }],
      ['verify', { act, intent, ceremony: 'cer_x', response: {} }],
      ['deny', { act }],
      ['withdraw', { act }],
    ] as const)
      expect(await call(`acts/${path}`, sent)).toMatchObject({ status: 403, body: { reason: 'sessions-only' } })
    const [requested] = await audited(act)
    expect(requested).toMatchObject({ action: 'act.requested', actor: `${ada.personId}/${id}` })
  })

  it('an API token sees acts of what it was given the permission for, whatever its maker could sign', async () => {
    const act = await world.request(ada)
    await world.sign(ada, act)
    await world.sign(blaise, act)
    const id = newToken('apiToken', systemRandom)
    const token = { id, personId: ada.personId, username: `ada${sequence}`, role: 'owner' as const }
    const get = async (path: string) => {
      const headers = { Authorization: `Bearer ${newToken('consoleToken', systemRandom)}` }
      return world.app.request(`http://localhost:8080/api/console/acts/${path}`, { headers })
    }
    for (const more of [[], ['roles.write'], ['sessions.end-many']] as const) {
      world.behaviour.token = { ...token, permissions: ['people.read', ...more] }
      expect((await get(`show?act=${act}`)).status).toBe(403)
      expect((await get(`receipt?act=${act}`)).status).toBe(403)
      expect(await (await get('list?limit=200')).text()).not.toContain(act)
    }
    const widely = await ada.page.call('/api/console/people/explode-widely', { whom: 'nobody', reason: 'r' })
    const other = (widely.body as { act: string }).act
    expect((await get(`show?act=${other}`)).status).toBe(200)
    expect(await (await get('list')).text()).toContain(other)
  })

  it('refuses hostile input with a reason', async () => {
    const act = await world.request(ada)
    const post = (path: string, body: unknown) => ada.page.call(`/api/console/acts/${path}`, body)
    for (const [path, body, status] of [
      ['options', { act: 'act_x', intent: '{}' }, 404],
      ['options', { act, intent: 7 }, 400],
      ['options', { act }, 400],
      ['verify', { act, intent: (await world.begin(ada, act)).intent, ceremony: 'cer_x', response: {} }, 403],
      ['deny', { act: 'nothing' }, 404],
      ['withdraw', { act, more: true }, 400],
    ] as const)
      expect([path, await post(path, body)]).toMatchObject([path, { status }])
    for (const after of ['x', `${2 ** 60}.${act}`, `1.${act}x`])
      expect((await ada.page.get(`/api/console/acts/list?after=${after}`)).status).toBe(400)
    expect(await ada.page.call('/api/console/people/explode', { whom: 'x', reason: '\u202E\u0007 ' })).toMatchObject({
      status: 400,
      body: { reason: 'bad-reason' },
    })
  })
})

describe('with one owner', () => {
  let act: string
  beforeEach(async () => {
    await world.noOwners()
    ada = await world.administrator(`alone${sequence}`)
    act = await world.request(ada)
  })

  it('runs alone a day after their tap, with a receipt of one, and everybody is told twice', async () => {
    const before = (await world.db.select().from(outbox)).length
    const { body } = await world.sign(ada, act)
    expect(body).toMatchObject({ state: 'delayed', not_before: new Date(world.clock.now() + DAY_MS).toISOString() })
    expect(await world.db.select().from(outbox)).toHaveLength(before + 1)
    world.time.nowMs += DAY_MS - 1
    await world.here.runDue()
    expect(world.ran).toEqual([])
    world.time.nowMs += 1
    await world.here.runDue()
    await world.here.runDue()
    expect(world.ran).toMatchObject([{ call: { by: { personId: ada.personId, second: null } } }])
    expect(await steps(act)).toEqual(['requested', 'delayed', 'started', 'done'])
    expect(await world.db.select().from(outbox)).toHaveLength(before + 2)
    const [row] = await world.db.select().from(acts).where(eq(acts.id, act))
    expect(await verifyLoneReceipt(row?.receipt)).toMatchObject({ ok: true, intent: { jti: act } })
    expect(await receiptOfTwo(row?.receipt)).toMatchObject({ ok: true, intent: { verb: 'people.explode' } })
    expect(await world.receipts.verifyReceipt(row?.receipt)).toMatchObject({
      fault: null,
      sequence: expect.any(Number),
    })
    // One signature is not two, whatever it calls itself.
    const twice = { ...row?.receipt, typ: 'palier-two-person-receipt', taps: [row?.firstTap, row?.firstTap] }
    expect(await verifyReleaseReceipt(twice)).toMatchObject({ ok: false, fault: 'same-person' })
  })

  it('who suspended the other owners, or revoked their keys, is not alone by it for a week', async () => {
    const at = (daysAgo: number) => new Date(world.clock.now() - daysAgo * DAY_MS)
    await world.db.update(people).set({ role: 'owner' }).where(eq(people.id, blaise.personId))
    const suspended = (when: Date | null) =>
      world.db.update(people).set({ suspendedAt: when }).where(eq(people.id, blaise.personId))
    const revoked = (when: Date | null) =>
      world.db.update(credentials).set({ revokedAt: when }).where(eq(credentials.personId, blaise.personId))
    for (const remove of [suspended, revoked])
      for (const [daysAgo, state] of [
        [6, 'awaiting-second'],
        [8, 'delayed'],
      ] as const) {
        await remove(at(daysAgo))
        const asked = await world.request(ada)
        expect((await world.sign(ada, asked)).body).toMatchObject({ state })
        await remove(null)
      }
  })

  it('a second owner who appears meanwhile neither hastens nor stops it, but can withdraw it', async () => {
    await world.sign(ada, act)
    blaise = await world.administrator(`late${sequence}`)
    expect(await world.sign(blaise, act)).toMatchObject({ status: 409, body: { reason: 'act-waits' } })
    expect(await blaise.page.call('/api/console/acts/withdraw', { act })).toMatchObject({
      body: { state: 'withdrawn' },
    })
    world.time.nowMs += DAY_MS
    await world.here.runDue()
    expect(world.ran).toEqual([])
  })

  it('withdrawn, its alert is handled by whoever did it; that of another act is not', async () => {
    await world.sign(ada, act)
    const other = await world.request(ada)
    await world.sign(ada, other)
    expect((await ada.page.call('/api/console/acts/withdraw', { act })).status).toBe(200)
    const told = await world.db.select().from(alerts)
    const about = (id: string) => told.filter(({ explanation }) => explanation.en.includes(id))
    expect(about(act)).toMatchObject([
      { kind: 'lone-act', state: 'handled', handledBy: ada.personId, handledHow: 'noted', note: null },
    ])
    expect(about(other)).toMatchObject([{ state: 'open', handledBy: null }])
    const subject = about(act)[0]?.id
    expect((await world.auditOf('alert.handled')).filter((entry) => entry.subject === subject)).toMatchObject([
      { actor: ada.personId, detail: { how: 'noted', act } },
    ])
  })

  it('is not run for who was suspended, or lost their key, while it waited', async () => {
    await world.sign(ada, act)
    await world.db.update(people).set({ suspendedAt: new Date() }).where(eq(people.id, ada.personId))
    world.time.nowMs += DAY_MS
    await world.here.runDue()
    expect(world.ran).toEqual([])
    const [row] = await world.db.select().from(acts).where(eq(acts.id, act))
    expect(row).toMatchObject({ state: 'failed', failure: 'signer-void' })
  })

  it('is not run when the row was changed while it waited', async () => {
    await world.sign(ada, act)
    const [row] = await world.db.select().from(acts).where(eq(acts.id, act))
    const receipt = JSON.parse(JSON.stringify(row?.receipt).replace('nobody', 'anybody')) as Record<string, unknown>
    await world.db.update(acts).set({ receipt }).where(eq(acts.id, act))
    world.time.nowMs += DAY_MS
    await world.here.runDue()
    expect(world.ran).toEqual([])
    expect(await steps(act)).toContain('failed')
  })

  it('somebody suspended, or long without a key, is no second owner; a supervisor who may sign is a second', async () => {
    const other = await world.administrator(`other${sequence}`)
    await world.db
      .update(credentials)
      .set({ revokedAt: new Date(world.clock.now() - 8 * DAY_MS) })
      .where(eq(credentials.personId, other.personId))
    expect(await world.sign(ada, act)).toMatchObject({ body: { state: 'delayed' } })
    await world.administrator(`watch${sequence}`, 'supervisor')
    const wide = await world.request(ada, {}, 'explode-widely')
    expect(await world.sign(ada, wide)).toMatchObject({ body: { state: 'awaiting-second' } })
    const narrow = await world.request(ada)
    expect(await world.sign(ada, narrow)).toMatchObject({ body: { state: 'delayed' } })
  })

  it('a supervisor never signs alone', async () => {
    const watch = await world.administrator(`wat${sequence}`, 'supervisor')
    await world.db.update(people).set({ role: 'person' }).where(eq(people.id, ada.personId))
    const wide = await world.request(watch, {}, 'explode-widely')
    expect(await world.sign(watch, wide)).toMatchObject({ body: { state: 'awaiting-second' } })
  })
})
