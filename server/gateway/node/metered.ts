// The Node side of the metered port: whole answers from the homeserver, one answer to the client, and the truth about
// whether it left.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type MatrixError, matrixError } from '../../errors/matrix.ts'
import type { BodyScan } from '../../metering/scanner/wasm.ts'
import type { Weighing } from '../../metering/weigh.ts'
import { free } from '../../platform/free.ts'
import { revokedAnswer } from '../credentials.ts'
import { lowerCase, meteredFields } from '../headers.ts'
import type {
  Delivery,
  HeaderList,
  MeteredRequest,
  SpooledBody,
  UpstreamAnswer,
  UpstreamFailure,
  UpstreamRequest,
} from '../metered-port.ts'
import type { Caller } from '../ports.ts'
import { send, sendError, sendHead } from './answer.ts'
import { BodyTooLarge, bodyKind, readWhole, roomFor, tooManyBodies } from './body.ts'
import { type Exchange, onClientGone, type Shared, upstreamFields } from './exchange.ts'
import type { SpoolOffer } from './intake.ts'
import { originOf } from './origin.ts'
import { Spool } from './spool.ts'
import { fetchStreamed } from './streamed.ts'
import { fetchWhole, type WholeRequest } from './whole.ts'

const ANSWER_MS = 60_000
/** The longest a client may make the homeserver wait on a long poll. */
const POLL_MS = 600_000
/** How long a client may leave bytes unread before it is cut off. */
const STALL_MS = 60_000
/** The largest body of a metered request where the row says nothing. */
const BODY_BYTES = 1024 * 1024
const NOTHING: Delivery = { firstByte: false, complete: false }

/** Hands a request to the pipeline and resolves when the pipeline owes nothing more. */
export async function meter(shared: Shared, exchange: Exchange & { readonly caller: Caller }): Promise<void> {
  const { req, res, route, caller } = exchange
  const end = new AbortController()
  const releases: (() => void)[] = []
  let answered = false
  let revoked = false

  onClientGone(exchange, () => {
    exchange.ended('client-gone', '')
    end.abort({ kind: 'client-gone' })
  })
  const untrack = shared.deps.identify.track(caller, (reason) => {
    revoked = true
    exchange.ended('revoked', reason)
    end.abort({ kind: 'revoked' })
    if (res.headersSent) res.destroy()
    else sendError(res, revokedAnswer())
  })

  const sent = await bodyOf(shared, exchange, releases)
  if (sent === null || end.signal.aborted) {
    for (const release of releases) release()
    return untrack()
  }
  const kept = meteredFields(exchange.kept)
  const ask = { shared, exchange, kept, sent, ended: end.signal }
  const mayAnswer = () => {
    if (answered) throw new Error(`${route.row.id}: answered twice`)
    answered = true
    return !(revoked || res.headersSent || res.destroyed || req.socket.destroyed)
  }
  const request: MeteredRequest = {
    caller,
    origin: originOf(exchange.place, req),
    route,
    target: route.target,
    body: sent,
    headers: listed(kept),
    signal: end.signal,
    draining: shared.draining.signal,
    send: (asked = {}) => fetchUpstream(ask, asked, releases),
    sendStreaming: async (asked = {}) => {
      const giveBack = shared.streams(caller.personId)
      if (giveBack === null) return { ok: false, reason: 'busy', sent: false }
      releases.push(giveBack)
      const answer = await fetchStreamed(shared.upstream.requests, upstreamRequest(ask, asked, CONDITIONS))
      if (!answer.ok) return answer
      releases.push(() => answer.discard())
      return {
        ok: true,
        status: answer.status,
        headers: listed(answer.fields),
        length: answer.length,
        whole: () => answer.whole(shared.limits.answerBytes, shared.held.of(caller.personId)),
        release: async () => {
          if (!mayAnswer()) return NOTHING
          const delivery = await answer.release(res, req.method === 'HEAD')
          if (delivery.complete) exchange.ended('answered', '')
          return delivery
        },
        discard: () => answer.discard(),
      }
    },
    respond: async (status, headers, body) => {
      if (!mayAnswer()) return NOTHING
      const delivery = await deliver(exchange, status, headers, body)
      if (delivery.complete) exchange.ended('answered', '')
      return delivery
    },
  }
  try {
    await shared.deps.metered(request)
    if (!answered && !end.signal.aborted) throw new Error('the pipeline did not answer')
  } catch (error) {
    shared.deps.log.error('gateway.metered-failed', { row: route.row.id, error: String(error) })
    exchange.ended('failed', 'pipeline')
    sendError(res, matrixError('M_UNKNOWN', 500, 'Internal error'))
  } finally {
    untrack()
    for (const release of releases) release()
  }
}

