// Runs a verb as an act that two administrators signed.
import { performAct } from '../../server/console/acts/perform.ts'
import type { ConsoleDeps } from '../../server/console/deps.ts'
import { VERBS } from '../../server/console/verbs.ts'
import type { Requested } from './people-console.ts'

type Signer = { readonly id: string; readonly username: string }

/** With exactly the input that was written down. Throws what the verb throws. `second` null: its only owner signed alone. */
export function runSigned(deps: ConsoleDeps, { verb, input }: Requested, first: Signer, second: Signer | null) {
  const named = ({ id: personId, username }: Signer) => ({ personId, username })
  return performAct(deps, VERBS, {
    verb,
    // As it is read back from the receipt.
    input: JSON.parse(JSON.stringify(input)) as Requested['input'],
    first: { ...named(first), role: 'owner' },
    second: second && named(second),
  })
}
