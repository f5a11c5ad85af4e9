// Incidents and reports as they are answered: names in snake case, instants as text, rooms by pseudonym.
import * as z from 'zod'
import { shownText } from '../../platform/shown-text.ts'
import type { IncidentConsole, IncidentPerson, IncidentRow, Report, ReportedIncident } from './port.ts'

const NAME_CHARACTERS = 80
const CLIENT_CHARACTERS = 200
/** As long as a reason may be. */
const SAID_CHARACTERS = 500

const person = z.object({ id: z.string(), username: z.string(), display_name: z.string() })
const count = z.number()
const units = z.record(z.string(), count)

export const incidentAnswer = z.object({
  id: z.string(),
  at: z.string(),
  reason: z.string(),
  person: person.nullable(),
  device: z
    .object({
      id: z.string(),
      name: z.string().nullable(),
      client: z.string(),
      network: z.string(),
      signed_in_at: z.string(),
      ended_at: z.string().nullable(),
    })
    .nullable(),
  consumed: units,
  given_back: z.boolean(),
})

/** As a report has it: with why, in the words of whoever ended the device; null where nobody gave any. */
const reportedAnswer = incidentAnswer.extend({ said: z.string().nullable() })

export const reportAnswer = z.object({
  kind: z.enum(['device', 'person', 'period']),
  made_at: z.string(),
  from: z.string(),
  to: z.string(),
  kept_days: count,
  incident: reportedAnswer.nullable(),
  person: person.nullable(),
  reach: z.array(z.object({ meter: z.string(), window_seconds: count, limit: count, used: count })),
  received: z.array(
    z.object({
      meter: z.string(),
      /** What was received, as exactly as it is known: by the meters where they reach, else by the lines. */
      units: count,
      exact: z.boolean(),
      windows: count.nullable(),
      approvals: count.nullable(),
      first_sync: count.nullable(),
      uncharged: count.nullable(),
      by_lines: count,
      undelivered: count,
    }),
  ),
  live_lately: count.nullable(),
  withheld: z.array(z.object({ meter: z.string(), answers: count, units: count })),
  rooms: z.array(
    z.object({
      room: z.string(),
      meter: z.string(),
      units: count,
      answers: count,
      first_at: z.string(),
      last_at: z.string(),
      dates_from: z.string().nullable(),
      dates_to: z.string().nullable(),
    }),
  ),
  rooms_total: count,
  /** Rooms within reach, as far as is known here; null of a period. */
  reachable: z
    .object({
      rooms: z.array(
        z.object({ room: z.string(), units: count, answers: count, withheld: count, asked: count, approved: count }),
      ),
      total: count,
    })
    .nullable(),
  people: z.array(person.extend({ units: count, withheld: count })),
  approvals: z.array(
    z.object({
      id: z.string(),
      device: z.string(),
      asked_at: z.string(),
      decided_at: z.string().nullable(),
      state: z.string(),
      decided_by: z.string().nullable(),
      meter: z.string(),
      reason: z.string(),
      client: z.string(),
      network: z.string(),
      rooms: count,
      has_receipt: z.boolean(),
      released: z.array(z.object({ meter: z.string(), granted: count, used: count })),
    }),
  ),
  incidents: z.array(reportedAnswer),
  timeline: z.array(z.object({ at: z.string(), what: z.string(), detail: z.string().nullable() })),
})

export function incidentShown({ person: whose, device, ...incident }: IncidentRow): z.input<typeof incidentAnswer> {
  return {
    id: incident.id,
    at: incident.at.toISOString(),
    reason: incident.reason,
    person: whose && personShown(whose),
    device: device && {
      id: device.id,
      name: device.name === null ? null : shownText(device.name, NAME_CHARACTERS),
      client: shownText(device.client, CLIENT_CHARACTERS) ?? '',
      network: device.network,
      signed_in_at: device.signedInAt.toISOString(),
      ended_at: device.endedAt?.toISOString() ?? null,
    },
    consumed: { ...incident.consumed },
    given_back: incident.givenBack,
  }
}

function reportedShown({ said, ...incident }: ReportedIncident): z.input<typeof reportedAnswer> {
  return { ...incidentShown(incident), said: shownText(said ?? '', SAID_CHARACTERS) || null }
}

