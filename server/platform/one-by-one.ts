// Work that is too much to be done many times at once.

/** The same work, one call after the other; with more than `waitingAtMost` behind the one under way, a call throws what `busy` makes. */
export function oneByOne<Asked, Answer>(
  work: (asked: Asked) => Promise<Answer>,
  waitingAtMost: number,
  busy: () => Error,
): (asked: Asked) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve()
  let calls = 0
  return async (asked) => {
    if (calls > waitingAtMost) throw busy()
    calls += 1
    const turn = last.then(() => work(asked))
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      calls -= 1
    }
  }
}
