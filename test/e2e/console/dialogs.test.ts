// Every dialog of the console, with something in it: open, tried, refused, asked for by two. In both languages, light and dark, narrow
// and wide: axe finds nothing, nothing is cut, and the focus goes back to what opened it. A dialog that is not in the list here fails.
import { readFileSync } from 'node:fs'
import { glob, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faults } from '../../support/accessible.ts'
import { chromiumPath, launchChromium } from '../../support/chromium.ts'
import { SCREENSHOTS } from '../../support/console.ts'
import { type Answers, answers, made, suspended } from '../../support/console-answers.ts'
import { type PagesServer, startPagesServer } from '../../support/pages-server.ts'

/** What a change comes to: a refusal, an act that two sign, or an answer. */
type Came = { readonly reason: string; readonly members?: object } | 'act' | { readonly answer: unknown }

interface Opening {
  /** Its name in the code. */
  readonly dialog: string
  readonly at: string
  readonly open: string | ((page: Page) => Promise<void>)
  /** What its page is answered instead. */
  readonly with?: Answers
  readonly came?: Came
}

const PERSON = '/people/per_2'
const conflict = (current: object): Came => ({ reason: 'edited-meanwhile', members: current })
const person = answers['people.show']
const group = answers['groups.show']
const [policy] = answers['key-policies.list']?.items ?? []

const DIALOGS: readonly Opening[] = [
  { dialog: 'person-new', at: '/people', open: 'add-person', came: { reason: 'username-taken' } },
  {
    dialog: 'people-add-to-group',
    at: '/people',
    open: async (page) => {
      await page.locator('thead input[type=checkbox]').check()
      await page.locator('[data-action=group-chosen]').click()
    },
    came: 'act',
  },
  {
    dialog: 'person-edit',
    at: PERSON,
    open: async (page) => {
      await page.locator('[data-action=edit]').click()
      await page.locator('dialog [name=display_name]').fill('Anne')
    },
    came: conflict({ current: { ...person, display_name: 'Anne-Charlotte de Montmorency', version: 4 } }),
  },
  { dialog: 'person-role', at: PERSON, open: 'role', came: 'act' },
  { dialog: 'person-suspend', at: PERSON, open: 'suspend', came: { reason: 'last-owner' } },
  { dialog: 'person-delete', at: PERSON, open: 'delete', came: 'act' },
  { dialog: 'key-link', at: PERSON, open: 'link', came: { reason: 'too-many-mails' } },
  { dialog: 'key-link-made', at: PERSON, open: done('link'), came: { answer: made['enrolment.issue'] } },
  { dialog: 'key-desk', at: PERSON, open: 'desk', came: { reason: 'person-unavailable' } },
  { dialog: 'key-pass', at: PERSON, open: 'pass', came: { reason: 'person-unavailable' } },
  { dialog: 'key-pass-made', at: PERSON, open: done('pass'), came: { answer: made['pass.issue'] } },
  {
    dialog: 'key-await',
    at: PERSON,
    open: async (page) => {
      await page.locator('[data-action=await]').click()
      await page.locator('dialog [name=by]').selectOption('batch')
    },
    came: { reason: 'bad-serial' },
  },
  { dialog: 'room-reveal', at: PERSON, open: 'reveal', came: 'act' },
  { dialog: 'reading-erase', at: PERSON, open: 'erase-reading', came: 'act' },
  { dialog: 'person-resume', at: `${PERSON}?`, open: 'resume', with: { 'people.show': suspended } },
  { dialog: 'group-new', at: '/groups', open: 'add-group', came: { reason: 'group-exists' } },
  {
    dialog: 'group-add-members',
    at: '/groups/grp_1',
    open: async (page) => {
      await page.locator('[data-action=add-members]').click()
      await page.locator('dialog .picklist input').first().check()
    },
    came: 'act',
  },
  {
    dialog: 'group-rename',
    at: '/groups/grp_1',
    open: 'rename',
    came: conflict({ current: { ...group, name: 'Direction des libertés publiques', version: 3 } }),
  },
  {
    dialog: 'group-take-out',
    at: '/groups/grp_1',
    open: async (page) => {
      await page.locator('tbody input[type=checkbox]').first().check()
      await page.locator('[data-action=take-out]').click()
    },
    came: {
      reason: 'loosening-needs-reason',
      members: {
        loosens: [{ people: [person?.username], changes: [{ what: 'windows.archive[0]', from: 1500, to: 2000 }] }],
      },
    },
  },
  { dialog: 'group-delete', at: '/groups/grp_1', open: 'delete', came: { reason: 'group-in-policy' } },
  { dialog: 'import-apply', at: '/people/import?id=imp_1', open: 'apply', came: 'act' },
  { dialog: 'key-rename', at: '/keys/key_1', open: 'rename', came: conflict({}) },
  { dialog: 'key-revoke', at: '/keys/key_1', open: 'revoke', came: { reason: 'last-owner' } },
  {
    dialog: 'key-policy',
    at: '/keys/policies',
    open: async (page) => {
      await page.locator('tbody [data-action=edit]').first().click()
      await page.locator('dialog .model-list').waitFor()
    },
    came: conflict({ shown: { ...policy, policy: 'any', version: 2 } }),
  },
  { dialog: 'key-policy-remove', at: '/keys/policies', open: 'remove', came: conflict({}) },
  { dialog: 'key-policy-loading', at: '/keys/policies', open: slow('groups/list', 'add') },
  { dialog: 'model-allow', at: '/keys/models', open: 'forbid', came: conflict({}) },
  { dialog: 'session-end', at: '/sessions', open: 'end', came: { reason: 'not-found' } },
  {
    dialog: 'sessions-end-group',
    at: '/sessions',
    open: async (page) => {
      await page.locator('[data-action=end-group]').click()
      await page.locator('dialog [name=group]').selectOption('grp_1')
      await page.locator('dialog [data-reach]').waitFor()
    },
    came: 'act',
  },
  { dialog: 'sessions-end-everyone', at: '/sessions', open: 'end-everyone', came: 'act' },
  {
    dialog: 'alert-decide',
    at: '/alerts',
    open: 'end-device',
    came: conflict({ alert: { ...answers['alerts.show'], state: 'handled', handled_by: 'simone' } }),
  },
  { dialog: 'act-end', at: '/acts/act_1', open: 'deny', came: { reason: 'offline' } },
  { dialog: 'policy-emergency', at: '/policy', open: 'emergency', came: 'act' },
  { dialog: 'policy-roll-back', at: '/policy/versions/3', open: 'roll-back', came: 'act' },
  {
    dialog: 'token-new',
    at: '/tokens',
    open: async (page) => {
      await page.locator('[data-action=add-token]').click()
      await page.locator('dialog [name=purpose]').selectOption('script')
    },
  },
  {
    dialog: 'token-made',
    at: '/tokens',
    open: async (page) => {
      await page.locator('[data-action=add-token]').click()
      await page.locator('dialog [name=name]').fill('LDAP')
      await page.locator('dialog [data-action=confirm]').click()
    },
    came: { answer: made['tokens.create'] },
  },
  { dialog: 'token-revoke', at: '/tokens', open: 'revoke', came: { reason: 'not-found' } },
  { dialog: 'shortcuts', at: '/tokens', open: (page) => page.keyboard.press('?') },
  {
    dialog: 'tap',
    at: '/tokens',
    open: async (page) => {
      await done('revoke')(page)
      await page.locator('dialog[data-dialog=tap]').waitFor()
    },
    came: { reason: 'fresh-tap-required' },
  },
]