/** A report as it is answered, with its timeline. */
export function reportShown(
  report: Report,
  more: {
    readonly madeAt: Date
    readonly reach: Awaited<ReturnType<IncidentConsole['reach']>>
    readonly keptDays: number
  },
): z.input<typeof reportAnswer> {
  return {
    kind: report.kind,
    made_at: more.madeAt.toISOString(),
    from: report.from.toISOString(),
    to: report.to.toISOString(),
    kept_days: more.keptDays,
    incident: report.incident && reportedShown(report.incident),
    person: report.person && personShown(report.person),
    reach: more.reach.map(({ windowSeconds, ...rest }) => ({ ...rest, window_seconds: windowSeconds })),
    received: report.received.map(receivedShown),
    live_lately: report.liveLately,
    withheld: report.withheld.map((row) => ({ ...row })),
    rooms: report.rooms.map((row) => ({
      room: row.room,
      meter: row.meter,
      units: row.units,
      answers: row.answers,
      first_at: row.firstAt.toISOString(),
      last_at: row.lastAt.toISOString(),
      dates_from: row.datesFrom?.toISOString() ?? null,
      dates_to: row.datesTo?.toISOString() ?? null,
    })),
    rooms_total: report.roomsTotal,
    reachable: report.reachable && {
      rooms: report.reachable.rooms.map((row) => ({ ...row })),
      total: report.reachable.total,
    },
    people: report.people.map((one) => ({ ...personShown(one), units: one.units, withheld: one.withheld })),
    approvals: report.approvals.map(approvalShown),
    incidents: report.incidents.map(reportedShown),
    timeline: timelineOf(report),
  }
}

/**
 * What was received of a meter. By the meters where an incident has them and their windows reach back to the sign-in; else the
 * lines know more of it, and what the meters have is the least.
 */
export function receivedShown(row: Report['received'][number]): z.input<typeof reportAnswer>['received'][number] {
  const { meter, byMeters, byLines, undelivered } = row
  const exact = byMeters ? byMeters.windows + byMeters.approvals + byMeters.firstSync + byMeters.uncharged : null
  return {
    meter,
    units: exact === null ? byLines : byMeters?.whole ? exact : Math.max(exact, byLines),
    exact: byMeters?.whole === true,
    windows: byMeters?.windows ?? null,
    approvals: byMeters?.approvals ?? null,
    first_sync: byMeters?.firstSync ?? null,
    uncharged: byMeters?.uncharged ?? null,
    by_lines: byLines,
    undelivered,
  }
}

function approvalShown(approval: Report['approvals'][number]): z.input<typeof reportAnswer>['approvals'][number] {
  const intent = intentOf(approval.intent)
  return {
    id: approval.id,
    device: approval.device,
    asked_at: approval.askedAt.toISOString(),
    decided_at: approval.decidedAt?.toISOString() ?? null,
    state: approval.state,
    decided_by: approval.decidedBy,
    meter: intent.meter,
    reason: intent.reason,
    client: shownText(intent.asking.client, CLIENT_CHARACTERS) ?? '',
    network: intent.asking.network,
    rooms: intent.rooms.length,
    has_receipt: approval.hasReceipt,
    released: approval.released.map((one) => ({ ...one })),
  }
}

// Of a prompt's words only what names no room. Those of old versions have no meter: archive was the only one.
const intentSchema = z.object({
  meter: z.string().default('archive'),
  reason: z.string().default(''),
  asking: z.object({ client: z.string(), network: z.string() }).default({ client: '', network: '' }),
  rooms: z.array(z.unknown()).default([]),
})

function intentOf(text: string): z.infer<typeof intentSchema> {
  try {
    return intentSchema.parse(JSON.parse(text))
  } catch {
    return intentSchema.parse({})
  }
}

function timelineOf(report: Report): z.input<typeof reportAnswer>['timeline'] {
  const happened: { at: Date | null; what: string; detail: string | null }[] = [
    {
      at: report.incident?.device?.signedInAt ?? null,
      what: 'signed-in',
      detail: report.incident?.device?.network ?? null,
    },
    { at: report.firstByteAt, what: 'first-byte', detail: null },
    { at: report.lastByteAt, what: 'last-byte', detail: null },
    { at: report.incident?.device?.endedAt ?? null, what: 'ended', detail: report.incident?.reason ?? null },
    ...report.incidents.map((one) => ({ at: one.device?.endedAt ?? one.at, what: 'ended', detail: one.reason })),
    ...report.approvals.flatMap(({ askedAt, decidedAt, state, intent }) => [
      { at: askedAt, what: 'asked', detail: intentOf(intent).meter },
      { at: decidedAt, what: state, detail: intentOf(intent).meter },
    ]),
    ...report.alerts.map(({ at, kind }) => ({ at, what: 'alert', detail: kind })),
  ]
  return happened
    .flatMap(({ at, ...rest }) => (at === null ? [] : [{ at: at.toISOString(), ...rest }]))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function personShown({ id, username, displayName }: IncidentPerson): z.input<typeof person> {
  return { id, username, display_name: displayName }
}
