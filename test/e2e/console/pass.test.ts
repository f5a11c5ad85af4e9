// A temporary pass from end to end, on the product as it runs: issued at the console, typed at the sign-in page, live and nothing else, ended.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Device, Person } from '../../support/person.ts'
import { type Product, startProduct } from '../../support/product.ts'

const BUSIEST = '!sample0:localhost'
const room = `/rooms/${encodeURIComponent(BUSIEST)}`

/** Somebody whose keys are at home: a code where others touch a key. */
class PassHolder extends Person {
  code = ''

  override async tap(transaction: string | null): Promise<string> {
    const typed = { transaction, code: this.code }
    return (await this.post<{ redirect: string }>('/api/signin/pass', typed)).redirect
  }
}

interface Synced {
  readonly next_batch: string
  readonly rooms?: { readonly join?: Readonly<Record<string, { timeline: { events: { event_id: string }[] } }>> }
}

let product: Product
let owner: Person
let guest: PassHolder
let device: Device
let pass: { id: string; code: string }

beforeAll(async () => {
  product = await startProduct({ PALIER_HOLD: '0' })
  const places = { id: product.id, gateway: product.gateway }
  owner = new Person(places)
  await owner.enrol(product.setupLink, { username: 'olga', display_name: 'Olga' })
  await owner.tap(null)
  const { id: person } = await owner.post<{ id: string }>('/api/console/people/create', { username: 'gael' })
  pass = await owner.post('/api/console/pass/issue', { person, hours: 1 })
  guest = new PassHolder(places)
  guest.code = pass.code
})

afterAll(() => product?.end())

test('the pass signs in to a client', async () => {
  device = await guest.device('library computer')
  expect(device.userId).toBe('@gael:localhost')
  expect((await device.call('GET', '/account/whoami')).status).toBe(200)
})

test('it reads what comes in now, and nothing of before', async () => {
  const first = (await device.call('GET', '/sync?timeout=0')).body as unknown as Synced
  const joined = Object.values(first.rooms?.join ?? {})
  expect(joined.length).toBeGreaterThan(0)
  expect(joined.flatMap(({ timeline }) => timeline.events)).toEqual([])
  const history = await device.call('GET', `${room}/messages?dir=b&limit=10`)
  expect(history).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } })
  expect(history.body).not.toHaveProperty('approval_uri')
  const olga = await owner.device('laptop')
  const said = await olga.call('PUT', `${room}/send/m.room.message/t1`, { msgtype: 'm.text', body: 'now' })
  expect(said.status).toBe(200)
  const next = (await device.call('GET', `/sync?timeout=0&since=${first.next_batch}`)).body as unknown as Synced
  const events = Object.values(next.rooms?.join ?? {}).flatMap(({ timeline }) => timeline.events)
  expect(events.map(({ event_id }) => event_id)).toEqual([said.body.event_id])
})

test('it is used up, and opens neither the account nor the console', async () => {
  await expect(guest.post('/api/me/context', {})).rejects.toThrow('key-required')
  const again = new PassHolder({ id: product.id, gateway: product.gateway })
  again.code = pass.code
  await expect(again.device()).rejects.toThrow('pass-refused')
})

test('ended at the console, it answers no more', async () => {
  await owner.post('/api/console/pass/revoke', { id: pass.id })
  await expect.poll(async () => (await device.call('GET', '/account/whoami')).status).toBe(401)
})
