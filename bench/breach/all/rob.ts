// One round of a thief on some endpoints: 64 connections on each gateway, as fast as they are answered, until nothing more is given.
import { connection, type Thief } from '../connection.ts'
import type { EndpointAttack, Known } from './attacks.ts'
import { type Counted, Takings } from './takings.ts'

const HEAVY_AT_ONCE = 6

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
  readonly deadlineMs: number
}

/** Asks until every endpoint was given up, or the deadline. */
export async function rob(options: RoundOptions): Promise<Round> {
  const { thieves, attacks, known, coveredUntilMs, from, connections, patience, deadlineMs } = options
  const takings = new Takings()
  const endpoints = new Map<string, EndpointRound>()
  const lanes = attacks.map((attack) => {
    const round: EndpointRound = { asked: 0, answered: 0, statuses: new Map(), taken: new Map() }
    endpoints.set(attack.name, round)
    return { attack, round, next: from, fruitless: 0, underWay: 0 }
  })
  const over = AbortSignal.timeout(deadlineMs)
  const watch = { lastByteMs: 0 }
  await Promise.all(
    thieves.flatMap((thief, gateway) =>
      Array.from({ length: connections }, async (_, index) => {
        const ask = connection(thief, index, watch, over)
        for (let turn = index + gateway; !over.aborted; turn++) {
          const open = lanes.filter(
            ({ fruitless, underWay, attack: { heavy } }) =>
              fruitless < patience && !(heavy && underWay >= HEAVY_AT_ONCE),
          )
          const lane = open[turn % open.length]
          if (lane === undefined) {
            if (lanes.every(({ fruitless, underWay }) => fruitless >= patience && underWay === 0)) return
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
