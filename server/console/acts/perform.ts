// Calls the verb of a signed act, as its two administrators would have called it.
import { Refusal } from '../../errors/failure.ts'
import type { ConsoleDeps } from '../deps.ts'
import type { AdministratorRole } from '../permissions.ts'
import type { Verb } from '../verb.ts'

/** As long as an act may run; a verb with more to do does it in the background. */
const RUNS_AT_MOST_MS = 10 * 60_000

export interface SignedAct {
  readonly verb: string
  readonly input: Readonly<Record<string, unknown>>
  readonly first: { readonly personId: string; readonly username: string; readonly role: string }
  readonly second: { readonly personId: string; readonly username: string } | null
}

/** Runs the verb with exactly the input that was signed. Throws what the verb throws; `Refusal` 409 `act-outdated` where there is no such verb, or input, any more. */
export async function performAct(
  deps: ConsoleDeps,
  verbs: readonly Verb[],
  signed: SignedAct,
): Promise<Readonly<Record<string, unknown>>> {
  const verb = verbs.find(({ id, weight }) => id === signed.verb && weight !== 'read')
  const input = verb?.input.safeParse(signed.input)
  if (verb === undefined || !input?.success) throw new Refusal(409, 'act-outdated', input?.error?.message)
  const by = {
    ...signed.first,
    role: signed.first.role as AdministratorRole,
    permissions: null,
    tokenId: null,
    browserHash: null,
  }
  const result = await verb.run(deps, input.data, {
    by: { ...by, second: signed.second },
    now: new Date(deps.clock.now()),
    signal: AbortSignal.timeout(RUNS_AT_MOST_MS),
  })
  if (result instanceof Response) return bodyOf(result)
  return (verb.answer?.parse(result) ?? {}) as Record<string, unknown>
}

/** A verb that answers with a response of its own has its JSON kept; of any other, that there was one. */
async function bodyOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const type = response.headers.get('Content-Type') ?? ''
  if (!type.includes('application/json')) return {}
  const body: unknown = await response.json()
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as Record<string, unknown>)
    : { body }
}
