// Getting people in, as an administrator and the person meet it: a link and its letter, the desk, a lost key by keyboard alone, a pass.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientStore } from '../../../db/stores/clients.ts'
import { ensureClient } from '../../../server/oidc/clients.ts'
import { faults } from '../../support/accessible.ts'
import { addVirtualKey, enableWebAuthn } from '../../support/chromium.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'

let world: ConsoleWorld
let enroller: Someone

beforeAll(async () => {
  world = await startConsole()
  await world.someone('olga', 'owner')
  enroller = await world.someone('elise', 'enroller')
})

afterAll(async () => {
  await world?.close()
})

const dialog = (page: Page) => page.locator('dialog[open]')
const keysOf = async (person: string) =>
  (await world.db.execute<{ id: string }>(
    `select id from credentials where person_id = '${person}' and kind <> 'temporary-pass' and revoked_at is null`,
  )) as unknown as { id: string }[]

async function enrolThrough(url: string): Promise<void> {
  const context = await world.browser.newContext({ locale: 'en-GB' })
  const page = await context.newPage()
  await addVirtualKey(page)
  await page.goto(url)
  await page.locator('#key_name').fill('Posted key')
  await page.locator('[data-action=tap]').click()
  await page.locator('[data-action=later], a.button.primary').first().waitFor()
  await context.close()
}

test('a link is made, shown once with a QR code that has a name, and enrols a key', async () => {
  const camille = await world.server.person('camille')
  const page = await world.open(enroller, `/people/${camille.id}/lost`)
  await page.locator('[data-action=link]').click()
  await dialog(page).locator('select[name=uses]').waitFor()
  expect(await looks(page, 'enrol-link', { languages: false })).toEqual([])
  await dialog(page).locator('[data-action=confirm]').click()
  const url = (await dialog(page).locator('[data-link] code').textContent()) ?? ''
  await dialog(page)
    .getByRole('img', { name: /QR code.*camille/ })
    .waitFor()
  expect(await looks(page, 'enrol-link-made', { languages: false })).toEqual([])
  await enrolThrough(url.trim())
  expect(await keysOf(camille.id)).toHaveLength(1)
  await page.keyboard.press('Escape')
})

test('a letter is drawn to be printed, once', async () => {
  const paul = await world.server.person('paul')
  const page = await world.open(enroller, `/people/${paul.id}/lost`)
  await page.locator('[data-action=link]').click()
  const hours = dialog(page).locator('select[name=hours]')
  expect(await hours.inputValue()).toBe('24')
  await dialog(page).locator('select[name=by]').selectOption('letter')
  // Post takes days; whatever was chosen stays.
  await expect.poll(() => hours.inputValue()).toBe('336')
  await dialog(page).locator('[data-action=confirm]').click()
  await page.locator('.letter').waitFor()
  expect(await page.locator('.letter').textContent()).toContain('/enrol/pet_')
  expect(new URL(page.url()).href).not.toContain('pet_')
  expect(await looks(page, 'enrol-letter')).toEqual([])
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('.page-actions').isVisible()).toBe(false)
  expect(await page.locator('.qr').isVisible()).toBe(true)
  await page.emulateMedia({ media: 'screen' })
  await page.reload()
  await page.locator('.empty').waitFor()
  expect(await faults(page)).toEqual([])
})

test('at the desk the person enrols in the administrator’s browser, and the log says who was there', async () => {
  const dora = await world.server.person('dora')
  const page = await world.open(enroller, `/people/${dora.id}/lost`)
  await page.locator('[data-action=desk]').click()
  expect(await looks(page, 'enrol-desk-dialog', { languages: false })).toEqual([])
  await dialog(page).locator('[data-action=confirm]').click()
  await page.locator('#key_name').waitFor()
  expect(await faults(page)).toEqual([])
  const copied = await world.browser.newContext()
  const thief = await copied.newPage()
  await enableWebAuthn(thief)
  await thief.goto(page.url())
  await thief.locator('[data-reason=other-browser]').waitFor()
  await copied.close()
  await page.locator('#key_name').fill('From the desk')
  await page.locator('[data-action=tap]').click()
  await page.locator('[data-action=later]').click()
  await page.locator('a[href="/console"]').waitFor()
  expect(await keysOf(dora.id)).toHaveLength(1)
  const [entry] = (await world.db.execute(
    `select detail from audit_entries where action = 'key.enrolled' order by sequence desc limit 1`,
  )) as unknown as { detail: Record<string, unknown> }[]
  expect(entry?.detail['in_person_by']).toBe(enroller.id)
})