/** Opens what the button opens, and confirms it. */
function done(action: string) {
  return async (page: Page) => {
    await page.locator(`[data-action=${action}]`).first().click()
    await page.locator('dialog [data-action=confirm]').click()
  }
}

/** Opens it while a read is never answered. */
function slow(verb: string, action: string) {
  return async (page: Page) => {
    await page.route(`**/api/console/${verb}**`, () => undefined)
    await page.locator(`[data-action=${action}]`).first().click()
  }
}

const LOOKS = [
  { colorScheme: 'light', width: 1024 },
  { colorScheme: 'light', width: 320 },
  { colorScheme: 'dark', width: 320 },
  { colorScheme: 'dark', width: 1024 },
] as const
/** Of what was there before, with a notice more. */
const BRIEF = [LOOKS[2]] as const
const WHOLE_PAGES = [LOOKS[1], { colorScheme: 'dark', width: 1920 }] as const

/** Every `name` that the code gives a dialog, and how many dialogs it draws. */
async function dialogsInCode(): Promise<{ readonly names: readonly string[]; readonly drawn: number }> {
  const root = fileURLToPath(new URL('../../../client/console', import.meta.url))
  const names: string[] = []
  let drawn = 0
  for await (const file of glob('**/*.tsx', { cwd: root })) {
    // What hands its own name on.
    if (file === 'kit/change-dialog.tsx' || file === 'kit/dialog.tsx') continue
    const code = readFileSync(join(root, file), 'utf8')
    drawn += code.match(/<(?:ChangeDialog|Confirm|Dialog)\b/g)?.length ?? 0
    for (const [, name = ''] of code.matchAll(/<(?:ChangeDialog|Confirm|Dialog)\b(?:<.*>)?\s+name="([a-z-]+)"/g))
      names.push(name)
  }
  return { names, drawn }
}

