// What a gateway stores of reading: a buffer, a write every second, and the partitions.
import { readingsStore } from '../../db/stores/readings.ts'
import { readingBuffer } from '../gateway/reading-buffer.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Ground } from './ground.ts'
import { everyPeriod } from './periodic.ts'

const WRITE_MS = 1_000
const SWEEP_MS = 3_600_000

/** Starts storing. `stop` writes what waits; call it when the gateway has drained. */
export function startReadings(ground: Ground, metrics: Metrics) {
  const { clock, log, db, sealer, config, random } = ground
  const store = readingsStore(db, sealer)
  const writer = `wrt_${base64Url(random.bytes(12))}`
  const buffer = readingBuffer({ store, writer, clock, log, metrics })
  const stopWriting = everyPeriod(WRITE_MS, log, 'readings.write_failed', () => buffer.flush())
  const stopSweep = everyPeriod(SWEEP_MS, log, 'readings.sweep_failed', async () => {
    const { made, dropped } = await store.sweep(new Date(clock.now()), config.readingsDays)
    if (made || dropped) log.info('readings.swept', { made: made ?? 0, dropped: dropped ?? 0 })
  })
  return {
    sink: buffer,
    stop: async () => {
      await Promise.all([stopWriting(), stopSweep()])
      await buffer.flush()
    },
  }
}
