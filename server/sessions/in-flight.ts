// Requests on their way: what a revocation ends.
import { lastUsed } from '../platform/last-used.ts'
import type { Caller } from './caller.ts'
import { isSpared, type Revocation } from './port.ts'

/** Device ends that are remembered, so that what was read just before cannot be used just after. */
const REMEMBERED_ENDS = 100_000

export interface InFlight {
  /** Registers a request; `end` is called at once when its device has ended already. Returns the release. */
  track(caller: Caller, end: (reason: string) => void): () => void
  /** Ends what the revocation concerns. */
  revoked(revocation: Revocation): void
  /** Why a device (`dev_…`) has ended, if this process has heard of it. */
  endOf(device: string): string | undefined
  size(): number
}

/** A registry for one process. */
export function inFlight(): InFlight {
  const byKey = new Map<string, Set<(reason: string) => void>>()
  const ends = lastUsed<string, string>(REMEMBERED_ENDS)
  let size = 0

  return {
    track(caller, end) {
      const ended = ends.get(caller.device)
      if (ended !== undefined) {
        end(ended)
        return () => undefined
      }
      const once = (reason: string): void => {
        release()
        end(reason)
      }
      const keys = keysOf(caller)
      let held = true
      const release = (): void => {
        if (!held) return
        held = false
        size -= 1
        for (const key of keys) {
          const set = byKey.get(key)
          set?.delete(once)
          if (set?.size === 0) byKey.delete(key)
        }
      }
      for (const key of keys) {
        const set = byKey.get(key)
        if (set) set.add(once)
        else byKey.set(key, new Set([once]))
      }
      size += 1
      return release
    },
    revoked({ kind, subject, reason }) {
      if (kind === 'device') ends.set(subject, reason)
      const keys = kind === 'everyone' ? peopleBut(subject) : [`${kind} ${subject}`]
      for (const key of keys) for (const end of [...(byKey.get(key) ?? [])]) end(reason)
    },
    endOf: (device) => ends.get(device),
    size: () => size,
  }

  function peopleBut(spared: string): readonly string[] {
    return [...byKey.keys()].filter((key) => key.startsWith(OWN) && !isSpared(spared, key.slice(OWN.length)))
  }
}

/** Requests of people themselves: what speaks for a service goes on when everyone's sessions end. */
const OWN = 'own '

// An id session is not among them: its revocation puts a row into the feed for each of its devices.
function keysOf(caller: Caller): readonly string[] {
  return [
    `device ${caller.device}`,
    `sid ${caller.sid}`,
    `credential ${caller.credentialId}`,
    `person ${caller.personId}`,
    caller.service === null ? `${OWN}${caller.personId}` : `person ${caller.service.sponsorId}`,
  ]
}
