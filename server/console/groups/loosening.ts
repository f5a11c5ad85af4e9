// A move between groups that loosens is an act of two: what they sign says for whom, from what to what, and nothing else is done.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type Effect, isWithin } from '../../people/moves.ts'
import { isAct } from '../actor.ts'
import type { Call } from '../verb.ts'

const value = z.union([z.string().max(40_000), z.number(), z.boolean()]).nullable()

/** What a move loosens, for people of whom it is the same. */
export const effectShown = z.strictObject({
  people: z.array(z.string().max(64)).max(200),
  changes: z.array(z.strictObject({ what: z.string().max(100), from: value, to: value })).max(500),
})

interface Asked {
  readonly people: readonly string[]
  readonly reason?: string | undefined
  readonly loosens?: readonly Effect[] | undefined
}

/** `grave` where anything is loosened. Throws `Refusal` 422 `loosening-needs-reason`, with what it is, where no reason was given. */
export function weighed({ reason }: Pick<Asked, 'reason'>, loosened: readonly Effect[]): 'change' | 'grave' {
  if (loosened.length === 0) return 'change'
  if (reason === undefined) throw new Refusal(422, 'loosening-needs-reason', undefined, { loosens: loosened })
  return 'grave'
}

/**
 * Decides, with everything held that decides it, whether a move may be done: of an act what was signed and nothing else; else only what
 * loosens nothing. It throws `Refusal` 409 `edited-meanwhile` where groups or the policy have changed since, and 403 `subject-person`
 * where somebody signed what is done to them.
 */
export function agreedOn(
  { people, loosens = [] }: Asked,
  { by }: Pick<Call, 'by'>,
): (loosened: readonly Effect[]) => void {
  return (loosened) => {
    if (!isWithin(isAct(by) ? loosens : [], loosened))
      throw new Refusal(409, 'edited-meanwhile', 'it would loosen something else', { loosens: loosened })
    const signers = isAct(by) ? [by.personId, by.second?.personId] : []
    if (signers.some((signer) => signer !== undefined && people.includes(signer)))
      throw new Refusal(403, 'subject-person', 'signed what is done to them')
  }
}
