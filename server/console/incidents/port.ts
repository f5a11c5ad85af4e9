// What the console reads of incidents: devices that were ended for a reason, and the report of one, of a person, of a period.
import type { Place } from '../keyset.ts'

export interface IncidentPerson {
  readonly id: string
  readonly username: string
  readonly displayName: string
}

export interface IncidentDevice {
  /** `dev_…` */
  readonly id: string
  readonly name: string | null
  readonly client: string
  readonly network: string
  readonly signedInAt: Date
  readonly endedAt: Date | null
}

export interface IncidentRow {
  /** `inc_…` */
  readonly id: string
  readonly at: Date
  /** A stable id such as `credential-revoked`. */
  readonly reason: string
  readonly person: IncidentPerson | null
  readonly device: IncidentDevice | null
  /** Units by meter, as the meters had them when the device ended. */
  readonly consumed: Readonly<Record<string, number>>
  readonly givenBack: boolean
}

/** What is reported on: one ended device, or everything (of a person) within a time. */
export type ReportAsk =
  | { readonly incident: string }
  | { readonly personId: string | null; readonly from: Date; readonly to: Date }

/** What was received of one meter. */
export interface Received {
  readonly meter: string
  /**
   * Of an ended device: paid by the windows, by approvals and by the first sync, as the meters had it; and what went out
   * uncharged (observe, exempt), as the lines have it. Null in other reports.
   */
  readonly byMeters: {
    readonly windows: number
    readonly approvals: number
    readonly firstSync: number
    readonly uncharged: number
    /** Whether the windows reach back to the device's sign-in: then the sum is all that it ever received. */
    readonly whole: boolean
  } | null
  /** The same as the stored lines have it. */
  readonly byLines: number
  /** Of `byLines`: charged, and never handed to a connection. */
  readonly undelivered: number
}

export interface Report {
  readonly kind: 'device' | 'person' | 'period'
  readonly incident: ReportedIncident | null
  readonly person: IncidentPerson | null
  readonly from: Date
  readonly to: Date
  readonly received: readonly Received[]
  /** Of an ended device: live events that it was sent within the hour before its end, which are kept nowhere else. */
  readonly liveLately: number | null
  readonly withheld: readonly { readonly meter: string; readonly answers: number; readonly units: number }[]
  /** What was read of which room, most first, at most 100; `roomsTotal` counts all. */
  readonly rooms: readonly {
    readonly room: string
    readonly meter: string
    readonly units: number
    readonly answers: number
    readonly firstAt: Date
    readonly lastAt: Date
    /** Dates of the history read, where they are known. */
    readonly datesFrom: Date | null
    readonly datesTo: Date | null
  }[]
  readonly roomsTotal: number
  /**
   * Of a device or a person: rooms that were within reach, as far as is known here, at most 200; `total` counts all. Which rooms
   * somebody is in is the homeserver's to know, and live traffic leaves no line by room. Null of a period.
   */
  readonly reachable: {
    readonly rooms: readonly {
      readonly room: string
      /** What was read of it, without bytes of files, and in how many answers. */
      readonly units: number
      readonly answers: number
      /** Answers in which it was asked for, and nothing was let out. */
      readonly withheld: number
      /** Prompts that named it, and those of them that were approved. */
      readonly asked: number
      readonly approved: number
    }[]
    readonly total: number
  } | null
  /** Who read, most first, at most 100: of a period. */
  readonly people: readonly (IncidentPerson & { readonly units: number; readonly withheld: number })[]
  /** Prompts, and what came of them. */
  readonly approvals: readonly {
    /** Hash of the approval. */
    readonly id: string
    readonly device: string
    readonly askedAt: Date
    readonly decidedAt: Date | null
    readonly state: string
    readonly decidedBy: string | null
    /** The intent, as it was signed. */
    readonly intent: string
    readonly hasReceipt: boolean
    /** What its tap released, and how much of that was read. */
    readonly released: readonly { readonly meter: string; readonly granted: number; readonly used: number }[]
  }[]
  readonly alerts: readonly {
    readonly id: string
    readonly at: Date
    readonly kind: string
    readonly device: string | null
  }[]
  /** First and last byte that carried anything counted. */
  readonly firstByteAt: Date | null
  readonly lastByteAt: Date | null
  /** Other incidents within the time. */
  readonly incidents: readonly ReportedIncident[]
}

/** An incident as a report has it: with why, in the words of whoever ended the device. Null: nobody gave any. */
export type ReportedIncident = IncidentRow & { readonly said: string | null }

export interface IncidentConsole {
  /** Newest first. */
  list(ask: {
    readonly personId: string | undefined
    readonly reason: string | undefined
    readonly after: Place | null
    readonly limit: number
  }): Promise<readonly IncidentRow[]>
  /** Null: there is no such incident, or person. */
  report(ask: ReportAsk): Promise<Report | null>
  /** What was within reach without a tap: the limits that were in force `at` a moment. `used` is what is used now. */
  reach(
    personId: string,
    at: Date,
  ): Promise<
    readonly { readonly meter: string; readonly windowSeconds: number; readonly limit: number; readonly used: number }[]
  >
}
