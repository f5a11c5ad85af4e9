// One round of a thief on some endpoints: connections on each gateway, dealt out by the kind of endpoint, as fast as they are answered, until nothing more is given.
import { connection, type Thief } from '../connection.ts'
import type { EndpointAttack, Known } from './attacks.ts'
import { type Counted, Takings } from './takings.ts'
import { thresholdOf } from './thresholds.ts'

export interface EndpointRound {
  asked: number
  /** Answers that were 200. */
  answered: number
  /** Answers by status; 0 is a connection cut before its answer was whole. */
  readonly statuses: Map<number, number>
  /** What this endpoint was the first to give, by what it is counted in. */
  readonly taken: Map<Counted, number>
}

export interface Round {
  readonly takings: Takings
  readonly endpoints: ReadonlyMap<string, EndpointRound>
}

export interface RoundOptions {
  readonly thieves: readonly Thief[]
  readonly attacks: readonly EndpointAttack[]
  readonly known: Known
  /** What the stolen position covers, epoch milliseconds. */
  readonly coveredUntilMs: number
  /** Where the round's requests begin, so that rounds ask for different things. */
  readonly from: number
  readonly connections: number
  /** Answers of an endpoint that gave nothing new before it is given up: a gateway that never stops would be asked for ever. */
  readonly patience: number
  /** From then on only endpoints are asked that have given nothing yet: each of them, or those whose meter none has touched. */
  readonly deadlineMs: number
  readonly untilEachGives: boolean
  /** When even those are given up, and what is under way is broken off. */
  readonly patientMs: number
  /** Requests at once of endpoints that cost the homeserver seconds. */
  readonly heavyAtOnce: number
}

interface Lane {
  readonly attack: EndpointAttack
  readonly round: EndpointRound
  next: number
  fruitless: number
  underWay: number
}

/** Asks until every endpoint was given up, or time is over, and waits for what is under way. */
export async function rob(options: RoundOptions): Promise<Round> {
  const { thieves, attacks, known, coveredUntilMs, from, connections, patience, deadlineMs, patientMs } = options
  const takings = new Takings(thresholdOf('archive'))
  const endpoints = new Map<string, EndpointRound>()
  const lanes = attacks.map((attack): Lane => {
    const round: EndpointRound = { asked: 0, answered: 0, statuses: new Map(), taken: new Map() }
    endpoints.set(attack.name, round)
    return { attack, round, next: from, fruitless: 0, underWay: 0 }
  })
  // Each kind has its share of the connections: one whose answers take seconds does not keep the others from being asked.
  const kinds = [...Map.groupBy(lanes, ({ attack }) => kindOf(attack)).values()]
  const dueMs = performance.now() + deadlineMs
  const over = AbortSignal.timeout(patientMs)
  const watch = { lastByteMs: 0 }

  // When time is over, an endpoint that has given nothing is still asked: a slow machine is no reason to take it for robbed.
  const given = ({ attack, round }: Lane): boolean =>
    (options.untilEachGives ? (round.taken.get(attack.meter) ?? 0) : takings.of(attack.meter)) > 0
  const isOpen = (lane: Lane): boolean => lane.fruitless < patience && (performance.now() < dueMs || !given(lane))
  const heavyUnderWay = (): number =>
    lanes.reduce((sum, { attack, underWay }) => sum + (attack.heavy ? underWay : 0), 0)
  const free = (of: readonly Lane[]): readonly Lane[] => {
    const spare = heavyUnderWay() < options.heavyAtOnce
    return of.filter((lane) => isOpen(lane) && (spare || !lane.attack.heavy))
  }

  await Promise.all(
    thieves.flatMap((thief, gateway) =>
      Array.from({ length: connections }, async (_, index) => {
        const ask = connection(thief, index, watch, over)
        const own = kinds[(index + gateway) % kinds.length] ?? []
        for (let turn = Math.floor(index / kinds.length) + gateway; !over.aborted; turn++) {
          const mine = free(own)
          const open = mine.length > 0 ? mine : free(lanes)
          const lane = open[turn % open.length]
          if (lane === undefined) {
            if (lanes.every((one) => !isOpen(one) && one.underWay === 0)) return
            // A slow answer may still bring something new, and with it more to ask.
            await new Promise((resolve) => setTimeout(resolve, 50))
            continue
          }
          const { attack, round } = lane
          const asked = attack.ask(lane.next++, known)
          round.asked++
          lane.underWay++
          const answer = await ask(asked)
          lane.underWay--
          round.statuses.set(answer.status, (round.statuses.get(answer.status) ?? 0) + 1)
          if (answer.status === 200) round.answered++
          const news = takings.take(
            attack.reading,
            asked,
            answer,
            Date.now(),
            attack.since ? coveredUntilMs : Number.POSITIVE_INFINITY,
          )
          for (const [counted, more] of Object.entries(news) as [Counted, number][]) {
            round.taken.set(counted, (round.taken.get(counted) ?? 0) + more)
          }
          lane.fruitless = Object.keys(news).length > 0 ? 0 : lane.fruitless + 1
        }
      }),
    ),
  )
  return { takings, endpoints }
}

const kindOf = ({ heavy, reading }: EndpointAttack): string => (heavy ? 'heavy' : reading)