/** What every request of an exchange to the homeserver is made from. */
interface Asking {
  readonly shared: Shared
  readonly exchange: Exchange
  readonly kept: readonly string[]
  readonly sent: Buffer
  readonly ended: AbortSignal
}

/** Conditions that a streamed answer may be asked under: 304 carries nothing. */
const CONDITIONS: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since'])

async function fetchUpstream(
  asking: Asking,
  asked: UpstreamRequest,
  releases: (() => void)[],
): Promise<UpstreamAnswer | UpstreamFailure> {
  const { shared, exchange } = asking
  const { longPoll } = exchange.route.row
  const person = exchange.caller?.personId ?? ''
  const answer = await fetchWhole(
    longPoll ? shared.upstream.polls : shared.upstream.requests,
    upstreamRequest(asking, asked),
    shared.limits.answerBytes,
    shared.held.of(person),
    asked.spool ? spoolOffer(shared, person, asked.spool) : null,
  )
  if (!answer.ok) return answer
  releases.push(answer.release)
  const { spooling } = answer
  const spooled = spooling && {
    bytes: spooling.spool.bytes,
    weigh: (weighing: Weighing) => spooling.scan.end(weighing),
    chunks: () => spooling.spool.chunks(),
  }
  return { ok: true, status: answer.status, headers: listed(answer.fields), body: answer.body, spooled }
}

/** Counts nothing. */
const UNREAD: BodyScan = { take: () => true, end: () => null, discard: () => undefined }

function spoolOffer(
  { deps, limits, spooled, scanner }: Shared,
  person: string,
  asked: NonNullable<UpstreamRequest['spool']>,
): SpoolOffer | null {
  const { spool: place } = deps
  if (place === undefined) return null
  return {
    memoryBytes: limits.memoryBytes,
    maxBytes: limits.spooledAnswerBytes,
    open: () => {
      const scan = asked === 'unread' ? UNREAD : scanner().open(asked.shape, asked.key)
      return { scan, spool: new Spool(place.folder, place.random, spooled.of(person), (block) => scan.take(block)) }
    },
    failed: (why) => deps.log.error('gateway.spool_failed', { why }),
  }
}

function upstreamRequest(
  { shared, exchange, kept, sent, ended }: Asking,
  asked: UpstreamRequest,
  conditions: ReadonlySet<string> = new Set(),
): WholeRequest {
  const { req, route } = exchange
  // HEAD costs what GET costs, and counts what GET counts: the body is left out on the way back.
  const own = req.method === 'POST' || req.method === 'PUT' ? req.method : 'GET'
  const method = asked.method ?? own
  const headers = upstreamFields(shared, exchange, replaced(kept, asked.headers))
  for (let i = 0; i < exchange.kept.length; i += 2) {
    const name = exchange.kept[i] as string
    if (conditions.has(lowerCase(name))) headers.push(name, exchange.kept[i + 1] as string)
  }
  headers.push('Accept-Encoding', 'identity')
  const poll = route.row.longPoll === true && asked.target === undefined ? pollMs(route.query.first('timeout')) : 0
  return {
    method,
    path: asked.target ?? route.target,
    headers,
    body: method === 'GET' ? null : (asked.body ?? sent),
    signal: asked.signal ? AbortSignal.any([ended, asked.signal]) : ended,
    timeoutMs: asked.timeoutMs ?? ANSWER_MS + poll,
  }
}

