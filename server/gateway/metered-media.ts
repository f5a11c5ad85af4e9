// Files: charged by bytes and by files before the first byte is released, and then sent on as they come. A declared length is
// what is charged and all that leaves; without one the whole file is taken in first.
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import type { SpendRequest } from '../metering/port.ts'
import { deviceEnded, sendError, storeAway, upstreamFailed } from './metered-answers.ts'
import { askOf, type Bound, messageOf, missing, reasonOf, type Say, sayer, spendOf, unitsIn } from './metered-charge.ts'
import { recentOf } from './metered-lately.ts'
import type { MeteredRequest, StreamedAnswer } from './metered-port.ts'
import type { HistoryParts } from './metered-serving.ts'
import { releasesAnyway, type Serving } from './metered-serving.ts'
import { withParameters } from './query.ts'

/**
 * A thumbnail cropped to this many pixels each way, at most, is a face in a list: its bytes count, a file it is not. One that is
 * scaled may be as large as the homeserver has it: Synapse gives 320 by 240 for any less.
 */
const SMALL_PIXELS = 96

/** Media belongs to no room that a gateway could know. */
const BOUND: Bound = { room: null, direction: 'media' }

/** Whether a route's answer is a file. */
export function isMedia({ route }: Pick<MeteredRequest, 'route'>): boolean {
  return route.row.unit === 'media'
}

/** Serves one file. Resolves when it is with the client, and what it owes is paid. */
export async function serveMedia(deps: Serving, parts: HistoryParts, request: MeteredRequest): Promise<void> {
  const say = sayer(deps, parts, request, { meter: 'media-bytes' })
  const lately = recentOf(deps, parts, request, BOUND)
  const serving: OneFile = { deps, parts, request, say }
  const refused = parts.refusals.find(lately)
  if (refused) return refuse(serving, refused.answer, refused.reason, 'withheld')
  const file = await fetchFile(serving)
  if (file === null) return
  const streams = streamsOf(parts, request, file.length)
  const units = unitsIn(streams)
  const anyway = releasesAnyway(deps.applied)
  const spend = spendOf(deps, request, streams, BOUND)
  try {
    const spent = await deps.meters.spend(spend)
    if (spent.state === 'paid') {
      const approved = spent.source === 'allowance' ? 'approved' : 'within-budget'
      return await release(serving, file, { reason: approved, source: spent.source, units, charged: spent.cost })
    }
    if (spent.state === 'device-ended') {
      file.answer.discard()
      return refuse(serving, deviceEnded(), 'device-ended', 'refused')
    }
    if (anyway) return await release(serving, file, { reason: anyway, wouldBe: 'withheld', units })
    // The homeserver does not wait with an open file for a tap.
    file.answer.discard()
    const ask = askOf(request, deps.applied.metering, BOUND, {
      stream: spent.meter,
      reason: reasonOf(spent.meter, false),
      units: missing(spent.meter, streams, spent),
    })
    const climbed = await parts.ladder.climb(request, { state: 'refused', held: spent.held }, ask, async () => {
      const again = await deps.meters.spend(spend)
      return again.state === 'paid'
        ? ({ state: 'granted', source: again.source } as const)
        : ({ state: 'refused', held: 0 } as const)
    })
    const { heldMs } = climbed
    if (climbed.granted) {
      const again = await fetchFile(serving)
      if (again === null) return
      // Paid for is what it was before.
      if (again.length > file.length) {
        again.answer.discard()
        return refuse(serving, unusable(), 'upstream-changed', 'failed')
      }
      return await release(serving, again, { reason: 'approved', source: climbed.granted.source, heldMs, units })
    }
    if (climbed.answer?.status === 429) {
      parts.refusals.remember(lately, { answer: climbed.answer, reason: climbed.reason })
    }
    if (climbed.answer) await sendError(request, climbed.answer)
    const decision = climbed.answer ? 'withheld' : 'aborted'
    const status = climbed.answer?.status ?? 0
    say({ decision, reason: climbed.reason, meter: spent.meter, units, heldMs, status })
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (anyway) return release(serving, file, { reason: anyway, wouldBe: 'failed', units })
    file.answer.discard()
    await refuse(serving, storeAway(), 'store-away', 'failed')
  }
}

