// id in real workerd, as wrangler.toml describes it, on a database of the test's own, and a browser made of its fetch.
import { fileURLToPath } from 'node:url'
import { createTestHarness } from 'wrangler'
import type { SoftwareAuthenticator } from '../support/authenticator.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const ISSUER = 'https://id.example.org'
export const SECRET = 'workerd-test-secret-of-sufficient-length-0123'

const CONNECTION = 'CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE'

/** Starts the Worker. `vars` come over those of wrangler.toml. */
export async function startWorker(databaseUrl: string, vars: Readonly<Record<string, string>> = {}, secret = SECRET) {
  process.env.WRANGLER_SEND_METRICS = 'false'
  // Postgres is told from what the URL says; this server knows no passwords, and Hyperdrive demands one.
  process.env[CONNECTION] = databaseUrl.replace('postgres@', 'postgres:none@')
  const harness = createTestHarness({
    root: ROOT,
    workers: [
      {
        configPath: 'wrangler.toml',
        vars: { PALIER_KEY_POLICY: 'any', PALIER_LOG_LEVEL: 'debug', ...vars },
        secrets: { PALIER_SECRET: secret },
      },
    ],
  })
  try {
    await harness.listen()
  } catch (error) {
    await harness.close()
    throw error
  } finally {
    delete process.env[CONNECTION]
  }
  // Straight to the Worker: the harness's own proxy rewrites addresses in headers, Origin included.
  const handle = harness.getWorker()
  const visit = async (url: string | URL, init: RequestInit = {}) =>
    (await handle.fetch(new URL(url, ISSUER).href, { redirect: 'manual', ...init } as Parameters<
      typeof handle.fetch
    >[1])) as unknown as Response
  return {
    visit,
    /** Runs the cron once, as if at that minute of an hour; resolves with its outcome. */
    cron: async (minute = 30) =>
      (await handle.scheduled({ cron: '* * * * *', scheduledTime: new Date(Date.UTC(2026, 10, 23, 12, minute)) }))
        .outcome,
    /** What the Worker logged, one text a line. */
    logged: () => harness.getLogs().map((line) => JSON.stringify(line)),
    close: () => harness.close(),
  }
}

export type RunningWorker = Awaited<ReturnType<typeof startWorker>>

/** A browser at id: keeps cookies, follows nothing by itself, posts as id's pages do. */
export function browserAt(worker: Pick<RunningWorker, 'visit'>) {
  const cookies = new Map<string, string>()
  async function visit(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (cookies.size > 0) headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await worker.visit(url, { ...init, headers: Object.fromEntries(headers) })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const equals = pair.indexOf('=')
      if (pair.length === equals + 1) cookies.delete(pair.slice(0, equals))
      else cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
    }
    return response
  }
  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await visit(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', Origin: ISSUER, ...headers },
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }
  return {
    visit,
    post,
    cookies,
    /** Registers a key by the enrolment page's calls. */
    enrol: async (ticket: string, key: SoftwareAuthenticator, person: Record<string, string> = {}) => {
      const begun = await post('/api/enrol/options', { ticket, ...person })
      if (begun.status !== 200) return begun
      const { ceremony, options } = begun.body
      return post('/api/enrol/verify', { ticket, ceremony, response: key.register(options), name: 'My key', ...person })
    },
    /** Signs in by the sign-in page's calls, with a key that names its holder. */
    tap: async (key: SoftwareAuthenticator, transaction?: string, headers: Readonly<Record<string, string>> = {}) => {
      const asked = transaction === undefined ? {} : { transaction }
      const begun = await post('/api/signin/options', asked)
      if (begun.status !== 200) return begun
      return post(
        '/api/signin/verify',
        { ...asked, ceremony: begun.body.ceremony, response: key.assert(begun.body.options) },
        headers,
      )
    },
  }
}
