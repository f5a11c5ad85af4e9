// Work that is done again and again while the process runs.
import type { Log } from '../platform/log.ts'

/** Runs `work` now and every `periodMs`, never twice at once; a failure is logged under `failed`. Returns the way to stop. */
export function everyPeriod(
  periodMs: number,
  log: Log,
  failed: string,
  work: () => Promise<unknown>,
): () => Promise<void> {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> = Promise.resolve()
  const round = async () => {
    await work().catch((error: unknown) =>
      log.warn(failed, { detail: error instanceof Error ? error.message : String(error) }),
    )
    if (!stopped) timer = setTimeout(begin, periodMs)
  }
  const begin = () => {
    running = round()
  }
  begin()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
