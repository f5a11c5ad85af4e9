// What an act was asked with: by the verb's own words where it has any, as a table of its members otherwise.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { Facts } from '../kit/page.tsx'
import { type SignedInput, VERB_WORDS } from './verb-words.ts'
import { catalogue } from './words.ts'

export function ActInput({ verb, input }: { readonly verb: string; readonly input: SignedInput }) {
  const words = VERB_WORDS[verb]
  const [Drawn, setDrawn] = useState<ComponentType<{ readonly input: SignedInput }> | null>(null)
  useEffect(() => {
    // The table is there in any case: it is what was signed.
    words?.load?.().then(
      (module) => setDrawn(() => module.default),
      () => undefined,
    )
  }, [words])
  return Drawn === null ? <Members verb={verb} input={input} /> : <Drawn input={input} />
}

function Members({ verb, input }: { readonly verb: string; readonly input: SignedInput }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const names = VERB_WORDS[verb]?.members ?? {}
  const shown = (value: unknown) => {
    if (value === null || value === undefined || value === '') return <span class="soft">{words.nobody}</span>
    if (typeof value === 'boolean') return value ? words.yes : words.no
    if (typeof value === 'string' || typeof value === 'number') return <bdi>{String(value)}</bdi>
    return <pre>{JSON.stringify(value, null, 2)}</pre>
  }
  const members = Object.entries(input).filter(([name]) => name !== 'reason')
  if (members.length === 0) return null
  return <Facts of={members.map(([name, value]) => [names[name]?.[locale] ?? name, shown(value)] as const)} />
}
