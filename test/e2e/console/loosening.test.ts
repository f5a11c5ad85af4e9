// Moving somebody where they may read more: the console says what it loosens, asks why, and two sign it; taking them out again is one tap.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { groupKeyPolicies } from '../../../db/schema/keys.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { applyPolicy, policyNow } from '../../../server/policy/versions.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'
import { insertPerson, type TestPerson } from '../../support/people.ts'

let world: ConsoleWorld
let ada: Someone
let bea: Someone
let carol: TestPerson

beforeAll(async () => {
  world = await startConsole()
  ada = await world.someone('ada')
  bea = await world.someone('bea')
  carol = await insertPerson(world.db, { username: 'carol', displayName: 'Carol' })
  const createdAt = new Date()
  await world.db.insert(groups).values([
    { id: 'grp_wide', displayName: 'Investigators', createdAt },
    { id: 'grp_strict', displayName: 'Cabinet', createdAt },
  ])
  const store = policyStore(world.db, auditLog({ store: auditStore(world.db), clock: systemClock }))
  const { document } = await policyNow(store)
  const wider = { ...document, limits: [{ group: 'grp_wide', rooms: 5_000 }] }
  await applyPolicy({ store, clock: systemClock }, { from: 0, document: wider, by: ada.id, reason: 'a test' })
}, 180_000)
afterAll(() => world?.close())

const membersOf = async (id: string) =>
  (await world.db.select().from(groupMembers)).filter(({ groupId }) => groupId === id).map(({ personId }) => personId)

it('into a group that reads more: asked with a reason, signed by two, done once', async () => {
  const { page } = ada
  await world.open(ada, `/people/${carol.id}`)
  await page.locator('[data-action=group]').click()
  const dialog = page.locator('dialog[open]')
  await dialog.locator('[name=group]').selectOption('grp_wide')
  await dialog.locator('[data-action=confirm]').click()
  await dialog.locator('[data-reason=loosening-needs-reason]').waitFor()
  // In words, once those have come.
  await dialog.locator('[data-what=rooms]').waitFor()
  expect(await dialog.locator('[data-loosens]').innerText()).toMatch(
    /carol\s*Rooms whose history is read\s+150\s+→\s+5,000/,
  )
  expect(await looks(page, 'move-loosens', { languages: false })).toEqual([])
  await dialog.locator('[name=reason]').fill('case 2026-117')
  await dialog.locator('[data-action=confirm]').click()
  await dialog.locator('[data-act] a').click()
  await page.locator('[data-state=requested]').waitFor()
  await page.locator('[data-loosens]').waitFor()
  expect(await looks(page, 'move-act')).toEqual([])
  await page.locator('main [data-action=tap]').click()
  await page.locator('[data-state=awaiting-second]').waitFor()
  await world.open(bea, new URL(page.url()).pathname.replace('/console', ''))
  await bea.page.locator('main [data-action=tap]').click()
  await bea.page.locator('[data-state=done]').waitFor()
  expect(await membersOf('grp_wide')).toEqual([carol.id])
  // Out of it is nothing that two have to sign.
  await world.open(ada, '/groups/grp_wide')
  await page.locator('tbody tr', { hasText: 'carol' }).locator('input[type=checkbox]').check()
  await page.locator('[data-action=take-out]').click()
  await page.locator('.empty').waitFor()
  expect(await membersOf('grp_wide')).toEqual([])
})

it('out of a group that asks more of keys, and asking less of it: both become acts', async () => {
  const { page } = ada
  const strict = {
    policy: 'attested',
    aaguids: null,
    platformAllowed: false,
    minKeys: 2,
    updatedAt: new Date(),
  } as const
  await world.db.insert(groupKeyPolicies).values({ ...strict, groupId: 'grp_strict' })
  await world.db.insert(groupMembers).values({ groupId: 'grp_strict', personId: carol.id, addedAt: new Date() })
  await world.open(ada, '/groups/grp_strict')
  await page.locator('tbody tr', { hasText: 'carol' }).locator('input[type=checkbox]').check()
  await page.locator('[data-action=take-out]').click()
  const out = page.locator('[data-dialog=group-take-out]')
  await out.locator('[data-what="keys.policy"]').waitFor()
  expect(await out.locator('[data-loosens]').innerText()).toContain('Keys admitted')
  await out.locator('[name=reason]').fill('changed teams')
  await out.locator('[data-action=confirm]').click()
  await out.locator('[data-act]').waitFor()
  expect(await membersOf('grp_strict')).toEqual([carol.id])

  await world.open(ada, '/keys/policies')
  await page.locator('[data-action=edit]').click()
  const edit = page.locator('[data-dialog=key-policy]')
  await edit.locator('[name=policy]').selectOption('any')
  await edit.locator('[data-action=confirm]').click()
  await edit.locator('[data-reason=loosening-needs-reason]').waitFor()
  expect(await looks(page, 'key-policy-loosens', { languages: false })).toEqual([])
  await edit.locator('[name=reason]').fill('none to buy')
  await edit.locator('[data-action=confirm]').click()
  await edit.locator('[data-act] a').click()
  await page.locator('[data-state=requested]').waitFor()
  await page.locator('[data-part=policy]', { hasText: 'certified key → any key' }).waitFor()
  expect(await looks(page, 'key-policy-act')).toEqual([])
  const [policy] = await world.db.select().from(groupKeyPolicies)
  expect(policy).toMatchObject({ policy: 'attested', version: 1 })
})