/** Presses Tab until the focus is on what matches. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never came to ${selector}`)
}

test('a lost key: by keyboard alone, from the search to a pass, everything that was open ended', async () => {
  const lou = await world.server.person('lou')
  await enrolThrough(lou.link)
  const [key] = await keysOf(lou.id)
  const device = await world.server.device(lou.id, 'lou', key?.id ?? '')
  const page = await world.open(enroller)
  await page.keyboard.press('g')
  await page.keyboard.press('l')
  await page.locator('input[type=search][name=q]').waitFor()
  await tabTo(page, 'input[type=search][name=q]')
  await page.keyboard.type('lou')
  await page.locator(`a[href$="/people/${lou.id}/lost"]`).waitFor()
  expect(await looks(page, 'lost-search', { languages: false })).toEqual([])
  await tabTo(page, `a[href$="/people/${lou.id}/lost"]`)
  await page.keyboard.press('Enter')
  await page.locator('[data-action=revoke]').waitFor()
  expect(await page.getByRole('radio', { name: /All of their keys/ }).isChecked()).toBe(true)
  await expect.poll(() => page.getByRole('radio').count()).toBe(2)
  expect(await looks(page, 'lost')).toEqual([])
  await tabTo(page, '[data-action=revoke]')
  await page.keyboard.press('Enter')
  await page.locator('[data-done]').waitFor()
  expect(await keysOf(lou.id)).toEqual([])
  const [row] = (await world.db.execute(`select ended_reason from devices where id = '${device}'`)) as unknown as {
    ended_reason: string
  }[]
  expect(row?.ended_reason).toBe('credential-revoked')
  expect(await looks(page, 'lost-done', { languages: false })).toEqual([])

  await tabTo(page, '[data-action=pass]')
  await page.keyboard.press('Enter')
  await dialog(page).locator('select[name=hours]').waitFor()
  await tabTo(page, 'dialog [data-action=confirm]')
  await page.keyboard.press('Enter')
  const code = ((await dialog(page).locator('[data-code]').textContent()) ?? '').trim()
  expect(await looks(page, 'pass-made', { languages: false })).toEqual([])
  await page.keyboard.press('Escape')
  await signsInWith(code)
})

/** The person at a browser of their own, without any key. */
async function signsInWith(code: string): Promise<void> {
  const { ground } = world.server
  const redirectUri = `${world.issuer}/back-at-the-client`
  const client = { clientId: 'messenger', name: 'Messenger', secret: 'a secret', redirectUris: [redirectUri] }
  await ensureClient({ ...ground, clients: clientStore(world.db) }, client)
  const context = await world.browser.newContext({ locale: 'en-GB' })
  const page = await context.newPage()
  await enableWebAuthn(page)
  const asked = { client_id: 'messenger', redirect_uri: redirectUri, response_type: 'code', scope: 'openid' }
  const challenge = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }
  await page.goto(
    `${world.issuer}/oidc/authorize?${new URLSearchParams({ ...asked, ...challenge, state: 's', nonce: 'n' })}`,
  )
  await page.locator('#shared').check()
  expect(await faults(page)).toEqual([])
  await page.locator('[data-action=pass]').click()
  await page.locator('form[data-form=pass] #code').fill('AAAA-AAAA-AAAA-AAAA-AAAA')
  await page.keyboard.press('Enter')
  await page.locator('[data-reason=pass-refused]').waitFor()
  expect(await looks(page, 'signin-pass')).toEqual([])
  await page.locator('#code').fill(code.toLowerCase())
  await page.keyboard.press('Enter')
  await page.waitForURL('**/back-at-the-client?*')
  expect(new URL(page.url()).searchParams.get('code')).toMatch(/^pac_/)
  // The computer's language is nobody's in particular.
  const cookies = (await context.cookies()).filter(({ name }) => name !== 'palier_locale')
  expect(cookies.length).toBeGreaterThan(0)
  for (const { name, expires } of cookies) if (name.startsWith('palier_')) expect([name, expires]).toEqual([name, -1])
  await page.goto(`${world.issuer}/me`)
  await page.locator('[data-reason=key-required]').waitFor()
  await context.close()
}

test('keys sent by post are checked line by line, then awaited', async () => {
  await world.server.person('posted')
  const page = await world.open(enroller, '/posted')
  await page.locator('textarea').fill('posted;00123\nnobody;1\n<b>x</b>;2')
  await page.locator('[data-action=check]').click()
  await page.locator('tbody tr').first().waitFor()
  expect(await page.locator('tbody tr').count()).toBe(2)
  expect(await page.locator('tbody').textContent()).toContain('<b>x</b>;2')
  expect(await looks(page, 'posted-faults')).toEqual([])
  await page.locator('textarea').fill('posted;00123')
  await page.locator('[data-action=apply]').click()
  await page.locator('[data-result]').waitFor()
  const [row] = (await world.db.execute('select serial from expected_keys')) as unknown as { serial: string }[]
  expect(row?.serial).toBe('123')
})

test('a person’s page shows what is open for them, and ends it; a lost key is two clicks away', async () => {
  const rosa = await world.server.person('rosa')
  const page = await world.open(enroller, `/people/${rosa.id}`)
  const panel = page.locator('#access')
  await panel.locator('[data-action=pass]').click()
  await dialog(page).locator('[data-action=confirm]').click()
  await dialog(page).locator('[data-code]').waitFor()
  await page.keyboard.press('Escape')
  await panel.locator('[data-action=await]').click()
  await dialog(page).locator('input[name=serial]').fill('0042')
  await dialog(page).locator('[data-action=confirm]').click()
  // The link that their account was made with, the pass, and the key.
  await expect.poll(() => panel.locator('li button.quiet').count()).toBe(3)
  expect(await panel.locator('li').last().textContent()).toContain('42')
  expect(await looks(page, 'access-panel')).toEqual([])
  for (const left of [2, 1, 0]) {
    await panel.locator('li button.quiet').first().click()
    await expect.poll(() => panel.locator('li button.quiet').count()).toBe(left)
  }
  const [row] = (await world.db.execute(
    `select count(*)::int as live from credentials where person_id = '${rosa.id}' and revoked_at is null`,
  )) as unknown as { live: number }[]
  expect(row?.live).toBe(0)
  await panel.locator('[data-action=lost]').click()
  await page.locator('[data-action=revoke]').waitFor()
  // Nothing is left to lose, and it says so.
  await expect.poll(() => page.getByRole('radio').count()).toBe(1)
})
