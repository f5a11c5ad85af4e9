// Traffic of an organisation, day by day, in the order of its time. The same seed gives the same traffic.
import type { TrafficRecord } from '../simulation/record.ts'
import { ORDINARY, PERSONAS, type Persona } from './assumptions.ts'
import { dice } from './dice.ts'
import { DAY_MS, trafficPerson } from './person.ts'

export interface TrafficOptions {
  readonly people: number
  readonly weeks: number
  readonly seed: string
  /** People of a persona, beside or instead of the ordinary organisation. */
  readonly personas?: Readonly<Partial<Record<Persona, number>>>
  /** Midnight of a Monday, epoch milliseconds. */
  readonly startMs?: number
}

/** 2026-11-02, a Monday. */
const START_MS = Date.UTC(2026, 10, 2)

/** One record after the other; memory for one day of everybody. */
export function* generateTraffic({
  people,
  weeks,
  seed,
  personas = {},
  startMs = START_MS,
}: TrafficOptions): Generator<TrafficRecord> {
  const all = [
    ...Array.from({ length: people }, (_, index) => ordinary(`${seed}/${index}`, index)),
    ...PERSONAS.flatMap((persona) =>
      Array.from({ length: personas[persona] ?? 0 }, (_, index) =>
        trafficPerson(`per_${persona}_${index}`, persona, dice(`${seed}/${persona}/${index}`)),
      ),
    ),
  ]
  for (let day = 0; day < weeks * 7; day += 1) {
    const today = all.flatMap((person) => person.day(startMs + day * DAY_MS))
    yield* today.sort((a, b) => a.atMs - b.atMs)
  }
}

function ordinary(seed: string, index: number) {
  const own = dice(seed)
  const at = own.uniform()
  let sum = 0
  const persona = PERSONAS.find((name) => {
    sum += ORDINARY[name] ?? 0
    return at < sum
  })
  return trafficPerson(`per_${String(index).padStart(5, '0')}`, persona ?? 'reader', own.of('person'))
}

/** A record as the gateway would have logged it: what the simulator reads back. */
export function trafficLine(record: TrafficRecord): string {
  const { atMs, kind, person, device, network, groups, route, rooms, units } = record
  const common = { level: 'info', time: new Date(atMs).toISOString() }
  if (kind === 'sign-in') return JSON.stringify({ ...common, device, person, network, event: 'login.done' })
  const cost = Object.entries(units).map(([meter, count]) => `${meter}=${count}`)
  return JSON.stringify({
    ...common,
    decision: 'released',
    reason: cost.length > 0 ? 'within-budget' : 'nothing-carried',
    status: 200,
    ...(cost.length > 0 && { units: cost }),
    route,
    person,
    ...(groups.length > 0 && { groups }),
    device,
    network,
    rooms,
    rooms_total: rooms.length,
    event: 'metering.decision',
  })
}
