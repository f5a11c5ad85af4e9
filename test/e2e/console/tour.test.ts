// Every page of the console, empty as after the first enrolment: opened from its address, in both languages, light and dark, narrow and wide.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PAGES } from '../../../client/console/pages.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'

let world: ConsoleWorld
let owner: Someone

beforeAll(async () => {
  world = await startConsole()
  owner = await world.someone('olivia')
})

afterAll(async () => {
  await world?.close()
})

/** Opened for one thing, which other tests do. */
const OF_ONE = /:|^\/(?:report|letter)$/
const PLAIN = PAGES.filter(({ path }) => !OF_ONE.test(path))

test('there are pages in every part of the console', () => {
  expect(PLAIN.length).toBeGreaterThan(10)
})

test('a single owner is told how a second one is made without waiting a day', async () => {
  const page = await world.open(owner, '/')
  const commands = page.locator('[data-on-server] code')
  await commands.first().waitFor()
  expect(await commands.allTextContents()).toEqual([
    'npx palier user add USERNAME --owner',
    'npx palier enrol USERNAME',
  ])
  // As the server makes one: without a key they can sign nothing yet.
  const second = await world.server.person('oscar', 'owner')
  await page.reload()
  await page.locator(`.first-steps a[href$="/people/${second.id}"]`).waitFor()
  expect(await commands.count()).toBe(0)
})

test.each(PLAIN.map(({ path }) => path))('%s', async (path) => {
  const page = await world.open(owner, path)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    // What the content security policy refuses is said here.
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.reload()
  await page.locator('main h1').waitFor()
  await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
  expect(await page.locator('[role=alert]').count()).toBe(0)
  expect(await looks(page, `tour${path.replaceAll('/', '-')}`)).toEqual([])
  expect(errors).toEqual([])
})
