// The body of a /sync answer: parsed whole while it is small; read from the spool room by room, and trimmed so, when it is not.
import { parseBody } from '../metering/scanner/reference.ts'
import { type AnswerForm, readAnswer, type SyncAnswer } from '../metering/sync-answer.ts'
import { readPieces, trimmedPieces } from '../metering/sync-pieces.ts'
import type { Reading } from '../metering/sync-units.ts'
import type { Verdict } from '../metering/trim.ts'
import { trim } from '../metering/trim-body.ts'
import type { SpooledBody, UpstreamAnswer } from './metered-port.ts'

/** What can be sent. */
export type Sendable = Uint8Array | string | SpooledBody

export interface SyncBody {
  readonly sync: SyncAnswer
  /** As it came. */
  readonly whole: Sendable
  /** As a verdict leaves it; `sync`: as it was judged. Rejects when a spool cannot be read. */
  trimmed(sync: SyncAnswer, verdict: Verdict, tokens: ReadonlyMap<number, string>): Promise<Sendable>
}

/** The largest trimmed answer that is held in memory. */
const IN_MEMORY_BYTES = 4 * 1024 * 1024

/** Reads an answer of that form; null when it is not one, or cannot be read: it must be withheld. */
export async function readSyncBody(
  form: AnswerForm,
  { body, spooled }: Pick<UpstreamAnswer, 'body' | 'spooled'>,
  reading: Reading,
): Promise<SyncBody | null> {
  if (!spooled) {
    const sync = readAnswer(form, parseBody(body), reading)
    return sync && { sync, whole: body, trimmed: async (...how) => JSON.stringify(trim(...how)) }
  }
  const pieced = await readPieces(form, spooled.chunks(), reading).catch(() => null)
  if (pieced === null) return null
  return {
    sync: pieced.answer,
    whole: spooled,
    async trimmed(answer, verdict, tokens) {
      const chunks = () => trimmedPieces(form, spooled.chunks(), { ...pieced, answer }, { verdict, tokens, reading })
      // What is left is small as a rule. Where it is not, how long it becomes is known when it was made once.
      let bytes = 0
      let made: Uint8Array[] | null = []
      for await (const part of chunks()) {
        bytes += part.length
        if (bytes > IN_MEMORY_BYTES) made = null
        else made?.push(part.slice())
      }
      return made === null ? { bytes, weigh: () => null, chunks } : joined(made, bytes)
    },
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
