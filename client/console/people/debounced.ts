import { useEffect, useState } from 'preact/hooks'

/** What was typed, once the typing has paused: a search is not asked for at every letter. */
export function usePaused(value: string, pauseMs = 250): string {
  const [paused, setPaused] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), pauseMs)
    return () => clearTimeout(timer)
  }, [value, pauseMs])
  return paused
}
