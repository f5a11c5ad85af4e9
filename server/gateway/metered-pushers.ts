// Push addresses: whoever is pushed to learns of new messages long after a token has ended. An address of the operator's own,
// told nothing but that there is something, passes; so does one that the homeserver has already; any other takes a tap.
import * as z from 'zod'
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { parseBody } from '../metering/scanner/reference.ts'
import { readBody } from './metered-body.ts'
import type { Act } from './metered-joins.ts'
import type { MeteredRequest } from './metered-port.ts'

const pusherSchema = z.looseObject({
  kind: z.string().nullable(),
  app_id: z.string(),
  pushkey: z.string(),
  data: z.looseObject({ url: z.string().optional(), format: z.string().optional() }).optional(),
})
const pushersSchema = z.object({ pushers: z.array(pusherSchema) })
type Pusher = z.output<typeof pusherSchema>

/** What setting a pusher takes: nothing (no streams), or a tap that names the address. */
export async function pusherOf(request: MeteredRequest, allowed: readonly string[]): Promise<Act | MatrixError> {
  const read = readBody(request.body, pusherSchema)
  if ('error' in read) return read.error
  const pusher = read.value
  const address = pusher.kind === null ? null : addressOf(pusher)
  if (address === undefined) return matrixError('M_INVALID_PARAM', 400, 'data.url must be an https address')
  const act: Act = {
    meter: 'pushers',
    streams: {},
    room: null,
    direction: 'push',
    tapOnly: false,
    reason: null,
    request: { body: JSON.stringify(pusher) },
    answerOf: (parsed) => (typeof parsed === 'object' && parsed !== null ? {} : null),
  }
  if (address === null || isOperators(pusher, address, allowed) || (await isKnown(request, pusher))) return act
  // The address stands where a room would: another one asks anew, and the page shows it.
  return {
    ...act,
    streams: { pushers: { hashes: [], bare: 1 } },
    room: address,
    tapOnly: true,
    reason: 'push-address',
  }
}

// Undefined: none that anything may be pushed to.
function addressOf({ kind, pushkey, data }: Pusher): string | undefined {
  if (kind === 'email') return `mailto:${pushkey}`
  const url = URL.canParse(data?.url ?? '') ? new URL(data?.url as string) : null
  return url && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' ? url.href : undefined
}

// Whoever may set any key at a public push gateway could have messages' text pushed to a telephone of his own.
function isOperators({ kind, data }: Pusher, address: string, allowed: readonly string[]): boolean {
  return kind === 'http' && data?.format === 'event_id_only' && allowed.includes(address)
}

// Clients set theirs again at every start.
async function isKnown(request: MeteredRequest, pusher: Pusher): Promise<boolean> {
  const target = request.route.target.replace(/\/pushers\/set(\?.*)?$/, '/pushers')
  const answer = await request.send({ method: 'GET', target })
  if (!answer.ok || answer.status !== 200) return false
  const known = pushersSchema.safeParse(parseBody(answer.body))
  return known.success && known.data.pushers.some((one) => isSame(one, pusher))
}

function isSame(one: Pusher, other: Pusher): boolean {
  return (
    one.kind === other.kind &&
    one.app_id === other.app_id &&
    one.pushkey === other.pushkey &&
    one.data?.url === other.data?.url &&
    one.data?.format === other.data?.format
  )
}
