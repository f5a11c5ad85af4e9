// Gathering: what is asked while a round trip is under way goes together into the next one. One statement a batch, one
// durable commit a statement, one batch at a time: the busier the process, the larger its batches.

/** The largest batch: bounds a statement's size and how long its locks are held. */
const MAX_BATCH = 256

export interface Gather<Operation, Result> {
  /** The operation's own result; rejects when its batch failed, and then it may or may not have happened. */
  submit(operation: Operation): Promise<Result>
}

interface Waiting<Operation, Result> {
  readonly operation: Operation
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** `run` gets a batch and answers with a result each, in order. */
export function gather<Operation, Result>(run: (batch: readonly Operation[]) => Promise<readonly Result[]>): Gather<Operation, Result> {
  let waiting: Waiting<Operation, Result>[] = []
  let busy = false

  async function drain(): Promise<void> {
    busy = true
    // Requests of the same turn of the event loop travel together even when nothing is under way.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      try {
        const results = await run(batch.map(({ operation }) => operation))
        if (results.length !== batch.length) throw new Error(`${results.length} results for ${batch.length} operations`)
        batch.forEach(({ resolve }, index) => {
          resolve(results[index] as Result)
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    busy = false
  }

  return {
    submit: (operation) =>
      new Promise((resolve, reject) => {
        waiting.push({ operation, resolve, reject })
        if (!busy) void drain()
      }),
  }
}
