// What detection looks for, what policy may do about it, and the facts that the signals are functions of.
import type { Transaction } from '../../db/client.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'

/** What is looked for, beyond budgets. The names are those of the policy document, the metric and the alerts. */
export const SIGNALS = [
  'sweep',
  'machine-pace',
  'directory-crawl',
  'unusual-hours',
  'denied-approvals',
  'live-ceiling',
] as const
export type Signal = (typeof SIGNALS)[number]

/**
 * What policy may do about a signal, each including those before it: `off` nothing, `alert` say so, `tap` give the device no
 * history until a tap, `end` end the device.
 */
export const ACTIONS = ['off', 'alert', 'tap', 'end'] as const
export type Action = (typeof ACTIONS)[number]

/** Figures that the signals are judged by. Whole numbers, except `paceVariation`. */
export interface DetectionThresholds {
  /** `sweep`: rooms whose history was read within an hour. */
  readonly sweepRooms: number
  /** `machine-pace`: minutes in a row with reading in each. */
  readonly paceMinutes: number
  /** `machine-pace`: messages a minute, on average over those minutes. */
  readonly paceEvents: number
  /** `machine-pace`: standard deviation over mean that counts as steady, 0 to 1. */
  readonly paceVariation: number
  /** `directory-crawl`: rows of the directory within a day, by someone who never used it before that day. */
  readonly directoryRows: number
  /** `unusual-hours`: messages of history within an hour. */
  readonly unusualEvents: number
  /** `unusual-hours`: days of habits that have to be known before anything counts as unusual. */
  readonly unusualDays: number
  /** `denied-approvals`: prompts denied within a day. */
  readonly deniedApprovals: number
}

/** The part of a policy that concerns detection. */
export interface DetectionPolicy {
  readonly actions: Readonly<Record<Signal, Action>>
  /** Signals that mean more when all of them hold for a device within an hour. */
  readonly together: readonly { readonly signals: readonly Signal[]; readonly action: Action }[]
  readonly thresholds: DetectionThresholds
}

export const defaultDetection: DetectionPolicy = {
  actions: {
    sweep: 'alert',
    'machine-pace': 'alert',
    'directory-crawl': 'alert',
    'unusual-hours': 'alert',
    'denied-approvals': 'alert',
    'live-ceiling': 'alert',
  },
  together: [{ signals: ['machine-pace', 'sweep'], action: 'tap' }],
  thresholds: {
    sweepRooms: 40,
    paceMinutes: 20,
    paceEvents: 5,
    paceVariation: 0.35,
    directoryRows: 200,
    unusualEvents: 100,
    unusualDays: 5,
    deniedApprovals: 2,
  },
}

/** Whose reading is looked at. */
export interface Subject {
  readonly serverName: string
  readonly personId: string
  /** `dev_…` */
  readonly device: string
  readonly network: string
  readonly client: string
}

/** What is known of a person's ordinary ways, from before the last 24 hours. */
export interface Habits {
  /** Days on which the person read. */
  readonly days: number
  /** Days on which they read, by hour of the day (UTC), 24 figures. */
  readonly hours: readonly number[]
  /** Whether the asking network and client were seen before. */
  readonly networkKnown: boolean
  readonly clientKnown: boolean
  /** Whether the directory was used before. */
  readonly directoryKnown: boolean
}

/** What the meters say of a device now: everything that a signal may look at. Another device of the person does not answer for it. */
export interface Facts {
  /** Epoch milliseconds, by the database's clock. */
  readonly nowMs: number
  /** Hour of the day, UTC. */
  readonly hour: number
  /** History the device read in each of the last whole minutes, oldest first: at most 60, none where no window counts so finely. */
  readonly archiveMinutes: readonly number[]
  /** Rooms whose history the device read within the last hour. */
  readonly roomsLastHour: number
  /** Rows of the directory the device was given within the last day. */
  readonly directoryLastDay: number
  /** New messages delivered to the device within the window of the tightest ceiling, and that ceiling. */
  readonly live: { readonly events: number; readonly ceiling: number }
  /** The device's prompts that were denied within the last day. */
  readonly deniedLastDay: number
  readonly habits: Habits
}

/** A signal that holds. */
export interface Finding {
  readonly signal: Signal
  /** From 1, at the threshold, upwards. */
  readonly score: number
  /** In words that a person can read. */
  readonly explanation: { readonly fr: string; readonly en: string }
  /** The figures it rests on. */
  readonly evidence: Readonly<Record<string, number>>
}

export interface DetectionStore {
  /** Everything about a person and device, in one query, by the limits in force. */
  facts(subject: Subject, policy: MeteringPolicy): Promise<Facts>
  /** Adds to the person's habits that they read now, from there; `directory` that they used the directory. */
  learn(subject: Subject, directory: boolean): Promise<void>
  /**
   * Takes the right to raise this signal for this device, once an hour over all instances (one atomic statement); `raise` runs
   * in the same transaction. False when it was raised within the hour.
   */
  raiseOnce(subject: Subject, finding: Finding, raise: (tx: Transaction) => Promise<void>): Promise<boolean>
  /** Signals raised for the device within the last hour. */
  recent(device: string): Promise<readonly Signal[]>
  /** From now on the device has no history budget until a tap. */
  askForTap(device: string, tx: Transaction): Promise<void>
  /** Devices that wait for such a tap. */
  waitingForTap(): Promise<ReadonlySet<string>>
  /** Takes away what was not seen for 90 days, and what was raised more than a day ago. */
  sweep(): Promise<void>
}
