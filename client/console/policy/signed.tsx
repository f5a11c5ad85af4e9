// What a policy act would change, for those who sign it: against what is in force now.
import { useEffect, useState } from 'preact/hooks'
import { reasonOf } from '../../shared/api.ts'
import { useLocale } from '../../shared/locale.ts'
import type { SignedInput } from '../acts/verb-words.ts'
import { type Answer, change, read } from '../api.ts'
import { Failure, Loading } from '../kit/states.tsx'
import { Changes } from './changes.tsx'
import { catalogue } from './words.ts'

interface Compared {
  readonly changes: Answer<'policy.check'>['changes']
  /** The version that it was compared with. */
  readonly number: number
}

export default function SignedPolicy({ input }: { readonly input: SignedInput }) {
  const words = catalogue[useLocale()]
  const [compared, setCompared] = useState<Compared | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)
  const key = JSON.stringify(input)
  useEffect(() => {
    compare(JSON.parse(key) as SignedInput).then(setCompared, (error: unknown) => setRefusal(reasonOf(error)))
  }, [key])
  if (compared === null) return refusal === null ? <Loading /> : <Failure reason={refusal} />
  return (
    <>
      {compared.number !== input['based_on'] && <p class="notice warn">{words.signedOutdated}</p>}
      <Changes of={compared.changes} caption={words.changesTitle(compared.changes.length)} />
    </>
  )
}

async function compare(input: SignedInput): Promise<Compared> {
  if (typeof input['number'] === 'number') {
    const { changes, in_force: number } = await read('policy.version', { number: input['number'] })
    return { changes, number }
  }
  const outcome = await change('policy.check', { document: input['document'] as Record<string, unknown> })
  if (!outcome.done) return { changes: [], number: -1 }
  return { changes: outcome.answer.changes, number: outcome.answer.number }
}
