// API tokens as an owner meets them: made with a tap, shown once, used by a directory, and revoked.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'

let world: ConsoleWorld
let owner: Someone

beforeAll(async () => {
  world = await startConsole()
  owner = await world.someone('odile')
})

afterAll(async () => {
  await world?.close()
})

const asks = async (url: string, token: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status

test('with none the page says what tokens are for; one is made, shown once, works, and is revoked', async () => {
  const page = await world.open(owner, '/tokens')
  await page.locator('.empty').waitFor()
  expect(await looks(page, 'tokens-empty')).toEqual([])

  await page.locator('[data-action=add-token]').click()
  expect(await looks(page, 'tokens-new', { languages: false })).toEqual([])
  await page.locator('dialog [name=name]').fill('<b>Annuaire</b>')
  await page.locator('dialog [data-action=confirm]').click()
  await page.locator('[data-action=copied]').waitFor()
  const [token = '', address = ''] = await page.locator('dialog code').allTextContents()
  expect(token).toMatch(/^pct_/)
  expect(address).toBe(`${world.issuer}/scim/v2`)
  expect(await looks(page, 'tokens-made', { languages: false })).toEqual([])
  expect(await asks(`${address}/Users`, token)).toBe(200)

  await page.locator('[data-action=copied]').click()
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.locator('[data-row]').waitFor()
  expect(await page.content()).not.toContain(token)
  expect(await page.locator('[data-row] th bdi').textContent()).toBe('<b>Annuaire</b>')
  expect(await looks(page, 'tokens')).toEqual([])

  await page.locator('[data-action=revoke]').click()
  await page.locator('dialog [data-action=confirm]').click()
  await page.locator('[data-row] .tag.warn').waitFor()
  expect(await asks(`${address}/Users`, token)).toBe(401)
})

test('a script’s token has the permissions that were ticked, by the keyboard alone', async () => {
  const page = await world.open(owner, '/tokens')
  await page.locator('[data-action=add-token]').focus()
  await page.keyboard.press('Enter')
  await page.locator('dialog [name=purpose]').focus()
  await page.keyboard.press('End')
  await page.locator('dialog [name=name]').focus()
  await page.keyboard.type('Nightly')
  await page.keyboard.press('Enter')
  await page.locator('dialog .wrong').waitFor()
  expect(await looks(page, 'tokens-script', { languages: false })).toEqual([])
  await page.locator('dialog [name="people.read"]').focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Enter')
  await page.locator('[data-action=copied]').waitFor()
  const token = (await page.locator('dialog code').first().textContent()) ?? ''
  expect(await asks(`${world.issuer}/api/console/people/list`, token)).toBe(200)
  expect(await asks(`${world.issuer}/api/console/tokens/list`, token)).toBe(403)
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
})

test('an auditor neither sees the page nor what it reads', async () => {
  const auditor = await world.someone('agathe', 'auditor')
  const page = await world.open(auditor)
  await page.locator('nav').first().waitFor()
  expect(await page.locator('nav a[href="/console/tokens"]').count()).toBe(0)
  const status = await page.evaluate(async () => (await fetch('/api/console/tokens/list')).status)
  expect(status).toBe(403)
})
