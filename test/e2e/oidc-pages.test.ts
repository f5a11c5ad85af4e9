// The provider's own pages in Chromium: what a browser really sends under their policies.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser as Chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SoftwareAuthenticator } from '../support/authenticator.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type Browser, basic, type Provider, party, postForm, provider } from '../support/provider.ts'

describe.runIf((await chromiumPath()) !== null)('in a browser', () => {
  let database: TestDatabase
  let id: Provider
  let key: SoftwareAuthenticator
  let chromium: Chromium
  let rp: ReturnType<typeof party>
  let posted: { headers: IncomingHttpHeaders; fields: Record<string, string> } | null = null
  const relyingParty = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      if (request.method === 'POST')
        posted = { headers: request.headers, fields: Object.fromEntries(new URLSearchParams(body)) }
      response.setHeader('Content-Type', 'text/html')
      response.end('<!doctype html><title>arrived</title>')
    })
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => relyingParty.listen(0, '127.0.0.1', () => resolve()))
    database = await testDatabase()
    id = await provider(database)
    key = (await id.person('alice')).key
    const redirectUri = `http://127.0.0.1:${(relyingParty.address() as AddressInfo).port}/callback`
    await id.register({ clientId: 'rp', name: 'A party', secret: 'secret', redirectUris: [redirectUri] })
    rp = party(id, { clientId: 'rp', redirectUri })
    chromium = await launchChromium()
  })

  afterAll(async () => {
    await chromium.close()
    await id.close()
    await database.drop()
    await new Promise((resolve) => relyingParty.close(resolve))
  })

  /** A window with the cookies of a sign-in that was made without one. */
  async function window(signedIn: Browser) {
    const context = await chromium.newContext()
    await context.addCookies([...signedIn.cookies].map(([name, value]) => ({ name, value, url: id.issuer })))
    return context.newPage()
  }

  test('an answer by form_post posts itself, and tells the party where it comes from but not from which address', async () => {
    const { chrome } = await rp.code(key)
    const begun = await rp.begin({ response_mode: 'form_post', prompt: 'login' }, chrome)
    const { body } = await chrome.tap(key, begun.transaction)
    const page = await window(chrome)
    await page.goto(new URL(body.redirect, id.issuer).href)
    await page.waitForURL(/callback/)
    expect(posted?.fields).toMatchObject({ code: expect.stringMatching(/^pac_/), state: 'st', iss: id.issuer })
    expect(posted?.headers.origin).toBe(id.issuer)
    expect(posted?.headers.referer ?? `${id.issuer}/`).toBe(`${id.issuer}/`)
    const answer = await postForm(
      `${id.issuer}/oidc/token`,
      rp.fields({ code: posted?.fields['code'] ?? '', verifier: begun.verifier }),
      basic('rp', 'secret'),
    )
    expect(answer.status).toBe(200)
  })

  test('the question whether to sign out is answered by its button', async () => {
    const { chrome } = await rp.code(key)
    const page = await window(chrome)
    await page.goto(`${id.issuer}/oidc/end_session`)
    await page.click('[data-action="sign-out"]')
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    expect((await rp.begin({ prompt: 'none' }, chrome)).params.get('error')).toBe('login_required')
  })
})
