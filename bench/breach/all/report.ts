// What the thief of every endpoint got, endpoint by endpoint, and whether that is too much.
import { NOT_SERVED } from '../../../test/support/servlets-reasons.ts'
import type { EndpointAttack } from './attacks.ts'
import type { Round } from './rob.ts'
import { COUNTED, type Counted, type Reading } from './takings.ts'

export interface EndpointReport {
  readonly endpoint: string
  readonly meter: Counted
  readonly threshold: number
  /** Requests sent, alone and mixed; answers among them that were 200. */
  readonly asked: number
  readonly answered: number
  readonly answers: Readonly<Record<string, number>>
  /** Units of its meter that came out while nothing else was asked. */
  readonly alone: number
  /** Units of its meter that it was the first to give while everything was asked at once. */
  readonly mixed: number
  readonly verdict: 'held' | 'TOO MUCH' | 'nothing given'
}

export interface MeterReport {
  readonly meter: Counted
  readonly threshold: number
  /** The most that came out in any round. */
  readonly most: number
  readonly mixed: number
}

export interface AllReport {
  readonly homeserver: 'synapse'
  readonly gateways: number
  readonly connections_per_gateway: number
  readonly messages: number
  readonly endpoints: readonly EndpointReport[]
  readonly meters: readonly MeterReport[]
  readonly seconds: number
}

const CARRIED: Readonly<Record<Reading, readonly Counted[]>> = {
  events: ['archive', 'catch-up', 'rooms'],
  state: ['state'],
  directory: ['directory'],
  media: ['media-files', 'media-bytes'],
  'key-backup': ['key-backup'],
  join: ['joins'],
  pusher: ['pushers'],
}

/** Puts the rounds of endpoints by themselves beside the one of all of them. */
export function endpointReports(
  attacks: readonly EndpointAttack[],
  alone: ReadonlyMap<string, Round>,
  mixed: Round,
  thresholdOf: (counted: Counted) => number,
): EndpointReport[] {
  return attacks.map(({ name, meter, reading, tapOnly }) => {
    const own = alone.get(name)
    const [first, second] = [own?.endpoints.get(name), mixed.endpoints.get(name)]
    const threshold = tapOnly ? 0 : thresholdOf(meter)
    const units = first?.taken.get(meter) ?? 0
    // Whatever the endpoint is said to be counted in, nothing it can carry may pass any threshold.
    const over =
      units > threshold || CARRIED[reading].some((counted) => (own?.takings.of(counted) ?? 0) > thresholdOf(counted))
    const answers = new Map<number, number>()
    for (const round of [first, second]) {
      for (const [status, count] of round?.statuses ?? []) answers.set(status, (answers.get(status) ?? 0) + count)
    }
    return {
      endpoint: name,
      meter,
      threshold,
      asked: (first?.asked ?? 0) + (second?.asked ?? 0),
      answered: (first?.answered ?? 0) + (second?.answered ?? 0),
      answers: Object.fromEntries([...answers].sort(([a], [b]) => a - b)),
      alone: units,
      mixed: second?.taken.get(meter) ?? 0,
      verdict: over ? 'TOO MUCH' : units === 0 && threshold > 0 ? 'nothing given' : 'held',
    }
  })
}

/** What came out of each meter, the most of any round and all endpoints together. */
export function meterReports(
  rounds: readonly Round[],
  mixed: Round,
  thresholdOf: (counted: Counted) => number,
): MeterReport[] {
  return COUNTED.map((meter) => ({
    meter,
    threshold: thresholdOf(meter),
    most: Math.max(...[...rounds, mixed].map(({ takings }) => takings.of(meter))),
    mixed: mixed.takings.of(meter),
  }))
}

/** What is wrong, or nothing. */
export function allFaults({ endpoints, meters }: AllReport): string[] {
  return [
    ...endpoints
      .filter(({ verdict }) => verdict === 'TOO MUCH')
      .map(
        ({ endpoint, alone, meter, threshold }) => `${endpoint}: ${alone} of the ${meter}, ${threshold} are the most`,
      ),
    ...endpoints
      .filter(({ verdict, endpoint }) => verdict === 'nothing given' && !isUnserved(endpoint))
      .map(({ endpoint, answers }) => `${endpoint} gave nothing: it was not robbed (${JSON.stringify(answers)})`),
    ...meters
      .filter(({ most, threshold }) => most > threshold)
      .map(({ meter, most, threshold }) => `${most} of the ${meter} were taken, ${threshold} are the most`),
    ...meters
      .filter(({ mixed, threshold }) => mixed === 0 && threshold > 0)
      .map(({ meter }) => `nothing of the ${meter} was taken by all endpoints together: the theft was not played`),
  ]
}

/** Of which there is nothing here: an experimental feature that is off, bridges to elsewhere, rooms that take no knocking. */
const NOTHING_HERE = [
  'unstable.profile.field',
  'thirdparty.location',
  'thirdparty.location.protocol',
  'thirdparty.user',
  'thirdparty.user.protocol',
  'knock',
]

// A row that Synapse does not serve is asked all the same.
const isUnserved = (endpoint: string): boolean =>
  NOTHING_HERE.includes(endpoint) || ['GET', 'POST', 'PUT'].some((method) => `${method} ${endpoint}` in NOT_SERVED)

/** The table that is printed. */
export function allTable({ endpoints, meters, messages, seconds }: AllReport): string {
  const rows = endpoints.map(({ endpoint, asked, answered, alone, mixed, meter, threshold, verdict }) => [
    endpoint,
    asked,
    answered,
    alone,
    mixed,
    meter,
    threshold,
    verdict,
  ])
  const sums = meters.map(({ meter, threshold, most, mixed }) => [meter, most, mixed, threshold])
  return [
    table(['endpoint', 'asked', 'answered', 'alone', 'mixed', 'meter', 'threshold', 'verdict'], rows),
    table(['meter', 'most in a round', 'all at once', 'threshold'], sums),
    `${messages} messages, ${endpoints.length} attacks, ${seconds} s`,
  ].join('\n\n')
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [heads, ...rows.map((row) => row.map(String))]
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => (row[column] as string).length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          typeof rows[0]?.[column] === 'number'
            ? cell.padStart(widths[column] as number)
            : cell.padEnd(widths[column] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
