// A bound on waiting for what may never answer: a database or a network that hangs says nothing at all.

/**
 * The last part of a wait begins with a turn of the event loop of its own: a process that stood still (a machine with other work, a
 * guest that was paused) reads what came meanwhile before it calls it late.
 */
const LAST_TURN_MS = 20

/** What `work` resolves to; rejects, after calling `late`, when it takes longer than `ms`. The work itself goes on, unheard. */
export async function inTime<Result>(
  ms: number,
  work: Promise<Result>,
  late: () => void = () => undefined,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    const giveUp = () => {
      late()
      reject(new Error(`no answer within ${ms} ms`))
    }
    const lastMs = Math.min(LAST_TURN_MS, Math.max(0, ms - 1))
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, lastMs)
    }, ms - lastMs)
  })
  // Its own failure after that has nobody left to tell.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
