// The document as it ships, and a document's thresholds as the meters take them.
import { type DetectionPolicy, defaultDetection } from '../detection/port.ts'
import {
  ALLOWANCE_METERS,
  type AllowanceMeter,
  defaultPolicy,
  type MeteringPolicy,
  RING_METERS,
  type RingMeter,
  type TapPolicy,
} from './defaults.ts'
import type { PolicyDocument } from './document.ts'

/** What applies until the first version: the thresholds in the code, enforced for everybody. */
export function shippedPolicy(metering: MeteringPolicy = defaultPolicy): PolicyDocument {
  const { actions, thresholds, together } = defaultDetection
  return {
    windows: mapped(RING_METERS, (meter) =>
      metering.windows[meter].map(({ windowSeconds, buckets, limit }) => ({ window: windowSeconds, buckets, limit })),
    ),
    rooms: { window: metering.rooms.windowSeconds, limit: metering.rooms.limit },
    first_sync: metering.firstSyncEvents,
    taps: mapped(ALLOWANCE_METERS, (meter) => ({
      units: metering.taps[meter].units,
      for: metering.taps[meter].seconds,
    })),
    weights: { ...metering.weights },
    live_window: metering.liveWindowMs / 1_000,
    idle_after: metering.idleLimitMs / 1_000,
    give_backs: metering.giveBacksPer30Days,
    limits: [],
    enforcement: [],
    exemptions: [],
    existing_logins: [],
    detection: {
      sweep: { action: actions.sweep, rooms: thresholds.sweepRooms },
      'machine-pace': {
        action: actions['machine-pace'],
        minutes: thresholds.paceMinutes,
        events: thresholds.paceEvents,
        variation: thresholds.paceVariation,
      },
      'directory-crawl': { action: actions['directory-crawl'], rows: thresholds.directoryRows },
      'unusual-hours': {
        action: actions['unusual-hours'],
        events: thresholds.unusualEvents,
        days: thresholds.unusualDays,
      },
      'denied-approvals': { action: actions['denied-approvals'], denied: thresholds.deniedApprovals },
      'live-ceiling': { action: actions['live-ceiling'] },
      together: together.map(({ signals, action }) => ({ signals: [...signals], action })),
    },
    emergency: null,
  }
}

/** The thresholds for those whom no rule concerns. What the document leaves to the code is taken from `code`. */
export function meteringOf(document: PolicyDocument, code: MeteringPolicy = defaultPolicy): MeteringPolicy {
  return {
    ...code,
    windows: mapped(RING_METERS, (meter) =>
      document.windows[meter].map(({ window, buckets, limit }) => ({ windowSeconds: window, buckets, limit })),
    ) satisfies Record<RingMeter, unknown>,
    rooms: { windowSeconds: document.rooms.window, limit: document.rooms.limit },
    firstSyncEvents: document.first_sync,
    taps: mapped(
      ALLOWANCE_METERS,
      (meter): TapPolicy => ({ units: document.taps[meter].units, seconds: document.taps[meter].for }),
    ) satisfies Record<AllowanceMeter, TapPolicy>,
    weights: document.weights,
    liveWindowMs: document.live_window * 1_000,
    idleLimitMs: document.idle_after * 1_000,
    giveBacksPer30Days: document.give_backs,
  }
}

/** The document's part that concerns detection. */
export function detectionOf({ detection }: PolicyDocument): DetectionPolicy {
  return {
    actions: {
      sweep: detection.sweep.action,
      'machine-pace': detection['machine-pace'].action,
      'directory-crawl': detection['directory-crawl'].action,
      'unusual-hours': detection['unusual-hours'].action,
      'denied-approvals': detection['denied-approvals'].action,
      'live-ceiling': detection['live-ceiling'].action,
    },
    together: detection.together,
    thresholds: {
      sweepRooms: detection.sweep.rooms,
      paceMinutes: detection['machine-pace'].minutes,
      paceEvents: detection['machine-pace'].events,
      paceVariation: detection['machine-pace'].variation,
      directoryRows: detection['directory-crawl'].rows,
      unusualEvents: detection['unusual-hours'].events,
      unusualDays: detection['unusual-hours'].days,
      deniedApprovals: detection['denied-approvals'].denied,
    },
  }
}

function mapped<Name extends string, Value>(names: readonly Name[], of: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>
}
