// `palier alerts`, as an operator types it.
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outbox } from '../../../db/schema/notify.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { SECRET } from '../../support/gateway-process.ts'
import { type Receiver, verifies, webhookReceiver } from '../../support/receiver.ts'
import { typed } from '../../support/typed.ts'

const WEBHOOK_SECRET = `whsec_${Buffer.from('a key of the tests, thirty-two by').toString('base64')}`

let database: TestDatabase
let receiver: Receiver
const mails: string[] = []
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, session, done) => {
    stream.resume()
    stream.on('end', () => {
      mails.push(...session.envelope.rcptTo.map(({ address }) => address))
      done()
    })
  },
})

beforeAll(async () => {
  database = await testDatabase()
  receiver = await webhookReceiver()
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()))
})
afterAll(async () => {
  await new Promise<void>((resolve) => smtp.close(() => resolve()))
  await receiver.stop()
  await database.drop()
})

const palier = (env: Record<string, string>, ...command: string[]) =>
  typed({ PALIER_DATABASE_URL: database.url, PALIER_SECRET: SECRET, ...env }, ...command)

test('alerts list says that there is nothing to list', async () => {
  const listed = await palier({}, 'alerts', 'list')
  expect(listed).toMatchObject({ code: 0, out: '' })
  expect(listed.said).toContain('There is no notification yet')
})

test('alerts test says who is not configured, who was reached, and who was not', async () => {
  expect(await palier({}, 'alerts', 'test')).toMatchObject({ code: 2 })
  const env = {
    PALIER_WEBHOOKS: `soc ${receiver.url} ${WEBHOOK_SECRET} inside, gone http://127.0.0.1:1/ ${WEBHOOK_SECRET} inside`,
    PALIER_SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    PALIER_MAIL_FROM: 'palier@example.org',
    PALIER_ALERT_MAIL_TO: 'duty@example.org',
  }
  expect((await palier(env, 'user', 'add', 'olympe', '--owner')).code).toBe(0)
  expect((await palier(env, 'user', 'add', 'plain')).code).toBe(0)
  expect((await palier(env, 'alerts', 'address', 'olympe', 'olympe@example.org')).code).toBe(0)
  expect((await palier(env, 'alerts', 'address', 'plain', 'plain@example.org')).code).toBe(1)
  expect((await palier(env, 'alerts', 'address', 'olympe', 'Olympe <o@example.org>')).code).toBe(2)
  const tried = await palier(env, 'alerts', 'test')
  expect(tried.code).toBe(1)
  expect(tried.out.trim().split('\n')).toEqual([
    'ok    \twebhook soc',
    'failed\twebhook gone\tECONNREFUSED',
    'ok    \tmail duty@example.org',
    'ok    \tmail olympe@example.org',
  ])
  expect(mails.sort()).toEqual(['duty@example.org', 'olympe@example.org'])
  expect(receiver.received).toHaveLength(1)
  const [got] = receiver.received
  expect(await verifies(WEBHOOK_SECRET, got as never)).toBe(true)
  expect(JSON.parse(got?.body ?? '')).toMatchObject({ type: 'palier.test', data: { kind: 'test' } })
  expect((await palier(env, 'alerts', 'address', 'olympe')).code).toBe(0)
  expect((await palier(env, 'alerts', 'test')).out).not.toContain('olympe')
})

test('alerts list shows what is owed and what was given up', async () => {
  const now = new Date()
  const owed = { channel: 'webhook', target: 'soc', payload: '{}', createdAt: now, attempts: 3 } as const
  await database.db.insert(outbox).values([
    { ...owed, id: 'ntf_owed', about: 'owed', nextAttemptAt: now, lastError: 'status 500' },
    { ...owed, id: 'ntf_dead', about: 'dead', deadAt: now, lastError: 'ENOTFOUND' },
  ])
  const { out } = await palier({}, 'alerts', 'list')
  expect(out).toMatch(/webhook\tsoc\towed\t3 attempts\tstatus 500/)
  expect(out).toMatch(/webhook\tsoc\tgiven up\t3 attempts\tENOTFOUND/)
})
