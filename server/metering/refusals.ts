// Refusals remembered for about a second, so that a client asking on and on costs no query. Only the very same request, and
// only until anything of its person's was given back or granted in this process.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../platform/clock.ts'
import type { Reserved, ReserveRequest } from './port.ts'

const REMEMBER_MS = 1_000

type Refused = Extract<Reserved, { state: 'refused' }>

export interface Refusals {
  find(request: ReserveRequest): Refused | null
  remember(request: ReserveRequest, refused: Refused): void
  /** Forgets all of a person's. */
  forget(serverName: string, personId: string): void
}

export function refusals(clock: Clock): Refusals {
  const people = new LRUCache<string, Map<string, { readonly refused: Refused; readonly untilMs: number }>>({ max: 10_000 })
  const personKey = (serverName: string, personId: string) => `${serverName}\n${personId}`
  const requestKey = (request: ReserveRequest) =>
    [request.device, request.network, request.client, request.room, request.direction, request.idle, request.requestHash].join('\n')
  return {
    find(request) {
      const found = people.get(personKey(request.serverName, request.personId))?.get(requestKey(request))
      return found && found.untilMs > clock.now() ? found.refused : null
    },
    remember(request, refused) {
      // What is held may come back at any moment, on any instance.
      if (refused.held > 0) return
      const key = personKey(request.serverName, request.personId)
      const own = people.get(key) ?? new Map()
      if (own.size >= 100) own.clear()
      own.set(requestKey(request), { refused, untilMs: clock.now() + REMEMBER_MS })
      people.set(key, own)
    },
    forget: (serverName, personId) => {
      people.delete(personKey(serverName, personId))
    },
  }
}
