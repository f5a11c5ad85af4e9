import { expect, test } from 'vitest'
import { decisionLog } from '../../../server/gateway/decision-line.ts'
import type { MeteredRequest } from '../../../server/gateway/metered-port.ts'
import type { Metrics } from '../../../server/platform/metrics.ts'
import { CALLER } from './support.ts'

test('what is charged is counted under its own meter: bytes of files are no events of the archive', () => {
  const counted: unknown[] = []
  const metrics: Metrics = {
    count: (name, labels, by) => {
      if (name === 'palier_metered_events_total') counted.push([labels, by])
    },
    set: () => undefined,
    observe: () => undefined,
  }
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const request = { caller: CALLER, origin: {}, route: { row: { id: 'x' } } } as unknown as MeteredRequest
  const decisions = decisionLog({ log, metrics, macKey: new Uint8Array(32) })
  const released = { decision: 'released', reason: 'within-budget', status: 200 } as const
  decisions.write(request, { ...released, meter: 'media-bytes', cost: 5_000 })
  decisions.write(request, { ...released, cost: 7, live: 2 })
  expect(counted).toEqual([
    [{ window: 'media-bytes', outcome: 'charged' }, 5_000],
    [{ window: 'archive', outcome: 'charged' }, 7],
    [{ window: 'live', outcome: 'released' }, 2],
  ])
})
