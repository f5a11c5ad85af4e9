// What every JSON API of id's pages demands before it reads: JSON, from id's own pages, of a sane size, of the right shape.
import type { Context, MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import { Refusal } from '../errors/failure.ts'
import { readBoundedText } from './body.ts'

/** Largest body of a JSON API call. */
export const JSON_BODY_MAX_BYTES = 64 * 1024

/**
 * Refuses a POST that is not `application/json` (415) or not from the issuer's own origin (403: a foreign page cannot
 * act in a person's name). GET and HEAD only read, and pass.
 */
export function jsonApi(config: { readonly issuer: string }): MiddlewareHandler {
  const origin = new URL(config.issuer).origin
  return async (c, next) => {
    c.header('Cache-Control', 'no-store')
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    // A foreign page cannot send this field: its browser would ask first, and is not answered. Scripts have no Origin.
    const isScript = c.req.header('Origin') === undefined && c.req.header('Authorization') !== undefined
    if (!isScript && c.req.header('Origin') !== origin)
      throw new Refusal(403, 'foreign-origin', c.req.header('Origin') ?? 'no Origin')
    const type = c.req.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (type !== 'application/json') throw new Refusal(415, 'not-json', type ?? 'no Content-Type')
    return next()
  }
}

/**
 * The body, checked against its schema. Throws `Refusal`: 413 `body-too-large` above 64 kB, 400 `bad-request` whose
 * detail names the path of the fault.
 */
export async function readJson<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const text = await readBoundedText(c.req.raw, JSON_BODY_MAX_BYTES)
  if (text === null) throw new Refusal(413, 'body-too-large')
  const parsed = schema.safeParse(parse(text))
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
