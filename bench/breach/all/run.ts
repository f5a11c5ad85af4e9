// `npm run bench:breach -- --all [--quick] [--json]`: every metered endpoint of the route table is robbed, by itself and together with all
// others. Ends with 1 when more than a threshold came out of any meter, and when an endpoint is metered that nothing here robs.
import { ROUTES } from '../../../server/gateway/routes.ts'
import { attacksOn, type EndpointAttack, withoutAttack } from './attacks.ts'
import { type AllReport, endpointReports, meterReports } from './report.ts'
import { type Round, rob } from './rob.ts'
import { robbedTarget } from './target.ts'
import { thresholdOf } from './thresholds.ts'

/** Past what a process remembers of somebody who has nothing left. */
const FORGOTTEN_MS = 1_200
/** Requests of one round are of other things than those of the round before. */
const STRIDE = 10_007

const FULL = { connections: 64, aloneMs: 12_000, mixedMs: 90_000, patience: 96, heavyAtOnce: 4, patientMs: 120_000 }
/** Fewer connections leave a small machine's Synapse the time to answer at all. */
const QUICK = { connections: 16, aloneMs: 1_500, mixedMs: 18_000, patience: 24, heavyAtOnce: 2, patientMs: 45_000 }

/** Plays all rounds. Throws when an endpoint is metered and nothing robs it. */
export async function breachAll(
  folder: string,
  { quick = false, only, tell }: { quick?: boolean; only?: RegExp; tell: (line: string) => void },
): Promise<AllReport> {
  const missing = withoutAttack(ROUTES)
  if (missing.length > 0) throw new Error(`metered, and nothing robs them (bench/breach/all): ${missing.join(', ')}`)
  const attacks = attacksOn(ROUTES).filter(({ name }) => only?.test(name) ?? true)
  const { connections, aloneMs, mixedMs, patience, heavyAtOnce, patientMs } = quick ? QUICK : FULL
  const startedMs = performance.now()
  const target = await robbedTarget(folder, quick)
  try {
    const { thieves, known, coveredUntilMs } = target
    const alone = new Map<string, Round>()
    let from = 0
    const round = async (
      robbed: readonly EndpointAttack[],
      deadlineMs: number,
      untilEachGives: boolean,
    ): Promise<Round> => {
      await target.reset()
      await after(FORGOTTEN_MS)
      from += STRIDE
      return rob({
        thieves,
        attacks: robbed,
        known,
        coveredUntilMs,
        from,
        connections,
        patience,
        deadlineMs,
        untilEachGives,
        patientMs: Math.max(deadlineMs, patientMs),
        heavyAtOnce,
      })
    }
    for (const together of quick ? sharedRounds(attacks) : attacks.map((attack) => [attack])) {
      const played = await round(together, aloneMs, true)
      for (const { name, meter } of together) {
        alone.set(name, played)
        tell(`${name}: ${played.endpoints.get(name)?.taken.get(meter) ?? 0} of the ${meter}`)
      }
    }
    const mixed = await round(attacks, mixedMs, false)
    return {
      homeserver: 'synapse',
      gateways: thieves.length,
      connections_per_gateway: connections,
      messages: target.messages,
      endpoints: endpointReports(attacks, alone, mixed, thresholdOf),
      meters: meterReports([...alone.values()], mixed, thresholdOf),
      seconds: Math.round((performance.now() - startedMs) / 1_000),
    }
  } finally {
    await target.stop()
  }
}

// Endpoints of different meters take nothing from each other: where there is little time, one of each is robbed at once. What costs Synapse
// seconds, and asks for the state of all rooms, has a round to itself, before joins add rooms.
function sharedRounds(attacks: readonly EndpointAttack[]): readonly (readonly EndpointAttack[])[] {
  const slow = attacks.filter(({ heavy }) => heavy)
  const kinds = Map.groupBy(
    attacks.filter(({ heavy }) => !heavy),
    ({ reading }) => reading,
  )
  const rounds = kinds.get('events')?.length || 1
  return [
    ...slow.map((attack) => [attack]),
    ...Array.from({ length: rounds }, (_, round) =>
      [...kinds.values()].flatMap((kind) => kind.filter((_one, index) => index % rounds === round)),
    ),
  ].filter(({ length }) => length > 0)
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
