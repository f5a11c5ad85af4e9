// Failures of the JSON APIs on the wire: problem+json (RFC 9457) with a stable reason; the log gets the precise words.
import type { Context } from 'hono'
import type { Log } from '../platform/log.ts'
import { refusedByDatabase } from './database.ts'
import { Refusal } from './failure.ts'

const TITLES: Record<Refusal['status'], string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** The `onError` of an application: a `Refusal` as it says, anything else a 500 that tells an outsider nothing. */
export function problemHandler(log: Log): (error: Error, c: Context) => Response {
  return (thrown, c) => {
    const where = { method: c.req.method, path: c.req.routePath }
    const error = refusedByDatabase(thrown) ?? thrown
    if (error instanceof Refusal) {
      log.info('request.refused', { ...where, status: error.status, reason: error.reason, detail: error.detail })
      return problem(error.status, error.reason, error.shown)
    }
    log.error('request.failed', { ...where, error: error.message, stack: error.stack })
    return problem(500, 'internal')
  }
}

/** A problem+json answer. `reason` is what a page translates. */
export function problem(
  status: Refusal['status'],
  reason: string,
  shown: Readonly<Record<string, unknown>> = {},
): Response {
  return Response.json(
    { ...shown, type: 'about:blank', title: TITLES[status], status, reason },
    { status, headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' } },
  )
}
