// Posting to an address that configuration names but somebody else's DNS decides: the name is resolved first, every address is looked
// at, and the connection goes to the address that was looked at. No redirect is followed, little of the answer is read.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, request as undiciRequest } from 'undici'
import { addressKind } from './addresses.ts'
import { inTime } from './in-time.ts'
import type { Outbound } from './outbound.ts'
import { OutboundFailed } from './outbound.ts'

const ANSWER_BYTES = 4_096
const RESOLVE_MS = 3_000
const TOTAL_MS = 8_000

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Every address of a host name. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

/** Posts on Node; `total` milliseconds for everything together. Throws `OutboundFailed` and nothing else. */
export function nodeOutbound({
  resolve = resolveAll,
  totalMs = TOTAL_MS,
}: {
  resolve?: Resolve
  totalMs?: number
} = {}): Outbound {
  return {
    async post({ url, headers, body, inside, signal }) {
      const target = new URL(url)
      const to = await permitted(target.hostname.replace(/^\[|\]$/g, ''), inside, resolve)
      // A connection of its own, to that address: a second look-up could answer differently.
      const agent = new Agent({
        connect: {
          lookup: (_name, options, answer) => (options.all ? answer(null, [to]) : answer(null, to.address, to.family)),
        },
        connections: 1,
        pipelining: 0,
      })
      try {
        return await inTime(totalMs, exchange(agent, url, headers, body, signal))
      } catch (error) {
        throw new OutboundFailed(codeOf(error))
      } finally {
        // Whatever is still open, a receiver that sends for ever included.
        void agent.destroy().catch(() => undefined)
      }
    },
  }
}

async function exchange(
  agent: Agent,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number }> {
  const answer = await undiciRequest(url, { dispatcher: agent, method: 'POST', headers: { ...headers }, body, signal })
  let read = 0
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    read += part.length
    if (read > ANSWER_BYTES) break
  }
  return { status: answer.statusCode }
}

/** The address to connect to. All of a name's addresses must be permitted: one that mixes them is up to something. */
async function permitted(hostname: string, inside: boolean, resolve: Resolve): Promise<ResolvedAddress> {
  const family = isIP(hostname)
  const found = family
    ? [{ address: hostname, family }]
    : await inTime(RESOLVE_MS, resolve(hostname)).catch((error: unknown) => {
        throw new OutboundFailed(codeOf(error))
      })
  const [first] = found
  if (first === undefined) throw new OutboundFailed('no-address')
  for (const { address } of found) {
    const kind = addressKind(address)
    if (kind === 'never') throw new OutboundFailed('address-refused', true)
    if (kind === 'inside' && !inside) throw new OutboundFailed('address-inside', true)
  }
  return first
}

const resolveAll: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: false })

/** Only the kind of failure: messages may quote what was received. */
function codeOf(error: unknown): string {
  if (error instanceof OutboundFailed) return error.message
  const seen = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (typeof seen === 'object' && seen !== null && 'code' in seen && typeof seen.code === 'string') return seen.code
  return seen instanceof Error && /^no answer within/.test(seen.message) ? 'timeout' : 'failed'
}
