// Mail by SMTP (nodemailer). Plain text only; STARTTLS or TLS always, except to this machine.
import { createTransport } from 'nodemailer'
import { inTime } from './in-time.ts'
import { type Mailer, MailFailed } from './mail.ts'

const CONNECT_MS = 5_000
const TOTAL_MS = 9_000

export interface SmtpOptions {
  /** `smtp://…` or `smtps://…`, as configured. */
  readonly url: string
  readonly from: string
  /** Domain of the Message-IDs. */
  readonly domain: string
  /** Whether the server is this machine: only then may the connection be plain. */
  readonly loopback: boolean
  /** Beside the system's authorities. */
  readonly authority?: string
}

/** A mailer that opens a connection for each mail: alerts are few, and a connection kept would be one to lose. */
export function smtpMailer({ url, from, domain, loopback, authority }: SmtpOptions): Mailer {
  const server = new URL(url)
  const secure = server.protocol === 'smtps:'
  const name = server.hostname.replace(/^\[|\]$/g, '')
  return {
    async send({ to, subject, text, id }, signal) {
      const transport = createTransport({
        host: name,
        port: server.port === '' ? (secure ? 465 : 587) : Number(server.port),
        secure,
        requireTLS: !secure && !loopback,
        ignoreTLS: !secure && loopback,
        tls: { minVersion: 'TLSv1.2', ...(authority === undefined ? {} : { ca: authority }) },
        ...(server.username === ''
          ? {}
          : { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
        connectionTimeout: CONNECT_MS,
        greetingTimeout: CONNECT_MS,
        socketTimeout: CONNECT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      const close = () => transport.close()
      signal.addEventListener('abort', close, { once: true })
      try {
        const oneLine = subject.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
        const sending = transport.sendMail({
          from: { name: 'Palier', address: from },
          to: { name: '', address: to },
          subject: oneLine,
          text,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        await inTime(TOTAL_MS, sending, close)
      } catch (error) {
        throw failureOf(error)
      } finally {
        signal.removeEventListener('abort', close)
        close()
      }
    },
  }
}

/** Codes only: what a server says may quote what it was sent. */
function failureOf(error: unknown): MailFailed {
  const { code, responseCode } = (error ?? {}) as { code?: unknown; responseCode?: unknown }
  const reply = typeof responseCode === 'number' ? responseCode : null
  // 5xx on the recipient or the message is for good; a refused sign-in may be repaired by the operator.
  const final = reply !== null && reply >= 500 && reply < 600 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  const said =
    typeof code === 'string'
      ? code
      : error instanceof Error && /^no answer within/.test(error.message)
        ? 'timeout'
        : 'failed'
  return new MailFailed(reply === null ? said : `${said} ${reply}`, final)
}
