// What a spending is when nothing but its streams matters.
import type { SpendRequest } from '../../server/metering/port.ts'

export const PLAIN_SPENDING = {
  live: 0,
  state: 0,
  position: null,
  since: null,
  idle: false,
  scope: null,
} as const satisfies Omit<SpendRequest, 'serverName' | 'personId' | 'device' | 'streams'>
