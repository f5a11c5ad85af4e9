// Loosening the policy, from end to end: asked for by one at their browser, refused to them twice, signed by another at theirs.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { policyNow } from '../../../server/policy/versions.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'

let world: ConsoleWorld
let ada: Someone
let blaise: Someone

beforeAll(async () => {
  world = await startConsole()
  ada = await world.someone('ada')
  blaise = await world.someone('blaise')
})
afterAll(() => world.close())

const inForce = () => policyNow(policyStore(world.db, auditLog({ store: auditStore(world.db), clock: systemClock })))
const act = async (by: Someone) => by.page.locator('[data-state]')

it('what tightens is applied at once; a mistake is told at its line, and nothing typed is lost', async () => {
  const { page } = ada
  await world.open(ada, '/policy')
  expect(await looks(page, 'policy')).toEqual([])
  await page.locator('[data-action=edit]').click()
  await page.locator('[name=archive-0]').fill('nine hundred')
  await page.locator('[data-action=review]').click()
  await page.locator('[data-mistakes="1"]').waitFor()
  // In words, at its own field, which is where to go on from.
  expect(await page.locator('[data-mistakes] [data-fault=not-count]').innerText()).not.toContain('windows.archive')
  const wrong = page.locator('[name=archive-0][aria-invalid=true]:focus')
  await wrong.waitFor()
  const told = await wrong.getAttribute('aria-describedby')
  expect(await page.locator(`[id="${told}"]`).innerText()).toContain('nine hundred')
  await page.locator('[name=archive-0]').fill('900')
  await page.locator('[name=how]').selectOption('yaml')
  const yaml = page.locator('[name=yaml]')
  await yaml.waitFor()
  expect(await yaml.inputValue()).toContain('limit: 900')
  await yaml.fill(`${await yaml.inputValue()}nonsense: 1\n`)
  await page.locator('[data-action=review]').click()
  await page.locator('[data-mistakes="1"] [data-fault=unknown-name]').waitFor()
  await page.locator('[name=yaml][aria-invalid=true]:focus').waitFor()
  expect(await looks(page, 'policy-mistake')).toEqual([])
  await yaml.fill((await yaml.inputValue()).replace('nonsense: 1\n', ''))
  await page.locator('[data-action=review]').click()
  await page.locator('[data-review=tightens]').waitFor()
  await page.locator('[data-action=simulate]').click()
  await page.locator('[data-simulated=generated]').waitFor()
  expect(await looks(page, 'policy-review')).toEqual([])
  await page.locator('[name=reason]').fill('fewer an hour')
  await page.locator('[data-action=apply]').click()
  await page.waitForURL('**/console/policy')
  expect((await inForce()).document.windows.archive[0]?.limit).toBe(900)
})

it('what loosens becomes an act: the same person twice is refused, the second signature puts it in force', async () => {
  const { page } = ada
  await world.open(ada, '/policy/edit')
  await page.locator('[name=first_sync]').fill('20000')
  await page.locator('[data-action=review]').click()
  await page.locator('[data-review=loosens]').waitFor()
  // Meanwhile somebody else applies a version: what was typed stays, and is compared with theirs.
  await world.open(blaise, '/policy/edit')
  await blaise.page.locator('[name=rooms]').fill('140')
  await blaise.page.locator('[data-action=review]').click()
  await blaise.page.locator('[name=reason]').fill('fewer rooms')
  await blaise.page.locator('[data-action=apply]').click()
  await blaise.page.waitForURL('**/console/policy')
  await page.locator('[name=reason]').fill('a longer absence')
  await page.locator('[data-action=apply]').click()
  await page.locator('[data-reason=edited-meanwhile]').waitFor()
  expect(await looks(page, 'policy-conflict', { languages: false })).toEqual([])
  expect(await page.locator('[name=first_sync]').inputValue()).toBe('20000')
  await page.locator('[data-action=onto]').click()
  await page.locator('[data-review=loosens] [data-path="rooms.limit"]').waitFor()
  await page.locator('[name=rooms]').fill('140')
  await page.locator('[data-action=review]').click()
  await page.locator('[data-review=loosens]').waitFor()
  await page.locator('[name=reason]').fill('a longer absence')
  await page.locator('[data-action=apply]').click()
  await page.locator('[data-act] a').click()
  await page.locator('[data-state=requested]').waitFor()
  expect(await page.locator('main').innerText()).toContain('a longer absence')
  await page.locator('text=20,000').first().waitFor()
  const before = (await inForce()).number
  await page.locator('main [data-action=tap]').click()
  await page.locator('[data-state=awaiting-second]').waitFor()
  // The one who signed is told so, and has nothing to sign with.
  expect(await page.locator('main [data-action=tap]').count()).toBe(0)
  expect(await looks(page, 'act-awaiting')).toEqual([])
  const url = page.url()

  await world.open(blaise, '/')
  await blaise.page.locator('[data-action=acts]').click()
  await blaise.page.locator('table a').first().waitFor()
  expect(await looks(blaise.page, 'acts', { languages: false })).toEqual([])
  await blaise.page.locator('table a').first().click()
  await blaise.page.locator('[data-tap=second]').waitFor()
  expect(blaise.page.url()).toBe(url)
  expect((await inForce()).number).toBe(before)
  await blaise.page.locator('main [data-action=tap]').click()
  await blaise.page.locator('[data-state=done]').waitFor()
  expect(await looks(blaise.page, 'act-done', { languages: false })).toEqual([])
  expect((await inForce()).document.first_sync).toBe(20_000)
  const receipt = await blaise.page.request.get(
    `${world.issuer}${(await blaise.page.locator('[data-action=receipt]').getAttribute('href')) ?? ''}`,
  )
  expect(await receipt.json()).toMatchObject({ typ: 'palier-two-person-receipt' })
})

it('back to what ships: the editor has it, the difference is in words, and it takes two where it loosens', async () => {
  const { page } = ada
  await world.open(ada, '/policy')
  await page.locator('[data-action=back-to-shipped]').click()
  await page.locator('[data-from=shipped]').waitFor()
  expect(await page.locator('[name=archive-0]').inputValue()).not.toBe('900')
  await page.locator('[data-action=review]').click()
  await page.locator('[data-review=loosens]').waitFor()
  const place = page.locator('[data-path="windows.archive[0].limit"]')
  expect(await place.innerText()).toBe('Limits, Old messages, in an hour, limit')
  expect(await looks(page, 'policy-back-to-shipped')).toEqual([])
  expect((await inForce()).document.windows.archive[0]?.limit).toBe(900)
})

it('an earlier, wider version comes back with two; denied, nothing changes', async () => {
  await world.open(ada, '/policy/versions')
  expect(await looks(ada.page, 'policy-versions', { languages: false })).toEqual([])
  await ada.page.goto(`${world.issuer}/console/policy/versions/0`)
  await ada.page.locator('[data-action=roll-back]').click()
  await ada.page.locator('dialog [name=reason]').fill('back to what ships')
  await ada.page.locator('dialog [data-action=confirm]').click()
  await ada.page.locator('[data-act] a').click()
  await ada.page.locator('main [data-action=tap]').click()
  await (await act(ada)).and(ada.page.locator('[data-state=awaiting-second]')).waitFor()
  const before = (await inForce()).number
  await blaise.page.goto(ada.page.url())
  await blaise.page.locator('[data-action=deny]').click()
  await blaise.page.locator('dialog [data-action=confirm]').click()
  await blaise.page.locator('[data-state=denied]').waitFor()
  expect((await inForce()).number).toBe(before)
})