// Null: the client is gone or was answered. What is compressed or labelled so could be read in two ways. `releases` gives back
// the room that the body takes, as long as its request is under way.
async function bodyOf(shared: Shared, exchange: Exchange, releases: (() => void)[]): Promise<Buffer | null> {
  const { req, res, route, caller } = exchange
  const limitBytes = route.row.maxBodyBytes ?? BODY_BYTES
  const refuse = (error: MatrixError, reason: string) => {
    // The body that was not asked for does not come: nothing after it can be told apart on this connection.
    res.shouldKeepAlive = false
    sendError(res, error)
    exchange.ended('rejected', reason)
    return null
  }
  const tooLarge = () => refuse(matrixError('M_TOO_LARGE', 413, 'The request body is too large'), 'body-too-large')
  const kind = bodyKind(req, limitBytes)
  if (kind === 'too-large') return tooLarge()
  if (kind === 'none') return Buffer.alloc(0)
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    return refuse(matrixError('M_UNKNOWN', 400, 'The request body must not be compressed'), 'body-encoding')
  }
  if (kind === 'stream') {
    const giveBack = roomFor(req, limitBytes, shared.held.of(caller?.personId ?? ''))
    if (giveBack === null) return refuse(tooManyBodies(), 'busy')
    releases.push(giveBack)
  }
  if (kind === 'small') {
    const giveBack = shared.bodies(caller?.personId ?? '')
    if (giveBack === null) return refuse(tooManyBodies(), 'busy')
    releases.push(giveBack)
  }
  exchange.continue()
  try {
    return await readWhole(req, limitBytes, shared.limits.bodyMs)
  } catch (error) {
    if (error instanceof BodyTooLarge) return tooLarge()
    throw error
  }
}

function pollMs(timeout: string | null): number {
  const ms = timeout !== null && /^[0-9]{1,9}$/.test(timeout) ? Number(timeout) : 0
  return Math.min(ms, POLL_MS)
}

function deliver(
  exchange: Exchange,
  status: number,
  headers: HeaderList,
  body: Uint8Array | string | SpooledBody,
): Promise<Delivery> {
  const { req, res } = exchange
  return new Promise((resolve) => {
    // Once bytes are handed over they may have been read, whatever becomes of the rest.
    let handedOver = res.socket !== null
    res.once('socket', () => {
      handedOver = true
    })
    const { socket } = req
    // The connection outlives the answer: what listens to it must not.
    const done = (delivery: Delivery) => {
      socket.off('close', gone)
      resolve(delivery)
    }
    const gone = () =>
      done(
        res.writableFinished
          ? { firstByte: true, complete: true }
          : { firstByte: handedOver || res.socket !== null, complete: false },
      )
    res.once('finish', () => done({ firstByte: true, complete: true }))
    res.once('close', gone)
    socket.once('close', gone)
    socket.setTimeout(STALL_MS)
    if (typeof body === 'string' || body instanceof Uint8Array) send(res, status, headers, body)
    else void sendSpooled(req, res, status, headers, body)
  })
}

// At the pace of the client; a block that cannot be read back breaks the answer off, so that it never looks whole.
async function sendSpooled(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: HeaderList,
  body: SpooledBody,
): Promise<void> {
  if (!sendHead(res, status, headers, body.bytes)) return
  try {
    if (req.method !== 'HEAD') {
      for await (const chunk of body.chunks()) {
        if (res.destroyed) return
        if (await written(res, chunk)) free(chunk)
      }
    }
    res.end()
  } catch {
    res.destroy()
  }
}

// Whether the system has taken it. A block waits for the one before: few are in memory, whatever the client's pace.
function written(res: ServerResponse, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = () => resolve(false)
    res.once('close', gone)
    res.write(chunk, (error) => {
      res.off('close', gone)
      resolve(!error)
    })
  })
}

function listed(flat: readonly string[]): HeaderList {
  const list: (readonly [string, string])[] = []
  for (let i = 0; i < flat.length; i += 2) list.push([lowerCase(flat[i] as string), flat[i + 1] as string])
  return list
}

function replaced(kept: readonly string[], extra: HeaderList | undefined): readonly string[] {
  if (extra === undefined) return kept
  const names = new Set(extra.map(([name]) => name.toLowerCase()))
  const fields: string[] = []
  for (let i = 0; i < kept.length; i += 2) {
    if (!names.has(lowerCase(kept[i] as string))) fields.push(kept[i] as string, kept[i + 1] as string)
  }
  for (const [name, value] of extra) fields.push(name, value)
  return fields
}
