// Scrolling back until it succeeds: the page that was asked for, or why it is not there yet. A request that the gateway holds,
// or answers with "later", is one that waits for its owner's key; asking again is free.
import { useEffect, useRef, useState } from 'preact/hooks'
import { type MatrixClient, MatrixRefusal, type MessagesAnswer, type Session } from './matrix.ts'

/** `key`: the owner has to approve; the address is known once the gateway has answered. `not-now`: denied, or to be asked later. */
export type Reading =
  | { readonly at: 'idle' | 'reading' | 'failed' }
  | { readonly at: 'key'; readonly approvalUri: string | null }
  | { readonly at: 'not-now'; readonly untilMs: number }

const PAGE = 100
/** A request that takes this long is being held. */
const HELD_AFTER_MS = 2_000
/** A client does not keep a person waiting longer than this by itself. */
const PATIENCE_MS = 60_000

export interface Earlier {
  readonly reading: Reading
  read(from: string): Promise<void>
}

/** `onPage` and `onSignedOut` are called at most once a `read`. Leaving the room ends what is under way. */
export function useEarlier(
  matrix: MatrixClient,
  session: Session,
  room: string,
  on: { page: (answer: MessagesAnswer) => void; signedOut: (refusal: MatrixRefusal) => void },
): Earlier {
  const [reading, setReading] = useState<Reading>({ at: 'idle' })
  const underWay = useRef<AbortController | null>(null)
  useEffect(() => {
    setReading({ at: 'idle' })
    return () => {
      underWay.current?.abort()
      underWay.current = null
    }
  }, [room])

  async function read(from: string): Promise<void> {
    if (underWay.current !== null) return
    const controller = new AbortController()
    underWay.current = controller
    const say = (next: Reading) => {
      if (!controller.signal.aborted) setReading(next)
    }
    let approvalUri: string | null = null
    say({ at: 'reading' })
    try {
      while (!controller.signal.aborted) {
        const held = setTimeout(() => say({ at: 'key', approvalUri }), HELD_AFTER_MS)
        try {
          const answer = await matrix.messages(session, room, from, PAGE, controller.signal)
          if (controller.signal.aborted) return
          say({ at: 'idle' })
          on.page(answer)
          return
        } catch (error) {
          if (!(error instanceof MatrixRefusal) || controller.signal.aborted) throw error
          if (error.signedOut) return on.signedOut(error)
          if (error.approvalUri === null && error.status !== 429) return say({ at: 'failed' })
          approvalUri = error.approvalUri ?? approvalUri
          const waitMs = Math.max(error.retryAfterMs ?? 5_000, 500)
          if (waitMs > PATIENCE_MS) return say({ at: 'not-now', untilMs: Date.now() + waitMs })
          if (approvalUri !== null) say({ at: 'key', approvalUri })
          await pause(waitMs, controller.signal)
        } finally {
          clearTimeout(held)
        }
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error
    } finally {
      if (underWay.current === controller) underWay.current = null
    }
  }

  return { reading, read }
}

/** Waits, or ends when aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
