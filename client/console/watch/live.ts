// Follows the live watch, and says how fresh what it shows is.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { reasonOf } from '../../shared/api.ts'
import { type Answer, addressOf, read } from '../api.ts'

export type Snapshot = Answer<'watch.now'>

export interface Followed {
  /** Null until the first one came. */
  readonly snapshot: Snapshot | null
  /** Nothing has been heard for longer than it should take. */
  readonly stale: boolean
  /** Other windows took this one's place. */
  readonly replaced: boolean
  /** Why there is nothing to follow. */
  readonly refusal: string | null
  resume(): void
}

/** A snapshot comes every two seconds. */
const STALE_AFTER_MS = 8_000
const LOOK_EVERY_MS = 2_000
/** A stream that the server does not open is tried again after this. */
const AGAIN_AFTER_MS = 5_000

export function useLiveWatch(): Followed {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null)
  const [stale, setStale] = useState(false)
  const [replaced, setReplaced] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const [turn, setTurn] = useState(0)
  const heardMs = useRef(performance.now())

  useEffect(() => {
    let over = false
    let again: ReturnType<typeof setTimeout> | undefined
    const source = new EventSource(addressOf('watch.live', {}))
    const heard = (now: Snapshot) => {
      heardMs.current = performance.now()
      setStale(false)
      setRefusal(null)
      setSnapshot(now)
    }
    // The stream cannot say why it was refused; a call can, and asks for a touch where that mends it.
    const ask = async () => {
      source.close()
      try {
        const now = await read('watch.now', {})
        if (over) return
        heard(now)
        again = setTimeout(() => setTurn((count) => count + 1), AGAIN_AFTER_MS)
      } catch (error) {
        if (over) return
        const reason = reasonOf(error)
        if (reason !== 'offline') return setRefusal(reason)
        again = setTimeout(() => setTurn((count) => count + 1), AGAIN_AFTER_MS)
      }
    }
    source.addEventListener('snapshot', (event: MessageEvent<string>) => heard(JSON.parse(event.data) as Snapshot))
    source.addEventListener('end', (event: MessageEvent<string>) => {
      source.close()
      if (event.data === 'replaced') setReplaced(true)
      else void ask()
    })
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) void ask()
    })
    const look = setInterval(() => setStale(performance.now() - heardMs.current > STALE_AFTER_MS), LOOK_EVERY_MS)
    return () => {
      over = true
      clearTimeout(again)
      clearInterval(look)
      source.close()
    }
  }, [turn])

  const resume = useCallback(() => {
    setReplaced(false)
    setRefusal(null)
    setTurn((count) => count + 1)
  }, [])
  return { snapshot, stale, replaced, refusal, resume }
}

/** The value as it was at most so often: what is drawn or said from it does not change faster. */
export function useAtMostEvery<Value>(value: Value, everyMs: number): Value {
  const [shown, setShown] = useState(value)
  const shownMs = useRef(0)
  useEffect(() => {
    const waitMs = Math.max(0, shownMs.current + everyMs - performance.now())
    const timer = setTimeout(() => {
      shownMs.current = performance.now()
      setShown(value)
    }, waitMs)
    return () => clearTimeout(timer)
  }, [value, everyMs])
  return shown
}
