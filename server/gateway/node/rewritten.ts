// Answers that are fetched whole and made true before they go on: versions, sign-in flows, capabilities, well-known.
import { onlyJoinedRooms } from '../bounds.ts'
import { meteredFields } from '../headers.ts'
import { REWRITES, wellKnownClient } from '../rewrite.ts'
import { send, sendError, upstreamError } from './answer.ts'
import { type Exchange, onClientGone, type Shared, upstreamFields } from './exchange.ts'
import { fetchWhole } from './whole.ts'

const ANSWER_MS = 30_000
const CAP_BYTES = 1024 * 1024
const JSON_FIELDS = [['content-type', 'application/json']] as const

/** Whether a control row is answered here. */
export function isRewritten(rowId: string): boolean {
  return rowId === 'well-known.client' || REWRITES.has(rowId)
}

/** Answers a rewritten route. Never rejects. */
export async function rewritten(shared: Shared, exchange: Exchange): Promise<void> {
  const { res, route } = exchange
  if (route.row.id === 'well-known.client') {
    exchange.ended('answered', '')
    send(res, 200, JSON_FIELDS, JSON.stringify(wellKnownClient(shared.deps.config.gatewayUrl)))
    return
  }
  const end = new AbortController()
  onClientGone(exchange, () => {
    exchange.ended('client-gone', '')
    end.abort()
  })
  const headers = upstreamFields(shared, exchange, meteredFields(exchange.kept))
  headers.push('Accept-Encoding', 'identity')
  const answer = await fetchWhole(
    shared.upstream.requests,
    { method: 'GET', path: route.target, headers, signal: end.signal, timeoutMs: ANSWER_MS },
    CAP_BYTES,
    shared.held,
  )
  if (!answer.ok) {
    exchange.ended('upstream-failed', answer.reason)
    sendError(res, upstreamError(answer.reason))
    return
  }
  try {
    const parsed = parseObject(answer.body)
    if (parsed === null) {
      exchange.ended('upstream-failed', 'not-json')
      sendError(res, upstreamError('died'))
      return
    }
    const rewrite = answer.status === 200 ? rewriteOf(exchange) : undefined
    exchange.ended('answered', '')
    send(res, answer.status, JSON_FIELDS, JSON.stringify(rewrite ? rewrite(parsed) : parsed))
  } finally {
    answer.release()
  }
}

// Which rooms a service has joined is told of those that it may see.
function rewriteOf({ route, caller }: Exchange) {
  const rooms = caller?.rooms
  if (rooms && route.row.id === 'joined_rooms') return (body: Parsed) => onlyJoinedRooms(body, rooms)
  return REWRITES.get(route.row.id)
}

type Parsed = Readonly<Record<string, unknown>>

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