test('every dialog in the code has a name of its own, and is looked at here', async () => {
  const { names, drawn } = await dialogsInCode()
  expect(names.length).toBe(drawn)
  expect(names.toSorted()).toEqual(DIALOGS.map(({ dialog }) => dialog).toSorted())
})

describe.runIf((await chromiumPath()) !== null)('every dialog of the console', () => {
  let browser: Browser
  let server: PagesServer
  beforeAll(async () => {
    server = await startPagesServer()
    browser = await launchChromium()
    await mkdir(SCREENSHOTS, { recursive: true })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const pages = Map.groupBy(DIALOGS, ({ at }) => at)
  test.each([...pages])('%s', async (at, openings) => {
    server.reset()
    for (const [id, json] of Object.entries({ ...answers, ...openings[0]?.with }))
      server.answer(`/api/console/${id.replace('.', '/')}`, { json })
    const context = await browser.newContext({ locale: 'fr-FR', reducedMotion: 'reduce', bypassCSP: true })
    const page = await context.newPage()
    const found: unknown[] = []
    page.on('pageerror', (error) => found.push({ thrown: String(error) }))
    let came: Came = conflict({})
    await page.route('**/api/console/**', async (route) => {
      if (route.request().method() === 'GET') return route.fallback()
      if (came === 'act') return route.fulfill({ status: 202, json: { act: 'act_1' } })
      if ('answer' in came) return route.fulfill({ json: came.answer })
      const status = came.reason === 'fresh-tap-required' ? 401 : 409
      await route.fulfill({ status, json: { reason: came.reason, ...came.members } })
    })

    /** In both languages, as `looks` say. */
    const look = async (
      name: string,
      looks: readonly { colorScheme: 'light' | 'dark'; width: number }[],
      of?: string,
    ) => {
      for (let turn = 0; turn < 2; turn++) {
        const language = await page.getAttribute('html', 'lang')
        for (const { colorScheme, width } of looks) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 800 })
          const picture = `dialog-${name}-${language}-${colorScheme}-${width}`
          if (process.env['PALIER_SCREENSHOTS'])
            await page.screenshot({ path: join(SCREENSHOTS, `${picture}.png`), fullPage: of === undefined })
          for (const { fault, detail } of await faults(page, of)) found.push({ picture, fault, detail })
        }
        // Also while a dialog covers it: what is open is drawn anew in the other language.
        await page.evaluate(() => document.querySelector<HTMLElement>('header button[lang]')?.click())
        await expect.poll(() => page.getAttribute('html', 'lang')).not.toBe(language)
      }
    }

    await page.goto(`${server.url}/console${at}`)
    await page.locator('main h1').waitFor()
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
    await look(`page${at.replaceAll(/[^\w]+/g, '-')}`, WHOLE_PAGES)
    for (const opening of openings) {
      const { dialog } = opening
      came = opening.came ?? conflict({})
      const { open } = opening
      if (typeof open === 'string') await page.locator(`[data-action=${open}]`).first().click()
      else await open(page)
      const box = `dialog[data-dialog=${dialog}]`
      await page.locator(box).waitFor()
      await look(dialog, LOOKS, box)
      const confirm = page.locator(`${box} [data-action=confirm]`)
      const reason = page.locator(`${box} textarea[name=reason]`)
      if ((await confirm.count()) === 1) {
        await confirm.click()
        if ((await reason.count()) === 1) {
          await page.locator(`${box} [data-reason=bad-reason]`).waitFor()
          await look(`${dialog}-missing`, BRIEF, box)
          await reason.fill('Sa clé a été vue dans d’autres mains.')
          await confirm.click()
        }
        await page.locator(`${box} :is([role=alert], [data-act], .wrong)`).first().waitFor()
        await look(`${dialog}-tried`, BRIEF, box)
      }
      while ((await page.locator('dialog[open]').count()) > 0) await page.keyboard.press('Escape')
      // The focus went back to the page, to what opened it.
      const focused = await page.evaluate(() => document.activeElement?.tagName)
      if (focused === 'BODY' && typeof open === 'string') found.push({ dialog, focused })
    }
    await context.close()
    expect(found).toEqual([])
  })
})
