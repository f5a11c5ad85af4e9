// What a policy act changes, for those who sign it: of the version that it was made of.
import { useEffect, useState } from 'preact/hooks'
import { reasonOf } from '../../shared/api.ts'
import { useLocale } from '../../shared/locale.ts'
import type { SignedInput, SignedProps } from '../acts/verb-words.ts'
import { type Answer, change, read } from '../api.ts'
import { Failure, Loading } from '../kit/states.tsx'
import { Changes } from './changes.tsx'
import { catalogue } from './words.ts'

interface Compared {
  readonly changes: Answer<'policy.check'>['changes']
  readonly document: Answer<'policy.check'>['document']
  /** The version in force. */
  readonly number: number
}

export default function SignedPolicy({ input, open }: SignedProps) {
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
      {open && compared.number !== input['based_on'] && <p class="notice warn">{words.signedOutdated}</p>}
      <Changes
        of={compared.changes}
        caption={words.changesTitle(compared.changes.length)}
        document={compared.document}
      />
    </>
  )
}

async function compare(input: SignedInput): Promise<Compared> {
  const against = Number(input['based_on'])
  if (typeof input['number'] === 'number') {
    const back = await read('policy.version', { number: input['number'], against })
    return { changes: back.changes, document: back.document, number: back.in_force }
  }
  const outcome = await change('policy.check', { document: input['document'] as Record<string, unknown>, against })
  if (!outcome.done) return { changes: [], document: null, number: -1 }
  const { changes, document, number } = outcome.answer
  return { changes, document, number }
}
