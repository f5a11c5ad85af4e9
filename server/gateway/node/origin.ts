// Where a request comes from. The peer of a connection does not change, and few proxies stand in front: both are remembered.
import type { IncomingMessage } from 'node:http'
import { clientAddress, networkOf } from '../../platform/network.ts'
import type { Origin } from '../ports.ts'

export interface Place {
  readonly address: string
  readonly network: string
}

const REMEMBERED = 4096
const CLIENT_CHARACTERS = 200

/** Reads the client's address, believing `X-Forwarded-For` of trusted proxies only. */
export function places(trustedProxies: readonly string[]): (req: IncomingMessage) => Place {
  const byPath = new Map<string, Place>()
  return (req) => {
    const peer = req.socket.remoteAddress ?? ''
    // Without trusted proxies the field says nothing, and cannot fill the memory either.
    const forwarded = trustedProxies.length === 0 ? undefined : flat(req.headers['x-forwarded-for'])
    const key = forwarded === undefined ? peer : `${peer} ${forwarded}`
    const known = byPath.get(key)
    if (known) return known
    const address = clientAddress(peer, forwarded, trustedProxies)
    const place = { address, network: networkOf(address) }
    if (byPath.size >= REMEMBERED) byPath.clear()
    byPath.set(key, place)
    return place
  }
}

/** The origin of a request, with its client's name for itself. */
export function originOf(place: Place, req: IncomingMessage): Origin {
  const client = (req.headers['user-agent'] ?? '').slice(0, CLIENT_CHARACTERS)
  // What an allowance calls any client is no client's name.
  return { ...place, client: client === '*' ? '' : client }
}

function flat(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
