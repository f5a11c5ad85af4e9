// PALIER_CONSENT_DIALOG=1: a page in a browser is answered so that Element Web opens its dialog, once a prompt; all others as ever.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type KnownDevice,
  type MeteredGateway,
  messages,
  meteredGateway,
  released,
} from '../../support/metered-gateway.ts'

const PAGE = {
  origin: 'https://chat.example.org',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}
const DESKTOP = {
  origin: 'vector://vector',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Element/1.11.90 Chrome/130.0 Electron/33.0 Safari/537.36',
}

let world: MeteredGateway
let dialog: Awaited<ReturnType<MeteredGateway['gateway']>>
let plain: typeof dialog

beforeAll(async () => {
  world = await meteredGateway()
  dialog = await world.gateway({ config: { holdSeconds: 0, pushGateways: [], consentDialog: true } })
  plain = await world.gateway({ config: { holdSeconds: 0, pushGateways: [] } })
})
afterAll(() => world.stop())

const ask = (gateway: typeof dialog, device: KnownDevice, headers: Record<string, string>, room = 'room') =>
  gateway.get(device, messages(`!${room}:example.org`, 's-0', 50), { headers })

describe('a withheld page of history', () => {
  it('opens the dialog of a page in a browser, with the link of the prompt', async () => {
    const ada = await world.deviceWith(0)
    const { status, body, headers } = await ask(dialog, ada, PAGE)
    expect(status).toBe(403)
    expect(body).toEqual({
      errcode: 'M_CONSENT_NOT_GIVEN',
      error: expect.stringContaining('tap of your security key'),
      consent_uri: expect.stringMatching(/^http:\/\/localhost:8080\/approve\/\S{20,}$/),
    })
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })

  it('opens it once a prompt: asked again it waits as it would for anybody', async () => {
    const ada = await world.deviceWith(0)
    expect((await ask(dialog, ada, PAGE)).status).toBe(403)
    expect((await ask(dialog, ada, PAGE)).status).toBe(429)
    expect((await ask(dialog, ada, PAGE, 'another')).status).toBe(403)
  })

  it.each([
    ['Element Desktop, whose search index would give up the room', DESKTOP],
    ['a client that is no browser', { 'user-agent': 'matrix-nio/0.25' }],
    ['a browser without an origin, such as a link followed', { 'user-agent': PAGE['user-agent'] }],
    ['a program that only says it is Element', { 'user-agent': 'Element/1.11.90', origin: PAGE.origin }],
  ])('is 429 as ever to %s', async (_who, headers) => {
    const ada = await world.deviceWith(0)
    expect((await ask(dialog, ada, headers as Record<string, string>)).status).toBe(429)
  })

  it('is 429 as ever where nobody chose the dialog', async () => {
    const ada = await world.deviceWith(0)
    expect((await ask(plain, ada, PAGE)).status).toBe(429)
  })
})

it('what is within the budget is released, and 401 stays for who declares themselves', async () => {
  const ada = await world.deviceWith(5)
  expect(released(await ask(dialog, ada, PAGE))).toBe(5)
  const aware = { ...PAGE, 'x-palier-step-up': '1' }
  expect((await ask(dialog, ada, aware, 'another')).status).toBe(401)
})
