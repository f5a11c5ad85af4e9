import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { webhook } from '../../../server/config/values.ts'
import type { Owed } from '../../../server/notify/port.ts'
import { signedHeaders, webhooks } from '../../../server/notify/webhook.ts'
import { nodeOutbound, type ResolvedAddress } from '../../../server/platform/outbound-node.ts'
import { type Receiver, verifies, webhookReceiver } from '../../support/receiver.ts'

const SECRET = `whsec_${Buffer.from('a key of the tests, thirty-two by').toString('base64')}`
const OTHER = `whsec_${Buffer.from('the key before it, thirty-two byt').toString('base64')}`
const NOW_MS = 1_790_000_000_000
/** For what never answers; whatever does is given as long as it takes. */
const SHORT_MS = 400
const PATIENT_MS = 20_000

let receiver: Receiver

beforeEach(async () => {
  receiver = await webhookReceiver()
})
afterEach(() => receiver.stop())

function parsed(line: string) {
  const found = webhook(line)
  if (found === null) throw new Error(`not a receiver: ${line}`)
  return found
}

const owed = (target = 'soc'): Owed => ({
  id: 'ntf_one',
  channel: 'webhook',
  target,
  payload: '{"type":"palier.test","data":{"word":"é"}}',
  attempts: 1,
  createdAt: new Date(NOW_MS),
})

/** One attempt at the receiver that a configuration line names. */
function attempt(line: string, resolve?: (name: string) => Promise<readonly ResolvedAddress[]>, totalMs = PATIENT_MS) {
  const outbound = nodeOutbound({ totalMs, ...(resolve ? { resolve } : {}) })
  const deliver = webhooks({ receivers: [parsed(line)], outbound, clock: { now: () => NOW_MS } })
  return deliver.deliver(owed(), new AbortController().signal)
}

