// A log file as recorded traffic: line by line, whatever its length; what is not a line of a log is told with its number and skipped.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type TrafficRecord, trafficRecord } from '../policy/simulation/record.ts'
import { aside, CliFailure, whyUnreadable } from './context.ts'

export interface TrafficCounts {
  lines: number
  used: number
  malformed: number
}

/** Lines between two words of progress, and malformed lines that are named. */
const PROGRESS_LINES = 250_000
const NAMED = 20

/** The records of a file. `counts` is filled as it is read; `quiet`: a second reading says nothing again. */
export async function* trafficFile(file: string, counts: TrafficCounts, quiet = false): AsyncGenerator<TrafficRecord> {
  let size: number
  try {
    const found = await stat(file)
    if (found.isDirectory()) throw new CliFailure(`${file}: it is a folder`, 2)
    size = found.size
  } catch (error) {
    throw error instanceof CliFailure ? error : new CliFailure(`${file}: ${whyUnreadable(error)}`, 2)
  }
  const input = createReadStream(file)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  input.on('error', () => lines.close())
  try {
    for await (const line of lines) {
      counts.lines += 1
      if (!quiet && counts.lines % PROGRESS_LINES === 0) {
        const share = size > 0 ? ` (${Math.floor((100 * input.bytesRead) / size)} %)` : ''
        aside(`${counts.lines.toLocaleString('en')} lines${share}`)
      }
      const record = trafficRecord(line)
      if (record === 'other-event') continue
      if (record === 'malformed') {
        counts.malformed += 1
        if (!quiet && counts.malformed <= NAMED)
          aside(`${file}:${counts.lines}: not a line of a log with what the simulator needs; skipped`)
        continue
      }
      counts.used += 1
      yield record
    }
    if (input.errored) throw input.errored
  } catch (error) {
    throw error instanceof CliFailure ? error : new CliFailure(`${file}: ${whyUnreadable(error)}`)
  } finally {
    input.destroy()
  }
  if (!quiet && counts.malformed > NAMED) aside(`${file}: ${counts.malformed} such lines in all`)
}
