// A bound on waiting for what may never answer: a database or a network that hangs says nothing at all.

/** What `work` resolves to; rejects, after calling `late`, when it takes longer than `ms`. The work itself goes on, unheard. */
export async function inTime<Result>(
  ms: number,
  work: Promise<Result>,
  late: () => void = () => undefined,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late()
      reject(new Error(`no answer within ${ms} ms`))
    }, ms)
  })
  // Its own failure after that has nobody left to tell.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