interface OneFile {
  readonly deps: Serving
  readonly parts: HistoryParts
  readonly request: MeteredRequest
  readonly say: Say
}

interface File {
  readonly answer: StreamedAnswer
  /** Bytes that will leave. */
  readonly length: number
}

// Null: answered already.
async function fetchFile(serving: OneFile): Promise<File | null> {
  const { request, say } = serving
  const answer = await request.sendStreaming({ target: targetOf(request) })
  if (!answer.ok) {
    if (answer.reason === 'aborted') {
      say({ decision: 'aborted', reason: 'client-gone', status: 0 })
      return null
    }
    await refuse(serving, upstreamFailed(answer), `upstream-${answer.reason}`, 'failed')
    return null
  }
  if (answer.status === 304) {
    await answer.release()
    say({ decision: 'released', reason: 'nothing-carried', status: answer.status })
    return null
  }
  if (answer.status !== 200) {
    answer.discard()
    // A redirect would lead the client to where nothing is counted.
    const redirected = answer.status >= 300 && answer.status < 400
    const failed = redirected || answer.status < 400 ? unusable() : errorOf(answer.status)
    await refuse(
      serving,
      failed,
      redirected ? 'upstream-redirect' : 'upstream-error',
      redirected ? 'failed' : 'released',
    )
    return null
  }
  const length = answer.length ?? (await answer.whole())
  if (typeof length === 'number') return { answer, length }
  answer.discard()
  await refuse(serving, upstreamFailed(length), `upstream-${length.reason}`, 'failed')
  return null
}

async function release(
  { request, say }: OneFile,
  { answer, length }: File,
  line: Omit<Parameters<Say>[0], 'decision' | 'status'>,
): Promise<void> {
  // Gone before the first byte: it is charged, and asking again costs its bytes only.
  if (request.signal.aborted) answer.discard()
  const delivery = request.signal.aborted ? { firstByte: false } : await answer.release()
  say({
    ...line,
    decision: 'released',
    reason: delivery.firstByte ? line.reason : 'client-gone',
    cost: length,
    status: answer.status,
  })
}

/** Bytes always; a file unless it is a small thumbnail, once in ten minutes. */
function streamsOf({ hashFor }: HistoryParts, request: MeteredRequest, bytes: number): SpendRequest['streams'] {
  const { serverName, mediaId } = request.route.params
  const file = { hashes: [hashFor(request.origin.network)(`media ${serverName}/${mediaId}`)], bare: 0 }
  return {
    ...(bytes > 0 ? { 'media-bytes': { hashes: [], bare: bytes } } : {}),
    ...(isSmallThumbnail(request) ? {} : { 'media-files': file }),
  }
}

function isSmallThumbnail({ route }: MeteredRequest): boolean {
  if (!route.row.id.includes('thumbnail') || route.query.first('method') !== 'crop') return false
  return ['width', 'height'].every((name) => {
    const pixels = route.query.first(name)
    return pixels !== null && /^[0-9]{1,3}$/.test(pixels) && Number(pixels) <= SMALL_PIXELS
  })
}

// A homeserver that may answer with a redirect is told not to.
function targetOf({ route }: MeteredRequest): string {
  return route.query.first('allow_redirect') === null
    ? route.target
    : withParameters(route, { allow_redirect: 'false' })
}

const unusable = (): MatrixError => matrixError('M_UNKNOWN', 502, 'The homeserver gave no usable answer')

function errorOf(status: number): MatrixError {
  if (status === 404) return matrixError('M_NOT_FOUND', 404, 'There is no such file')
  if (status === 403) return matrixError('M_FORBIDDEN', 403, 'The homeserver refuses this file')
  return matrixError('M_UNKNOWN', status, 'The homeserver gave no usable answer')
}

async function refuse(
  { request, say }: OneFile,
  answer: MatrixError,
  reason: string,
  decision: Parameters<Say>[0]['decision'],
): Promise<void> {
  await sendError(request, answer)
  say({ decision, reason, status: answer.status })
}