describe('a webhook', () => {
  test('carries the id, the time and a signature that Standard Webhooks verifies', async () => {
    expect(await attempt(`soc ${receiver.url} ${SECRET} inside`)).toEqual({ state: 'delivered' })
    const [got] = receiver.received
    expect(got).toMatchObject({ id: 'ntf_one', timestamp: String(NOW_MS / 1000), body: owed().payload })
    expect(await verifies(SECRET, got as never)).toBe(true)
    expect(await verifies(SECRET, { ...(got as never as object), body: `${got?.body} ` } as never)).toBe(false)
  })

  test('agrees with the example of the Standard Webhooks libraries', () => {
    const headers = signedHeaders(
      { keys: ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] },
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', payload: '{"test": 2432232314}' },
      1_614_265_330,
    )
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('is signed with every key while keys change over', async () => {
    await attempt(`soc ${receiver.url} ${SECRET} ${OTHER} inside`)
    const [got] = receiver.received
    expect(await verifies(SECRET, got as never)).toBe(true)
    expect(await verifies(OTHER, got as never)).toBe(true)
  })

  test.each([
    [200, 'delivered'],
    [299, 'delivered'],
    [302, 'failed'],
    [404, 'failed'],
    [500, 'failed'],
  ])('answered %i is %s', async (status, state) => {
    receiver.rig.answer = (response) => response.writeHead(status).end()
    expect(await attempt(`soc ${receiver.url} ${SECRET} inside`)).toMatchObject({ state })
  })

  test('answered 410 is never tried again', async () => {
    receiver.rig.answer = (response) => response.writeHead(410).end()
    expect(await attempt(`soc ${receiver.url} ${SECRET} inside`)).toMatchObject({ state: 'failed', final: true })
  })
})

describe('a receiver that means harm', () => {
  test('redirects inside, and is not followed', async () => {
    const inside = await webhookReceiver()
    try {
      receiver.rig.answer = (response) => response.writeHead(307, { location: inside.url }).end()
      expect(await attempt(`soc ${receiver.url} ${SECRET} inside`)).toMatchObject({ error: 'status 307' })
      expect(inside.received).toEqual([])
    } finally {
      await inside.stop()
    }
  })

  test('hangs before it answers, or in the middle, and the attempt ends', async () => {
    const line = `soc ${receiver.url} ${SECRET} inside`
    receiver.rig.answer = () => undefined
    expect(await attempt(line, undefined, SHORT_MS)).toMatchObject({ error: 'timeout' })
    receiver.rig.answer = (response) => void response.writeHead(200).write('…')
    expect(await attempt(line, undefined, SHORT_MS)).toMatchObject({ error: 'timeout' })
  })

  test('answers without end, and only the beginning is read', async () => {
    let sent = 0
    receiver.rig.answer = (response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
      }
      response.writeHead(200)
      response.on('drain', more)
      more()
    }
    expect(await attempt(`soc ${receiver.url} ${SECRET} inside`)).toEqual({ state: 'delivered' })
    // What the sockets' buffers took, not the gigabytes that there would have been time for.
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('answers what is not HTTP', async () => {
    receiver.rig.answer = (response) => void response.socket?.end('garbage\r\n\r\n')
    expect(await attempt(`soc ${receiver.url} ${SECRET} inside`)).toMatchObject({ state: 'failed' })
  })
})

describe('an address inside', () => {
  const at =
    (address: string, family = 4) =>
    async () => [{ address, family }]

  test.each([
    ['127.0.0.1', 4, 'address-inside'],
    ['10.1.2.3', 4, 'address-inside'],
    ['192.168.0.9', 4, 'address-inside'],
    ['::1', 6, 'address-inside'],
    ['::ffff:127.0.0.1', 6, 'address-inside'],
    ['fd00::1', 6, 'address-inside'],
    ['169.254.169.254', 4, 'address-refused'],
    ['0.0.0.0', 4, 'address-refused'],
    ['fe80::1', 6, 'address-refused'],
    ['64:ff9b::7f00:1', 6, 'address-refused'],
    ['224.0.0.1', 4, 'address-refused'],
  ])('%s is refused after its name was resolved, and nothing is sent', async (address, family, error) => {
    const url = `https://hooks.example.org:${receiver.port}/in`
    expect(await attempt(`soc ${url} ${SECRET}`, at(address, family))).toEqual({ state: 'failed', error })
    expect(receiver.connections()).toBe(0)
  })

  test('is refused when it is written out, too', async () => {
    expect(await attempt(`soc ${receiver.url} ${SECRET}`)).toMatchObject({ error: 'address-inside' })
    expect(await attempt(`soc https://169.254.169.254/ ${SECRET} inside`)).toMatchObject({ error: 'address-refused' })
    expect(receiver.connections()).toBe(0)
  })

  test.each([
    'https://0x7f000001/',
    'https://2130706433/',
    'https://127.1/',
    'https://[::ffff:7f00:1]/',
    'https://[::]/',
  ])('is refused however it is written: %s', async (url) => {
    expect(await attempt(`soc ${url} ${SECRET}`)).toMatchObject({ error: expect.stringMatching(/^address-/) })
  })

  test('is refused when only one of several is', async () => {
    const mixed = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    expect(await attempt(`soc https://hooks.example.org/ ${SECRET}`, mixed)).toMatchObject({ error: 'address-inside' })
  })

  test('that the operator named is used as it was resolved, once: a second answer of the DNS changes nothing', async () => {
    let asked = 0
    const rebinding = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
    const url = `http://hooks.localhost:${receiver.port}/in`
    expect(await attempt(`soc ${url} ${SECRET} inside`, rebinding)).toEqual({ state: 'delivered' })
    expect(asked).toBe(1)
    expect(receiver.received[0]?.host).toBe(`hooks.localhost:${receiver.port}`)
  })
})

test('a name that does not resolve, or a machine that does not listen, has failed', async () => {
  const nowhere = async () => {
    throw Object.assign(new Error('queryA'), { code: 'ENOTFOUND' })
  }
  expect(await attempt(`soc https://nowhere.example.org/ ${SECRET}`, nowhere)).toMatchObject({ error: 'ENOTFOUND' })
  expect(await attempt(`soc http://127.0.0.1:1/ ${SECRET} inside`)).toMatchObject({ error: 'ECONNREFUSED' })
})
