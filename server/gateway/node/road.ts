// The road of a request: preflight, classify, who is calling, and then one of the ways. Synchronous as far as it can be.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type MatrixError, matrixError } from '../../errors/matrix.ts'
import { bounded } from '../bounds.ts'
import { type Classified, classify } from '../classify.ts'
import { isCrossOrigin, PREFLIGHT_FIELDS } from '../cors.ts'
import { identifyFailure, readToken, revokedAnswer } from '../credentials.ts'
import { requestFields } from '../headers.ts'
import { storeAway } from '../metered-answers.ts'
import { IGNORED_USERS } from '../metered-sync-filter.ts'
import type { Caller, IdentifyFailure } from '../ports.ts'
import { sendError } from './answer.ts'
import { BoundedBody, bodyKind, linger, readWhole, tooManyBodies } from './body.ts'
import { control } from './control.ts'
import { type Exchange, type GatewayEvent, onClientGone, type Shared, upstreamFields } from './exchange.ts'
import { meter } from './metered.ts'
import { places } from './origin.ts'
import { Pass } from './pass.ts'
import { isRewritten, rewritten } from './rewritten.ts'

/** The request listener. `awaitsContinue`: the client sends its body when asked (RFC 9110 §10.1.1). */
export type Road = (req: IncomingMessage, res: ServerResponse, awaitsContinue: boolean) => void

export function openRoad(shared: Shared): Road {
  const { deps } = shared
  const placeOf = places(deps.config.trustedProxies)

  return (req, res, awaitsContinue) => {
    const target = req.url as string
    const startedMs = deps.clock.now()
    const crossOrigin = isCrossOrigin(target)
    let continued = !awaitsContinue
    let told = false
    let route: Classified | null = null
    let caller: Caller | null = null

    const ended = (outcome: GatewayEvent['outcome'], reason: string) => {
      if (told) return
      told = true
      if (!req.complete) res.on('finish', () => linger(req))
      deps.observe?.({
        row: route?.row.id ?? null,
        treatment: route?.row.treatment ?? (req.method === 'OPTIONS' ? 'preflight' : 'rejected'),
        status: outcome === 'client-gone' ? 0 : res.statusCode,
        outcome,
        reason,
        durationMs: deps.clock.now() - startedMs,
        device: caller?.device ?? null,
      })
    }
    const refuse = (error: MatrixError, reason: string) => {
      // The body that was not asked for does not come: nothing after it can be told apart on this connection.
      if (!continued) res.shouldKeepAlive = false
      sendError(res, error, crossOrigin)
      ended('rejected', reason)
    }

    if (shared.draining.signal.aborted) {
      res.shouldKeepAlive = false
      return refuse(matrixError('M_UNKNOWN', 503, 'Restarting', { retry_after_ms: 1000 }), 'draining')
    }
    if (req.method === 'OPTIONS') return preflight(res, crossOrigin, ended)

    const found = classify(req.method as string, target)
    if ('rejected' in found) return refuse(matrixError(found.errcode, found.status, found.message), found.reason)
    route = found
    const { row } = found
    const passes =
      (row.serverRoute === true && deps.config.serverRoutes === 'passed') ||
      (row.legacyMedia === true && deps.config.legacyMedia === 'open')
    if (row.treatment === 'closed' && !passes) {
      return refuse(matrixError('M_UNRECOGNIZED', 404, 'Unrecognized request'), 'closed')
    }
    if (row.treatment === 'refused') {
      const error = row.absent
        ? matrixError('M_UNRECOGNIZED', 404, row.reason)
        : matrixError('M_FORBIDDEN', 403, row.reason)
      return refuse(error, 'refused')
    }

    const fields = requestFields(req.rawHeaders)
    const go = (whoever: Caller | null) => {
      caller = whoever
      const place = placeOf(req)
      let known = whoever
      let passedAll = false
      if (whoever !== null && whoever.kind !== 'person') {
        const within = bounded(whoever, found, place.address)
        if ('refused' in within) {
          const { device } = whoever
          const { reason } = within
          deps.log.info('gateway.out-of-bounds', { row: row.id, device, network: place.network, reason })
          if (!row.anonymous) return refuse(within.refused, reason)
          known = null
        } else {
          known = within.caller
          passedAll = within.passed
        }
      }
      caller = known
      const exchange: Exchange = {
        req,
        res,
        route: found,
        place,
        kept: fields.kept,
        caller: known,
        ended,
        continue: () => {
          if (continued) return
          continued = true
          res.writeContinue()
        },
      }
      if (passes && fields.authorization?.startsWith('X-Matrix ')) {
        exchange.kept.push('Authorization', fields.authorization)
      }
      if (passedAll) return pass(shared, exchange, refuse, crossOrigin)
      dispatch(shared, exchange, refuse, crossOrigin)
    }
    const credentials = readToken(fields.authorization, fields.authorizations, found.queryToken)
    if (row.anonymous) {
      if ('failure' in credentials && credentials.failure === 'ambiguous')
        return refuse(identifyFailure('ambiguous'), 'ambiguous')
      if (row.id !== 'versions' || !('token' in credentials)) return go(null)
      // Which features a person has may be their own: ask as that person, or as nobody.
      return identified(
        deps.identify.remembered(credentials.token) ?? deps.identify.identify(credentials.token, placeOf(req).network),
        (known) => go(typeof known === 'string' ? null : known),
      )
    }
    if ('failure' in credentials) return refuse(identifyFailure(credentials.failure), credentials.failure)
    const { token } = credentials
    identified(deps.identify.remembered(token) ?? deps.identify.identify(token, placeOf(req).network), (known) => {
      if (typeof known === 'string') refuse(identifyFailure(known), known)
      else if (!res.destroyed) go(known)
    })
  }

  function identified(
    known: Caller | IdentifyFailure | Promise<Caller | IdentifyFailure>,
    then: (known: Caller | IdentifyFailure) => void,
  ): void {
    if (!(known instanceof Promise)) return then(known)
    known.then(then, (error: unknown) => {
      deps.log.error('gateway.identify-failed', { error: String(error) })
      then('unavailable')
    })
  }
}

