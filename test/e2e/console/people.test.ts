// People, groups and imports as an administrator meets them, in a real browser.
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'
import { insertPerson } from '../../support/people.ts'

let world: ConsoleWorld
let ada: Someone
let page: Page

beforeAll(async () => {
  world = await startConsole()
  ada = await world.someone('ada', 'owner')
  page = ada.page
}, 180_000)
afterAll(() => world?.close())

const row = (name: string) => page.locator('tbody tr', { hasText: name })
const dialog = () => page.locator('dialog[open]')

async function confirm() {
  await dialog().locator('[data-action=confirm]').click()
}

describe('people', () => {
  test('one is added, found, edited, suspended, let in again', async () => {
    await world.open(ada, '/people')
    await page.locator('[data-action=add-person]').click()
    await dialog().locator('[name=username]').fill('Blaise')
    await confirm()
    await dialog().locator('.wrong').waitFor()
    await dialog().locator('[name=username]').fill('blaise')
    await dialog().locator('[name=display_name]').fill('Blaise <b>Pascal</b>')
    await dialog().locator('[name=email]').fill('blaise@example.org')
    expect(await looks(page, 'people-new', { languages: false })).toEqual([])
    await confirm()
    await page.waitForURL('**/console/people/per_*')
    await page.locator('h1', { hasText: 'Blaise <b>Pascal</b>' }).waitFor()
    expect(await looks(page, 'person')).toEqual([])

    await page.locator('[data-action=suspend]').click()
    await dialog().locator('[name=reason]').fill('left')
    await confirm()
    await page.locator('.notice.bad').waitFor()
    await page.locator('[data-action=resume]').click()
    await confirm()
    await page.locator('[data-action=suspend]').waitFor()

    await world.open(ada, '/people')
    await page.locator('[name=q]').fill('PASCAL')
    await row('blaise').waitFor()
    await page.waitForURL('**/people?q=PASCAL')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    await page.locator('[name=q]').fill('nobody at all')
    await page.locator('.empty').waitFor()
    expect(await looks(page, 'people-empty')).toEqual([])
  })

  test('what somebody else edited meanwhile is shown, and nothing that was typed is lost', async () => {
    const person = await insertPerson(world.db, { username: 'camille', displayName: 'Camille' })
    await world.open(ada, `/people/${person.id}`)
    await page.locator('[data-action=edit]').click()
    await dialog().locator('[name=display_name]').fill('Camille Claudel')
    await world.db
      .update(people)
      .set({ displayName: 'C. Claudel', email: 'c@example.org' })
      .where(eq(people.id, person.id))
    await confirm()
    await dialog().locator('[data-reason=edited-meanwhile]').waitFor()
    expect(await dialog().locator('li').allTextContents()).toEqual([
      expect.stringContaining('C. Claudel'),
      expect.stringContaining('c@example.org'),
    ])
    expect(await dialog().locator('[name=display_name]').inputValue()).toBe('Camille Claudel')
    expect(await looks(page, 'person-conflict', { languages: false })).toEqual([])
    await confirm()
    await page.locator('h1', { hasText: 'Camille Claudel' }).waitFor()
    const [now] = await world.db.select().from(people).where(eq(people.id, person.id))
    expect(now).toMatchObject({ displayName: 'Camille Claudel', email: 'c@example.org' })
  })

  test('deleting says what stays and why, and leaves nothing to edit', async () => {
    const person = await insertPerson(world.db, { username: 'emile', displayName: 'Émile' })
    await world.open(ada, `/people/${person.id}`)
    await page.locator('[data-action=delete]').click()
    await expect.poll(() => dialog().locator('li').count()).toBe(7)
    await dialog().locator('[name=reason]').fill('asked to be')
    expect(await looks(page, 'person-delete', { languages: false })).toEqual([])
    await confirm()
    await page.locator('h1', { hasText: 'emile' }).waitFor()
    await page.locator('.notice').waitFor()
    expect(await page.locator('[data-action=edit]').count()).toBe(0)
  })
})

test('a group is made, filled from a search, renamed', async () => {
  await world.open(ada, '/groups')
  await page.locator('[data-action=add-group]').click()
  await dialog().locator('[name=name]').fill('Cabinet')
  await confirm()
  await page.waitForURL('**/console/groups/grp_*')
  await page.locator('[data-action=add-members]').click()
  await dialog().locator('[name=q]').fill('blaise')
  await dialog().locator('label', { hasText: '(blaise)' }).click()
  await confirm()
  await row('blaise').waitFor()
  await page.locator('[data-action=rename]').click()
  await dialog().locator('[name=name]').fill('Cabinet du préfet')
  await confirm()
  await page.locator('h1', { hasText: 'Cabinet du préfet' }).waitFor()
  expect(await looks(page, 'group')).toEqual([])
})

test('a file is tried, its lines shown, and applied with progress', async () => {
  await world.open(ada, '/people/import')
  const sample = page.waitForEvent('download')
  await page.locator('[data-action=sample]').click()
  expect((await sample).suggestedFilename()).toMatch(/^palier-.*\.csv$/)
  const latin = Buffer.from('identifiant;prénom;nom;groupes;bureau\nhelene;Hélène;Durand;;12\n', 'latin1')
  await page.locator('[name=file]').setInputFiles({ name: 'rh.csv', mimeType: 'text/csv', buffer: latin })
  await page.locator('[data-action=preview]').click()
  await page.locator('[data-reason=import-encoding] blockquote', { hasText: 'Hélène' }).waitFor()
  expect(await looks(page, 'import-encoding', { languages: false })).toEqual([])
  await page.locator('[data-action=encoding]').click()
  await page.locator('[data-action=apply]').waitFor()

  await page.locator('[data-action=another]').click()
  const rows = [
    'identifiant;nom;courriel;groupes',
    'blaise;Blaise Pascal;;Archives',
    'emile;Émile;;',
    'Bad Name;x;;',
    'marie;Marie Curie;m@example.org;',
    'calc;=HYPERLINK("http://evil");;',
  ]
  const many = Array.from({ length: 400 }, (_, n) => `agent${n};Agent ${n};agent${n}@example.org;Archives`)
  const buffer = Buffer.from(`\ufeff${[...rows, ...many].join('\r\n')}\r\n`)
  await page.locator('[name=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer })
  await page.locator('[name=make_groups]').check()
  await page.locator('[data-action=preview]').click()
  await page.locator('[data-action=apply]').waitFor()
  // Refused lines come first: they want somebody to look.
  await row('emile').waitFor()
  expect(await page.locator('tbody tr').count()).toBe(3)
  expect(await looks(page, 'import-plan')).toEqual([])
  await page.locator('[name=lines]').selectOption('update')
  await row('blaise').locator('ins', { hasText: 'Blaise Pascal' }).waitFor()
  await page.locator('[data-action=apply]').click()
  await confirm()
  await page.locator('[data-import=applying]').waitFor()
  // The server that works on imports is not this one: a turn of it is done here.
  await world.server.workOnImports()
  await page.locator('[data-import=done]').waitFor()
  expect(await looks(page, 'import-done', { languages: false })).toEqual([])
  // What is next: whoever has no key.
  await page.locator('[data-action=keyless]').click()
  await row('agent0').waitFor()
  expect(await looks(page, 'people')).toEqual([])
  await page.locator('thead input[type=checkbox]').check()
  await page.locator('[data-action=group-chosen]').click()
  await dialog().locator('[name=group]').selectOption({ label: 'Cabinet du préfet' })
  await confirm()
  await dialog().waitFor({ state: 'detached' })
})
