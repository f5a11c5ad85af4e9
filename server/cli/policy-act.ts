// A version that lets more be read is not one person's to apply, on the command line neither: it becomes an act that two administrators
// sign in the console. Before anybody could sign, `--first` applies it.
import { ownersWithKey } from '../../db/stores/act-alone.ts'
import { newActs } from '../../db/stores/acts.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { auditLog } from '../audit/log.ts'
import { requestAct } from '../stepup/act-service.ts'
import { signedAtConsole } from '../wiring/console-origin.ts'
import { aside, type CliContext, CliFailure, print } from './context.ts'
import { personNamed } from './people-tools.ts'
import { peopleTools } from './people-wiring.ts'

export interface ActOptions {
  /** The administrator who asks. */
  readonly by?: string
  /** Nobody could sign yet. */
  readonly first?: boolean
}

/** As options of a command. */
export const BY: readonly [string, string] = [
  '--by <username>',
  'the administrator who asks, when it lets more be read: two then sign it in the console',
]
export const FIRST: readonly [string, string] = [
  '--first',
  'apply it although it lets more be read: only before any owner has a key',
]

/**
 * Whether a change that lets more be read may be made here and now: only while no owner has a key. Throws `CliFailure` when `--first`
 * is missing then, or given later.
 */
export async function mayLoosenAlone(context: CliContext, { first = false }: ActOptions): Promise<boolean> {
  const owners = await ownersWithKey(context.db)
  if (first && owners > 0)
    throw new CliFailure('--first is for before any owner has a key. Ask with --by: two administrators sign it.', 2)
  if (!first && owners === 0)
    throw new CliFailure('This lets more be read, and no owner has a key yet to sign it: apply it with --first.', 2)
  return first
}

/** Writes the act, and prints where it is signed. Throws `CliFailure` when who asks is no administrator in good standing. */
export async function askForAct(
  context: CliContext,
  { by }: ActOptions,
  draft: { readonly verb: string; readonly input: Readonly<Record<string, unknown>>; readonly reason: string },
): Promise<void> {
  if (by === undefined)
    throw new CliFailure(
      'This lets more be read: two administrators sign it in the console. Say who asks with --by USERNAME.',
      2,
    )
  const person = await personNamed(peopleTools(context), by)
  if (person.role !== 'owner' || person.suspendedAt !== null)
    throw new CliFailure(`${by} is not an owner in good standing.`, 2)
  const acts = newActs(context.db, auditLog({ store: auditStore(context.db), clock: context.clock }))
  const desk = signedAtConsole(context)
  const act = await requestAct({ ...desk, acts }, { personId: person.id, username: person.username }, draft)
  print(`${desk.config.issuer}/console/acts/${act}`)
  aside(
    'Nothing is changed yet. Two owners open that page within a day and sign; where there is only one, it is in force a day after their signature.',
  )
}
