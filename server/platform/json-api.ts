// What every JSON API of id's pages demands before it reads: JSON, from id's own pages, of a sane size, of the right shape.
import type { Context, MiddlewareHandler, Next } from 'hono'
import type { z } from 'zod'
import { Refusal } from '../errors/failure.ts'
import { readBoundedText } from './body.ts'
import { isStorable } from './storable.ts'

/** Largest body of a JSON API call. */
export const JSON_BODY_MAX_BYTES = 64 * 1024

/**
 * Refuses a POST that is not `application/json` (415) or not from the issuer's own origin (403: a foreign page cannot
 * act in a person's name). GET and HEAD only read, and pass; but a foreign page cannot have a browser ask for them
 * either: that somebody looked, or took a file out, is written to the audit log in their name.
 */
export function jsonApi(config: { readonly issuer: string }): MiddlewareHandler {
  const origin = new URL(config.issuer).origin
  return async (c, next) => {
    const site = c.req.header('Sec-Fetch-Site')
    // Fetch Metadata: `none` is the address bar. Scripts and old browsers do not say.
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Refusal(403, 'foreign-origin', site)
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return answered(c, next)
    // A foreign page cannot send this field: its browser would ask first, and is not answered. Scripts have no Origin.
    const isScript = c.req.header('Origin') === undefined && c.req.header('Authorization') !== undefined
    if (!isScript && c.req.header('Origin') !== origin)
      throw new Refusal(403, 'foreign-origin', c.req.header('Origin') ?? 'no Origin')
    const type = c.req.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (type !== 'application/json') throw new Refusal(415, 'not-json', type ?? 'no Content-Type')
    return answered(c, next)
  }
}

/** What is answered is kept nowhere and is what it says it is; also a file that a verb made by itself. */
async function answered(c: Context, next: Next): Promise<void> {
  await next()
  if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
  c.header('X-Content-Type-Options', 'nosniff')
}

/**
 * The body, checked against its schema. Throws `Refusal`: 413 `body-too-large` above 64 kB, 400 `bad-request` whose
 * detail names the path of the fault.
 */
export async function readJson<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const text = await readBoundedText(c.req.raw, JSON_BODY_MAX_BYTES)
  if (text === null) throw new Refusal(413, 'body-too-large')
  const sent = parse(text)
  if (!isStorable(sent)) throw new Refusal(400, 'bad-request', 'a text that cannot be kept')
  const parsed = schema.safeParse(sent)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Refusal(
    400,
    'bad-request',
    `${issue?.path.map(String).join('.') || '(body)'}: ${issue?.message ?? 'invalid'}`,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'bad-request', 'the body is not JSON')
  }
}
