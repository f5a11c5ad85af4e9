// Chromium's own virtual key against the services: what browsers really send.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginEnrolment, finishEnrolment } from '../../server/people/enrolment.ts'
import { addVirtualKey, chromiumPath, launchChromium } from '../support/chromium.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { BROWSER, enrolmentWorld } from '../support/enrolment.ts'

const browserIsThere = (await chromiumPath()) !== null

describe.runIf(browserIsThere)("Chromium's virtual key", () => {
  let database: TestDatabase
  const pages = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>keys</title>')
  })

  beforeAll(async () => {
    database = await testDatabase()
    await new Promise<void>((resolve) => pages.listen(0, resolve))
  })
  afterAll(async () => {
    await new Promise((resolve) => pages.close(resolve))
    await database.drop()
  })

  for (const keyPolicy of ['any', 'device-bound', 'attested'] as const) {
    it(`${keyPolicy === 'attested' ? 'is not admitted' : 'enrols and signs in'} under the policy ${keyPolicy}`, async () => {
      const issuer = `http://localhost:${(pages.address() as AddressInfo).port}`
      const world = enrolmentWorld(database, { keyPolicy, issuer })
      const { token: ticket } = await world.ticketFor((await world.person(`person-${keyPolicy}`)).id)
      const browser = await launchChromium()
      try {
        const page = await browser.newPage()
        await page.goto(issuer)
        await addVirtualKey(page)
        const presented = { ticket, cookie: undefined, browserHash: BROWSER }
        const begun = await beginEnrolment(world.deps, presented)
        const created = await page.evaluate(async (json) => {
          const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json as never)
          return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).toJSON() as unknown
        }, begun.options as unknown)
        const finish = finishEnrolment(world.deps, {
          ...presented,
          ceremony: begun.ceremony,
          response: created,
          name: 'Virtual',
        })
        if (keyPolicy === 'attested') {
          await expect(finish).rejects.toMatchObject({ status: 422 })
          return
        }
        const { credential } = await finish
        const about = { kind: 'authentication', subject: 'e2e', browserHash: BROWSER } as const
        const { ceremony, options } = await world.assertions.begin({ ...about, ttlSeconds: 300 })
        const response = await page.evaluate(async (json) => {
          const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json as never)
          return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON() as unknown
        }, options as unknown)
        expect(await world.assertions.finish({ ...about, ceremony, response })).toMatchObject({
          ok: true,
          credentialId: credential.id,
        })
      } finally {
        await browser.close()
      }
    })
  }
})
