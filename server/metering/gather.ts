// Gathering: what is asked while a round trip is under way goes together into the next one. One statement a batch, one
// durable commit a statement, one batch at a time: the busier the process, the larger its batches. What weighs much lets what
// weighs little go first: a statement stays short whoever asks for how much.
import { inTime } from '../platform/in-time.ts'

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

/** A batch that takes longer is given up: its operations may or may not have happened. */
const GIVE_UP_MS = 5_000
/** How long nothing more is sent after that, unless the batch is answered after all. */
const QUIET_MS = 15_000

interface GatherOptions<Operation> {
  readonly giveUpMs?: number
  readonly quietMs?: number
  /** Operations in a batch. */
  readonly largest?: number
  /** What an operation weighs, 0 or more. */
  readonly weigh?: (operation: Operation) => number
  /** What a batch weighs at most, unless its first operation alone weighs more. */
  readonly heaviest?: number
  /** Whose operation it is, where those of one may not fill a batch. */
  readonly whose?: (operation: Operation) => string | null
  /** Operations of one in a batch. */
  readonly ofOne?: number
}

/**
 * `run` gets a batch and answers with a result each, in order. While a batch hangs no other follows it: what would pile up
 * behind it is refused at once and certainly did not happen. Who has waited longest is always in the next batch.
 */
export function gather<Operation, Result>(
  run: (batch: readonly Operation[]) => Promise<readonly Result[]>,
  {
    giveUpMs = GIVE_UP_MS,
    quietMs = QUIET_MS,
    largest = MAX_BATCH,
    weigh = () => 0,
    heaviest = Number.POSITIVE_INFINITY,
    whose = () => null,
    ofOne = largest,
  }: GatherOptions<Operation> = {},
): Gather<Operation, Result> {
  let waiting: Waiting<Operation, Result>[] = []
  let busy = false
  let hanging = false

  function takeBatch(): readonly Waiting<Operation, Result>[] {
    const batch: Waiting<Operation, Result>[] = []
    const later: Waiting<Operation, Result>[] = []
    const shares = new Map<string, number>()
    let weight = 0
    let at = 0
    for (; at < waiting.length && batch.length < largest; at++) {
      const one = waiting[at] as Waiting<Operation, Result>
      const own = weigh(one.operation)
      const owner = whose(one.operation)
      const share = owner === null ? 0 : (shares.get(owner) ?? 0)
      if (share >= ofOne || (batch.length > 0 && own > 0 && weight + own > heaviest)) later.push(one)
      else {
        batch.push(one)
        weight += own
        if (owner !== null) shares.set(owner, share + 1)
      }
    }
    waiting = later.length === 0 ? waiting.slice(at) : [...later, ...waiting.slice(at)]
    return batch
  }

  async function drain(): Promise<void> {
    busy = true
    // Requests of the same turn of the event loop travel together even when nothing is under way.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = takeBatch()
      const running = run(batch.map(({ operation }) => operation))
      try {
        const results = await inTime(giveUpMs, running, () => {
          hanging = true
        })
        if (results.length !== batch.length) throw new Error(`${results.length} results for ${batch.length} operations`)
        batch.forEach(({ resolve }, index) => {
          resolve(results[index] as Result)
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
        if (hanging) {
          for (const { reject } of waiting.splice(0)) reject(error)
          await inTime(quietMs, running).catch(() => undefined)
          hanging = false
        }
      }
    }
    busy = false
  }

  return {
    submit: (operation) =>
      new Promise((resolve, reject) => {
        if (hanging) return reject(new Error('the database does not answer'))
        waiting.push({ operation, resolve, reject })
        if (!busy) void drain()
      }),
  }
}
