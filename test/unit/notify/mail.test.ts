// Mail against a real SMTP server.
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { alertPayload } from '../../../server/notify/alert.ts'
import { mails } from '../../../server/notify/mail.ts'
import type { Owed } from '../../../server/notify/port.ts'
import { smtpMailer } from '../../../server/platform/mail-node.ts'
import { certificate, pem } from '../../support/certificates.ts'

const authority = certificate({ commonName: 'Mail authority', ca: true })
const server = certificate({ commonName: 'localhost', dnsName: 'localhost', issuer: authority })
const TLS = { key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert: pem(server.der) }

interface Got {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly secure: boolean
  readonly user: string | undefined
}
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function mailServer(options: SMTPServerOptions = {}) {
  const got: Got[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    ...TLS,
    onAuth: (auth, _session, done) =>
      auth.password === 'p@ss' ? done(null, { user: auth.username }) : done(new Error('no')),
    onData: (stream, session, done) => {
      let raw = ''
      stream.on('data', (chunk: Buffer) => {
        raw += chunk.toString('utf8')
      })
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        got.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw,
          secure: session.secure,
          user: session.user,
        })
        done()
      })
    },
    ...options,
  })
  smtp.on('error', () => undefined)
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()))
  closers.push(() => new Promise((resolve) => smtp.close(() => resolve())))
  return { got, port: (smtp.server.address() as AddressInfo).port }
}

const alert = {
  kind: 'sweep',
  action: 'tap',
  serverName: 'example.org',
  personId: 'per_one',
  device: 'dev_one',
  explanation: { fr: 'Salons différents lus en une heure : 60.', en: 'Rooms read within an hour: 60.' },
  evidence: { rooms: 60, threshold: 40 },
} as const

function owed(target = 'soc@example.org', serverName: string = alert.serverName): Owed {
  const payload = alertPayload('alr_one', { ...alert, serverName }, new Date(1_790_000_000_000))
  return { id: 'ntf_one', channel: 'mail', target, payload, attempts: 1, createdAt: new Date(0) }
}

function send(url: string, options: { loopback?: boolean; authority?: string; owed?: Owed } = {}) {
  const { loopback = true, authority: ca } = options
  const mailer = smtpMailer({
    url,
    from: 'palier@example.org',
    domain: 'id.example.org',
    loopback,
    ...(ca === undefined ? {} : { authority: ca }),
  })
  return mails({ mailer, issuer: 'https://id.example.org' }).deliver(
    options.owed ?? owed(),
    new AbortController().signal,
  )
}

const ownAuthority = () => pem(authority.der)

describe('a mail', () => {
  test('is plain text in French and English, from and to whom it should be, with an id that a repetition shares', async () => {
    const { got, port } = await mailServer({ disabledCommands: ['STARTTLS'] })
    expect(await send(`smtp://127.0.0.1:${port}`)).toEqual({ state: 'delivered' })
    const [mail] = got
    expect(mail).toMatchObject({ from: 'palier@example.org', to: ['soc@example.org'] })
    expect(mail?.raw).toContain('Subject: [Palier] sweep (example.org)')
    expect(mail?.raw).toContain('Message-ID: <ntf_one@id.example.org>')
    expect(mail?.raw).toMatch(/^Content-Type: text\/plain/m)
    expect(mail?.raw).not.toMatch(/text\/html|multipart/)
    const text = decoded(mail?.raw ?? '')
    for (const words of [alert.explanation.fr, alert.explanation.en, '- rooms: 60', 'dev_one'])
      expect(text).toContain(words)
    expect(text).not.toMatch(/\/approve\//)
  })

  test('signs in with what the address holds, percent-encoded', async () => {
    const { got, port } = await mailServer({ authOptional: false })
    const url = `smtp://pa%40lier:p%40ss@localhost:${port}`
    expect(await send(url, { loopback: false, authority: ownAuthority() })).toEqual({ state: 'delivered' })
    expect(got[0]).toMatchObject({ user: 'pa@lier', secure: true })
  })

  test('cannot be given another header, whatever an alert says', async () => {
    const { got, port } = await mailServer({ disabledCommands: ['STARTTLS'] })
    const evil = 'example.org\r\nBcc: everyone@example.org\r\n\r\nbody\u2028x'
    expect(await send(`smtp://127.0.0.1:${port}`, { owed: owed('soc@example.org', evil) })).toEqual({
      state: 'delivered',
    })
    const [head = ''] = (got[0]?.raw ?? '').split('\r\n\r\n')
    expect(head).not.toMatch(/^Bcc:/im)
    expect(got[0]?.to).toEqual(['soc@example.org'])
  })
})

describe('outside this machine', () => {
  test('STARTTLS is used, with a certificate that is checked', async () => {
    const { got, port } = await mailServer()
    const url = `smtp://localhost:${port}`
    expect(await send(url, { loopback: false, authority: ownAuthority() })).toEqual({ state: 'delivered' })
    expect(got[0]?.secure).toBe(true)
    expect(await send(url, { loopback: false })).toMatchObject({ state: 'failed' })
    expect(got).toHaveLength(1)
  })

  test('a server without STARTTLS is sent nothing, not even a password', async () => {
    let asked = false
    const { got, port } = await mailServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => {
        asked = true
        done(null, { user: 'any' })
      },
    })
    const url = `smtp://user:p%40ss@localhost:${port}`
    expect(await send(url, { loopback: false, authority: ownAuthority() })).toMatchObject({ state: 'failed' })
    expect(got).toEqual([])
    expect(asked).toBe(false)
  })

  test('smtps is TLS from the first byte', async () => {
    const { got, port } = await mailServer({ secure: true })
    const url = `smtps://localhost:${port}`
    expect(await send(url, { loopback: false, authority: ownAuthority() })).toEqual({ state: 'delivered' })
    expect(got).toHaveLength(1)
  })
})

describe('what a server says', () => {
  const reply = (responseCode: number) => Object.assign(new Error(`said ${responseCode}`), { responseCode })

  test('no to a recipient for good is final, not now is not', async () => {
    const never = await mailServer({
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => done(reply(550)),
    })
    expect(await send(`smtp://127.0.0.1:${never.port}`)).toEqual({
      state: 'failed',
      error: 'EENVELOPE 550',
      final: true,
    })
    const later = await mailServer({
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => done(reply(451)),
    })
    expect(await send(`smtp://127.0.0.1:${later.port}`)).toEqual({
      state: 'failed',
      error: 'EENVELOPE 451',
      final: false,
    })
  })

  test('a wrong password is tried again: the operator may repair it', async () => {
    const { port } = await mailServer({ authOptional: false })
    const url = `smtp://user:wrong@localhost:${port}`
    const failed = await send(url, { loopback: false, authority: ownAuthority() })
    expect(failed).toMatchObject({ state: 'failed', final: false })
    expect(JSON.stringify(failed)).not.toContain('wrong')
  })

  test('a machine that does not listen has failed', async () => {
    expect(await send('smtp://127.0.0.1:1')).toMatchObject({ state: 'failed', final: false })
  })
})

/** The text of a mail in quoted-printable or base64. */
function decoded(raw: string): string {
  const at = raw.indexOf('\r\n\r\n')
  const body = raw.slice(at + 4)
  if (/^Content-Transfer-Encoding: base64/im.test(raw)) return Buffer.from(body, 'base64').toString('utf8')
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
