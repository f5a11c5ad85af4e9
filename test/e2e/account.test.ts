// A person and their own page, in Chromium: a second key with the first, other names, the language, a lost key; and the console at an
// address of its own, with the same key.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { credentials } from '../../db/schema/people.ts'
import { idSessions } from '../../db/schema/sessions.ts'
import { tabTo } from '../support/accessible.ts'
import { addVirtualKey, chromiumPath } from '../support/chromium.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../support/console.ts'

const tap = '[data-action=tap]'
const keysOf = '[aria-labelledby=keys]'

describe.runIf((await chromiumPath()) !== null)('one’s own page', () => {
  let world: ConsoleWorld
  let ada: Someone
  beforeAll(async () => {
    world = await startConsole((port) => ({
      PALIER_ISSUER: `http://id.palier.localhost:${port}`,
      PALIER_CONSOLE_URL: `http://console.palier.localhost:${port}`,
      PALIER_RP_ID: 'palier.localhost',
    }))
    ada = await world.someone('ada')
  })
  afterAll(() => world?.close())

  const active = async () =>
    (await world.db.select().from(credentials).where(eq(credentials.personId, ada.id))).filter(
      ({ revokedAt }) => revokedAt === null,
    )

  test('a second key is added with the first, which is touched in place when its last touch is old', async () => {
    const { page } = ada
    await page.locator(keysOf).getByText('Key', { exact: true }).waitFor()
    await world.db
      .update(idSessions)
      .set({ authTime: new Date(Date.now() - 600_000) })
      .where(eq(idSessions.personId, ada.id))
    await page.locator('[data-action=add-key]').click()
    await page.locator(`${keysOf} ${tap}`).click()
    await page.waitForURL('**/enrol/pet_*')
    await ada.key.setPresence(false)
    const second = await addVirtualKey(page)
    await page.locator('#key_name').fill('Drawer')
    await page.locator(tap).click()
    await expect.poll(async () => (await active()).length).toBe(2)
    await second.unplug()
    await ada.key.setPresence(true)
    await page.goto(`${world.issuer}/me`)
    await page.locator(keysOf).getByText('Drawer').waitFor()
  })

  test('a key is renamed by keyboard, and says so', async () => {
    const { page } = ada
    await tabTo(page, '[data-action=rename-key]')
    await page.keyboard.press('Enter')
    const field = page.locator(`${keysOf} input[type=text]`)
    await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true)
    await field.fill('<b>Blue</b> key')
    await page.keyboard.press('Enter')
    await page.locator(keysOf).getByText('<b>Blue</b> key', { exact: true }).waitFor()
    expect((await active()).map(({ name }) => name).sort()).toEqual(['<b>Blue</b> key', 'Drawer'])
    expect(await looks(page, 'account')).toEqual([])
  })

  test('the language chosen stays, whatever the browser prefers', async () => {
    const { page } = ada
    await page.locator('#language-fr').check()
    await page.getByRole('heading', { name: 'Mes clés' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Mes clés' }).waitFor()
    await page.locator('#language-en').check()
    await page.getByRole('heading', { name: 'My keys' }).waitFor()
  })

  test('the console at its own address takes the same key, and the issuer’s no longer has it', async () => {
    const page = await ada.context.newPage()
    const key = await addVirtualKey(page)
    for (const credential of await ada.key.credentials()) await key.addCredential(credential)
    expect((await page.goto(`${world.issuer}/console`))?.status()).toBe(404)
    const apart = world.server.ground.config.consoleUrl ?? ''
    await page.goto(`${apart}/console`)
    // Signed in at the issuer's is not signed in here.
    await page.waitForURL(`${apart}/signin?return_to=*`)
    await page.locator(tap).click()
    await page.waitForURL(`${apart}/console`)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.locator('nav a[href="/me"]').click()
    await page.waitForURL(`${world.issuer}/me`)
    expect(await page.locator('a[href$="/console"]').getAttribute('href')).toBe(`${apart}/console`)
    await page.close()
  })

  test('a lost key ends at once, with a word on what to do', async () => {
    const { page } = ada
    const heir = await world.someone('heir')
    await heir.context.close()
    await page.reload()
    const lost = page.locator('[data-key]', { hasText: 'Blue' })
    await lost.locator('[data-action=report-lost]').click()
    await lost.locator('.confirm [data-action=report-lost]').click()
    await page.locator('[data-lost=one-left]').waitFor()
    expect(await looks(page, 'account-lost')).toEqual([])
    expect((await active()).map(({ name }) => name)).toEqual(['Drawer'])
    await page.goto(`${world.issuer}/me`)
    await page.waitForURL('**/signin?return_to=*')
    await page.locator(tap).click()
    await page.locator('[data-reason]').waitFor()
  })
})
