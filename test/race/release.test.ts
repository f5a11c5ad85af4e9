// A release is decided once, whatever happens at the same moment, on two pools as on two processes.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../db/client.ts'
import { allowances } from '../../db/schema/metering.ts'
import { people } from '../../db/schema/people.ts'
import { releases } from '../../db/schema/releases.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { releaseStore } from '../../db/stores/releases.ts'
import { auditLog } from '../../server/audit/log.ts'
import type { AssertionOptions } from '../support/authenticator.ts'
import { type ReleaseWorld, releaseWorld } from '../support/release.ts'
import type { Someone } from '../support/stepup.ts'

let world: ReleaseWorld
let other: DatabaseHandle
let ada: Someone
let blaise: Someone
let camille: Someone
let sequence = 0

beforeAll(async () => {
  world = await releaseWorld()
  other = openDatabase(world.database.url, { max: 10 })
})
afterAll(async () => {
  await other.close()
  await world.stop()
})
beforeEach(async () => {
  sequence += 1
  ada = await world.owner(`ada${sequence}`)
  blaise = await world.owner(`blaise${sequence}`)
  camille = await world.someone(`camille${sequence}`)
})

const allowancesOf = (id: string) => world.db.select().from(allowances).where(eq(allowances.approvalHash, id))
const stateOf = async (id: string) =>
  (await world.db.select({ state: releases.state }).from(releases).where(eq(releases.id, id)))[0]?.state

/** A tap that was answered by the key and waits to be sent. */
async function ready(by: Someone, release: string) {
  const intent = await world.intentOf(by, release)
  const begun = await by.page.call('/api/releases/options', { release, intent })
  const { ceremony, options } = begun.body as unknown as { ceremony: string; options: AssertionOptions }
  const response = by.key.assert(options)
  return () => by.page.call('/api/releases/verify', { release, intent, ceremony, response })
}

async function awaiting(): Promise<string> {
  const id = await world.request(ada, world.draftFor(camille))
  await world.tap(ada, id)
  return id
}

describe('at the same moment', () => {
  it('of many second taps, by several administrators, one grants: one allowance, one audit entry', async () => {
    const id = await awaiting()
    const others = await Promise.all(Array.from({ length: 5 }, (_, n) => world.owner(`second${sequence}x${n}`)))
    const taps = await Promise.all([blaise, ...others].map((someone) => ready(someone, id)))
    const answers = await Promise.all(taps.map((send) => send()))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5)
    expect(await allowancesOf(id)).toHaveLength(1)
    expect((await world.auditOf('release.granted')).filter(({ subject }) => subject === id)).toHaveLength(1)
  })

  it('of many first taps one is the first, and none of them is the second', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    const taps = await Promise.all([ada, blaise, await world.owner(`third${sequence}`)].map((one) => ready(one, id)))
    const answers = await Promise.all(taps.map((send) => send()))
    expect(answers.filter(({ body }) => body['state'] === 'awaiting-second')).toHaveLength(1)
    expect(answers.filter(({ body }) => body['state'] === 'granted')).toHaveLength(0)
    expect(await stateOf(id)).toBe('awaiting-second')
    expect(await allowancesOf(id)).toEqual([])
  })

  it('a tap and a denial, or a withdrawal: one of them holds, and an allowance only with the grant', async () => {
    for (const verb of ['deny', 'withdraw'] as const) {
      const id = await awaiting()
      const tap = await ready(blaise, id)
      const third = await world.owner(`third${sequence}${verb}`)
      const [tapped] = await Promise.all([tap(), third.page.call(`/api/releases/${verb}`, { release: id })])
      const state = await stateOf(id)
      const living = (await allowancesOf(id)).filter(({ expiresAt }) => expiresAt.getTime() > Date.now() + 1_000)
      expect(living).toHaveLength(state === 'granted' ? 1 : 0)
      if (tapped.status === 200 && verb === 'deny') expect(state).toBe('granted')
      else if (verb === 'withdraw') expect(state).toBe('withdrawn')
      else expect(state).toBe('denied')
    }
  })

  it('a suspension that is under way is waited for, and ends the release', async () => {
    const id = await awaiting()
    const tap = await ready(blaise, id)
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let taken: () => void = () => undefined
    const locked = new Promise<void>((resolve) => {
      taken = resolve
    })
    const suspending = other.db.transaction(async (tx) => {
      await tx.update(people).set({ suspendedAt: new Date() }).where(eq(people.id, ada.personId))
      taken()
      await held
    })
    await locked
    const tapping = tap()
    release()
    await suspending
    expect(await tapping).toMatchObject({ status: 409, body: { reason: 'first-tap-void' } })
    expect(await stateOf(id)).toBe('awaiting-second')
    expect(await allowancesOf(id)).toEqual([])
  })

  it('two processes write its expiry down once', async () => {
    const id = await awaiting()
    const far = new Date(world.clock.now() + 48 * 3_600_000)
    const second = releaseStore(other.db, {
      audit: auditLog({ store: auditStore(other.db), clock: world.clock }),
    })
    await Promise.all([world.releases.expire(far), second.expire(far), world.releases.expire(far), second.expire(far)])
    expect((await world.auditOf('release.expired')).filter(({ subject }) => subject === id)).toHaveLength(1)
  })
})
