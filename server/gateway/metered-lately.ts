// What a request is remembered by for the moment after its refusal.
import type { ReserveRequest } from '../metering/port.ts'
import { hmacSha256, sha256Base64Url } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import { newToken } from '../platform/tokens.ts'
import { type Bound, spenderOf } from './metered-charge.ts'
import { EVERYWHERE, isIdle } from './metered-plan.ts'
import type { MeteredRequest } from './metered-port.ts'
import type { HistoryParts, Serving } from './metered-serving.ts'

/** The reservation of a request for `events`; where nothing is reserved, what its refusal is remembered by. */
export function recentOf(
  { applied, clock, random }: Pick<Serving, 'applied' | 'clock' | 'random'>,
  { requestKey }: Pick<HistoryParts, 'requestKey'>,
  request: MeteredRequest,
  { room, direction }: Bound,
  events = 1,
): ReserveRequest {
  const { caller, origin, target, body } = request
  // Not a byte of the body is left out: two searches are two requests.
  const sent = body.length === 0 ? '' : `\n${sha256Base64Url(body)}`
  return {
    ...spenderOf({ applied }, request),
    id: newToken('reservation', random),
    network: origin.network,
    client: origin.client,
    room: room ?? EVERYWHERE,
    direction,
    events,
    idle: isIdle(caller, clock.now(), applied.metering),
    requestHash: base64Url(hmacSha256(requestKey, `${caller.device}\n${origin.network}\n${target}${sent}`)),
  }
}
