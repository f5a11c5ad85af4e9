// What a policy would do: played on the stored lines of the last 30 days, or on a generated organisation where nothing is stored.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type Resolver, resolver } from '../../policy/resolve.ts'
import type { TrafficRecord } from '../../policy/simulation/record.ts'
import { busiestOf, report, type SimulationReport } from '../../policy/simulation/report.ts'
import { Simulation } from '../../policy/simulation/simulate.ts'
import { thiefTake } from '../../policy/simulation/thief.ts'
import { generateTraffic } from '../../policy/traffic/generate.ts'
import type { ConsoleDeps } from '../deps.ts'
import { verb } from '../verb.ts'
import { goodPolicy, isOneForm, ONE_FORM, POLICY_BODY_BYTES, policyGround, written } from './written.ts'

const DAY_MS = 86_400_000
const DAYS = 30
/** As long as it may take; past it the figures are of what was played until then, and say so. */
const AT_MOST_MS = 20_000
/** Records between two looks at the clock, and turns for other requests. */
const TURN = 500
const THIEF_HOURS = [1, 24, 7 * 24, 30 * 24]

/** One line of the answer: how far it is, then the figures. */
export type SimulationLine =
  | { readonly type: 'progress'; readonly records: number; readonly day: number; readonly days: number }
  | {
      readonly type: 'report'
      /** `generated`: nothing is stored yet. */
      readonly source: 'stored' | 'generated'
      readonly days: number
      /** Time was up after so many of the days. */
      readonly played_days: number
      /** Under the policy in force, and under the one that was sent. */
      readonly now: SimulationReport
      readonly next: SimulationReport
    }
  | { readonly type: 'failed'; readonly reason: string }

export const policySimulateVerbs = [
  verb({
    id: 'policy.simulate',
    permission: 'policy.read',
    weight: 'ask',
    maxBodyBytes: POLICY_BODY_BYTES,
    summary:
      'Plays the last 30 days of stored reading (or a generated organisation) under the policy in force and under another. JSON lines: progress, then the figures.',
    input: z
      .strictObject({
        ...written,
        people: z.int().min(10).max(500).default(100),
        source: z.enum(['stored', 'generated']).default('stored'),
      })
      .refine(isOneForm, ONE_FORM),
    answer: null,
    run: async (deps, input, { signal }) => {
      const ground = await policyGround(deps)
      const next = goodPolicy(input, ground)
      const place = deps.policy.simulate()
      if (place === null) throw new Refusal(429, 'simulation-busy')
      const resolvers = [ground.now.document, next].map((document) => resolver(document, { version: 0 }))
      const stream = played(deps, resolvers as [Resolver, Resolver], input, signal, place.release)
      return new Response(stream, { headers: { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' } })
    },
  }),
] as const

function played(
  deps: ConsoleDeps,
  resolvers: readonly [Resolver, Resolver],
  input: { readonly people: number; readonly source: 'stored' | 'generated' },
  signal: AbortSignal,
  release: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let gone = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const say = (line: SimulationLine) => {
        if (!gone) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
      }
      const isGone = () => gone || signal.aborted
      void simulated(deps, resolvers, input, say, isGone)
        .catch((error: unknown) => {
          deps.log.error('policy.simulation_failed', { detail: error instanceof Error ? error.message : String(error) })
          say({ type: 'failed', reason: 'unavailable' })
        })
        .finally(() => {
          release()
          if (!gone) controller.close()
        })
    },
    cancel() {
      gone = true
    },
  })
}

async function simulated(
  deps: ConsoleDeps,
  resolvers: readonly [Resolver, Resolver],
  input: { readonly people: number; readonly source: 'stored' | 'generated' },
  say: (line: SimulationLine) => void,
  isGone: () => boolean,
): Promise<void> {
  const startedMs = deps.clock.now()
  const to = new Date(startedMs)
  const stored = () => deps.reading.lines({ from: new Date(startedMs - DAYS * DAY_MS), to })
  // Whole weeks of a Monday, so that the same organisation is played each time.
  const generated = () => generateTraffic({ people: input.people, weeks: Math.ceil(DAYS / 7), seed: 'palier' })
  for (const source of input.source === 'stored' ? (['stored', 'generated'] as const) : (['generated'] as const)) {
    const traffic: () => AsyncIterable<TrafficRecord> | Iterable<TrafficRecord> =
      source === 'stored' ? stored : generated
    const simulations = resolvers.map((one) => new Simulation(one)) as [Simulation, Simulation]
    const progress = turns(deps, startedMs, say, isGone)
    const ended = await each(traffic(), progress, (record) => {
      for (const one of simulations) one.add(record)
    })
    // Sign-ins alone say nothing of reading.
    if (ended.reads === 0) {
      if (isGone()) return
      continue
    }
    const { startMs, endMs } = simulations[0].span()
    const records: TrafficRecord[] = []
    const busiest = busiestOf(simulations[0].weeks())
    await each(traffic(), progress, (record) => {
      if (record.person === busiest) records.push(record)
    })
    if (isGone()) return
    const [now, next] = resolvers.map((one, index) => {
      const weeks = (simulations[index] as Simulation).weeks()
      const groups = records.at(-1)?.groups ?? []
      const thief = busiest === null ? [] : thiefTake(one, { personId: busiest, groups }, records, startMs, THIEF_HOURS)
      return report(weeks, thief)
    }) as [SimulationReport, SimulationReport]
    const playedDays = ended.whole ? DAYS : Math.ceil((endMs - startMs) / DAY_MS)
    say({ type: 'report', source, days: DAYS, played_days: Math.min(DAYS, playedDays), now, next })
    return
  }
}

/** Called for each record; every so often gives others a turn, says how far it is, and looks at the clock. False: no more. */
type Turn = (record: TrafficRecord, records: number) => Promise<boolean> | boolean

function turns(deps: ConsoleDeps, startedMs: number, say: (line: SimulationLine) => void, isGone: () => boolean): Turn {
  let firstMs: number | null = null
  return (record, records) => {
    firstMs ??= record.atMs
    if (records % TURN !== 0) return true
    const day = Math.min(DAYS, Math.floor((record.atMs - firstMs) / DAY_MS))
    if (records % (TURN * 20) === 0) say({ type: 'progress', records, day, days: DAYS })
    return new Promise((resolve) =>
      setTimeout(() => resolve(!isGone() && deps.clock.now() - startedMs < AT_MOST_MS), 0),
    )
  }
}

async function each(
  traffic: AsyncIterable<TrafficRecord> | Iterable<TrafficRecord>,
  turn: Turn,
  play: (record: TrafficRecord) => void,
): Promise<{ readonly reads: number; readonly whole: boolean }> {
  let records = 0
  let reads = 0
  for await (const record of traffic) {
    play(record)
    records += 1
    if (record.kind === 'read') reads += 1
    if (!(await turn(record, records))) return { reads, whole: false }
  }
  return { reads, whole: true }
}
