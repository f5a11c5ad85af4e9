// What is typed, once the person pauses: a search is not asked for at each letter.
import { useEffect, useState } from 'preact/hooks'

const PAUSE_MS = 250

/** The value as it was when it had not changed for a quarter of a second. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