function preflight(res: ServerResponse, crossOrigin: boolean, ended: Exchange['ended']): void {
  res.writeHead(204, crossOrigin ? (PREFLIGHT_FIELDS as string[]) : [])
  res.end()
  ended('answered', '')
}

function dispatch(
  shared: Shared,
  exchange: Exchange,
  refuse: (error: MatrixError, reason: string) => void,
  crossOrigin: boolean,
): void {
  const { row } = exchange.route
  if (row.treatment === 'metered' && exchange.caller) {
    follow(shared, meter(shared, { ...exchange, caller: exchange.caller }))
  } else if (exchange.caller?.rooms && row.id === 'joined_rooms') {
    follow(shared, rewritten(shared, exchange))
  } else if (row.treatment === 'control') {
    follow(shared, isRewritten(row.id) ? rewritten(shared, exchange) : control(shared, exchange))
  } else {
    pass(shared, exchange, refuse, crossOrigin)
  }
}

function follow(shared: Shared, work: Promise<void>): void {
  shared.underWay.add(work)
  void work.finally(() => shared.underWay.delete(work))
}

/** Rows by which an account's own settings are written. */
const SETTINGS: ReadonlySet<string> = new Set(['account_data', 'account_data.delete'])
/** The longest list of ignored people: some thousands. */
const IGNORED_BYTES = 256 * 1024

// Who changes whom to ignore, or null.
function changesIgnored({ req, route, caller }: Exchange): string | null {
  const isWritten = SETTINGS.has(route.row.id) && req.method !== 'GET' && req.method !== 'HEAD'
  return isWritten && route.params['type'] === IGNORED_USERS ? (caller?.userId ?? null) : null
}

function pass(
  shared: Shared,
  exchange: Exchange,
  refuse: (error: MatrixError, reason: string) => void,
  crossOrigin: boolean,
): void {
  const { req, route } = exchange
  const ignoring = changesIgnored(exchange)
  const limitBytes = ignoring !== null ? IGNORED_BYTES : (route.row.maxBodyBytes ?? shared.limits.bodyBytes)
  const kind = bodyKind(req, limitBytes)
  const tooLarge = () => refuse(matrixError('M_TOO_LARGE', 413, 'The request body is too large'), 'body-too-large')
  if (kind === 'too-large') return tooLarge()
  const headers = upstreamFields(shared, exchange, exchange.kept)
  const begin = (body: Buffer | BoundedBody | null, over = () => {}) => {
    const go = () => passOn(shared, exchange, headers, body, crossOrigin, over)
    if (ignoring === null) return go()
    const away = (error: unknown) => {
      over()
      shared.deps.log.error('gateway.ignoring-unnoted', { error: String(error) })
      refuse(storeAway(), 'store-away')
    }
    follow(shared, shared.deps.ignoring.note(ignoring).then(go).catch(away))
  }
  if (kind === 'none') return begin(null)
  // A body may come as slowly as its client likes: one session must not hold every connection to the homeserver, nor the memory.
  const take = kind === 'stream' ? shared.streams : shared.bodies
  const giveBack = exchange.caller ? take(exchange.caller.personId) : () => {}
  if (giveBack === null) return refuse(tooManyBodies(), 'busy')
  exchange.continue()
  // Whole, so that the homeserver hears of it as soon as it is noted.
  if (kind === 'small' || ignoring !== null) {
    readWhole(req, limitBytes, shared.limits.bodyMs).then(
      (body) => {
        if (body !== null) return begin(body, giveBack)
        giveBack()
        exchange.ended('client-gone', '')
      },
      () => {
        giveBack()
        tooLarge()
      },
    )
    return
  }
  const announced = req.headers['content-length']
  if (announced !== undefined) headers.push('Content-Length', announced)
  begin(new BoundedBody(req, limitBytes), giveBack)
}

function passOn(
  shared: Shared,
  exchange: Exchange,
  headers: string[],
  body: Buffer | BoundedBody | null,
  crossOrigin: boolean,
  over: () => void,
): void {
  const { req, res, route, caller } = exchange
  let untrack: (() => void) | null = null
  const passing = new Pass(
    route.row.longPoll ? shared.upstream.polls : shared.upstream.requests,
    { method: req.method as string, path: route.target, headers, body, crossOrigin },
    res,
    (outcome, reason) => {
      untrack?.()
      untrack = null
      over()
      exchange.ended(outcome, reason)
    },
  )
  if (caller) {
    untrack = shared.deps.identify.track(caller, () => {
      const begun = res.headersSent
      passing.revoke()
      if (begun) res.destroy()
      else sendError(res, revokedAnswer(), crossOrigin)
    })
  }
  onClientGone(exchange, () => passing.clientGone())
  passing.start()
}
