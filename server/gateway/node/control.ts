// The way out of the fast path: routes that the gateway answers itself, as fetch's Request and Response.
import type { IncomingMessage } from 'node:http'
import { matrixError } from '../../errors/matrix.ts'
import { CORS_FIELDS, isCrossOrigin } from '../cors.ts'
import { revokedAnswer } from '../credentials.ts'
import { lowerCase } from '../headers.ts'
import { sendError } from './answer.ts'
import { type BodyKind, BodyTooLarge, bodyKind, readWhole, roomFor, tooManyBodies } from './body.ts'
import { type Exchange, onClientGone, type Shared } from './exchange.ts'
import { originOf } from './origin.ts'

const BODY_BYTES = 1024 * 1024
/** Of whoever has no session: a login is far shorter. */
const ANONYMOUS_BODY_BYTES = 64 * 1024

/** Answers a control route. Never rejects. */
export async function control(shared: Shared, exchange: Exchange): Promise<void> {
  const { req, res, route, caller } = exchange
  const crossOrigin = isCrossOrigin(route.target)
  const end = new AbortController()
  onClientGone(exchange, () => {
    exchange.ended('client-gone', '')
    end.abort({ kind: 'client-gone' })
  })
  const untrack = caller
    ? shared.deps.identify.track(caller, (reason) => {
        // A device that ends itself (sign-out, deletion) gets the answer to that, not a 401 in its place.
        if (ENDS_DEVICES.has(route.row.id)) return
        exchange.ended('revoked', reason)
        end.abort({ kind: 'revoked' })
        if (res.headersSent) res.destroy()
        else sendError(res, revokedAnswer(), crossOrigin)
      })
    : null
  let giveBack: (() => void) | null = () => {}
  try {
    const limitBytes = caller ? BODY_BYTES : ANONYMOUS_BODY_BYTES
    const kind = bodyKind(req, limitBytes)
    if (kind === 'stream' && caller) giveBack = roomFor(req, limitBytes, shared.held.of(caller.personId))
    else if (kind === 'small' && caller) giveBack = shared.bodies(caller.personId)
    if (giveBack === null) {
      res.shouldKeepAlive = false
      exchange.ended('rejected', 'busy')
      return sendError(res, tooManyBodies(), crossOrigin)
    }
    const body = await controlBody(exchange, kind, limitBytes, shared.limits.bodyMs)
    if (body === null) return
    const request = new Request(shared.deps.config.gatewayUrl + route.target, {
      method: req.method as string,
      headers: controlHeaders(req, exchange.kept),
      body: body.length === 0 ? null : new Uint8Array(body),
      signal: end.signal,
    })
    const response = await shared.deps.control(request, {
      origin: originOf(exchange.place, req),
      route,
      caller,
      signal: end.signal,
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (res.headersSent || res.destroyed) return
    res.writeHead(response.status, responseHeaders(response, crossOrigin, bytes.length))
    res.end(req.method === 'HEAD' ? undefined : bytes)
    exchange.ended('answered', '')
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      exchange.ended('rejected', 'body-too-large')
      sendError(res, matrixError('M_TOO_LARGE', 413, 'The request body is too large'), crossOrigin)
      return
    }
    if (end.signal.aborted) return
    shared.deps.log.error('gateway.control-failed', { row: route.row.id, error: String(error) })
    exchange.ended('failed', 'control')
    sendError(res, matrixError('M_UNKNOWN', 500, 'Internal error'), crossOrigin)
  } finally {
    giveBack?.()
    untrack?.()
  }
}

const ENDS_DEVICES: ReadonlySet<string> = new Set([
  'logout',
  'logout.all',
  'devices.delete',
  'devices.delete.many',
  'account.deactivate',
])

async function controlBody(
  exchange: Exchange,
  kind: BodyKind,
  limitBytes: number,
  withinMs: number,
): Promise<Buffer | null> {
  const { req } = exchange
  if (kind === 'too-large') throw new BodyTooLarge()
  if (kind === 'none') return Buffer.alloc(0)
  exchange.continue()
  return readWhole(req, limitBytes, withinMs)
}

function controlHeaders(req: IncomingMessage, kept: readonly string[]): Headers {
  const headers = new Headers()
  for (let i = 0; i < kept.length; i += 2) headers.append(kept[i] as string, kept[i + 1] as string)
  // The gateway's own pages know a browser again; the homeserver never sees a cookie.
  if (req.headers.cookie !== undefined) headers.set('cookie', req.headers.cookie)
  return headers
}

function responseHeaders(response: Response, crossOrigin: boolean, length: number): string[] {
  const fields: string[] = []
  response.headers.forEach((value, name) => {
    const lower = lowerCase(name)
    if (lower === 'set-cookie' || lower === 'content-length' || lower === 'transfer-encoding') return
    if (crossOrigin && lower.startsWith('access-control-')) return
    fields.push(name, value)
  })
  for (const cookie of response.headers.getSetCookie()) fields.push('set-cookie', cookie)
  if (crossOrigin) fields.push(...CORS_FIELDS)
  if (response.status !== 204 && response.status !== 304) fields.push('content-length', String(length))
  return fields
}
