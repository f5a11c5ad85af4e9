// What a withheld request was answered, remembered for about a second, so that a client asking on and on costs no query and
// no prompt. Only the very same request, and only until anything of its person's was given back or granted in this process.
import type { Clock } from '../platform/clock.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { ReserveRequest } from './port.ts'

const REMEMBER_MS = 1_000
const REQUESTS_A_PERSON = 100

export interface Refusals<Refusal> {
  find(request: ReserveRequest): Refusal | null
  remember(request: ReserveRequest, refusal: Refusal): void
  /** Forgets all of a person's. */
  forget(serverName: string, personId: string): void
}

export function refusals<Refusal>(clock: Clock): Refusals<Refusal> {
  const people = lastUsed<string, Map<string, { readonly refusal: Refusal; readonly untilMs: number }>>(10_000)
  const personKey = (serverName: string, personId: string) => `${serverName}\n${personId}`
  const requestKey = (request: ReserveRequest) =>
    [
      request.device,
      request.network,
      request.client,
      request.room,
      request.direction,
      request.idle,
      request.requestHash,
    ].join('\n')
  return {
    find(request) {
      const found = people.get(personKey(request.serverName, request.personId))?.get(requestKey(request))
      return found && found.untilMs > clock.now() ? found.refusal : null
    },
    remember(request, refusal) {
      const key = personKey(request.serverName, request.personId)
      const own = people.get(key) ?? new Map<string, { readonly refusal: Refusal; readonly untilMs: number }>()
      if (own.size >= REQUESTS_A_PERSON) own.clear()
      own.set(requestKey(request), { refusal, untilMs: clock.now() + REMEMBER_MS })
      people.set(key, own)
    },
    forget: (serverName, personId) => {
      people.delete(personKey(serverName, personId))
    },
  }
}
