// What an act was asked with: by the verb's own words where it has any, as a table of its members otherwise.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { GroupById, PersonById } from '../kit/by-id.tsx'
import { Facts } from '../kit/page.tsx'
import { catalogue as people } from '../people/words.ts'
import { type SignedInput, type SignedProps, VERB_WORDS } from './verb-words.ts'
import { catalogue } from './words.ts'

export function ActInput({ verb, ...signed }: SignedProps & { readonly verb: string }) {
  const words = VERB_WORDS[verb]
  const [Drawn, setDrawn] = useState<ComponentType<SignedProps> | null>(null)
  useEffect(() => {
    // The table is there in any case: it is what was signed.
    words?.load?.().then(
      (module) => setDrawn(() => module.default),
      () => undefined,
    )
  }, [words])
  return Drawn === null ? <Members verb={verb} input={signed.input} /> : <Drawn {...signed} />
}

function Members({ verb, input }: { readonly verb: string; readonly input: SignedInput }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const names = VERB_WORDS[verb]?.members ?? {}
  const roles: Readonly<Record<string, string>> = people[locale].roles
  const shown = (name: string, value: unknown) => {
    if (name === 'role' && typeof value === 'string') return <bdi>{roles[value] ?? value}</bdi>
    if (value === null || value === undefined || value === '') return <span class="soft">{words.nobody}</span>
    if (typeof value === 'string' && /^per_[\w-]+$/.test(value)) return <PersonById id={value} />
    if (typeof value === 'string' && /^grp_[\w-]+$/.test(value)) return <GroupById id={value} />
    if (typeof value === 'boolean') return value ? words.yes : words.no
    if (typeof value === 'string' || typeof value === 'number') return <bdi>{String(value)}</bdi>
    return <pre>{JSON.stringify(value, null, 2)}</pre>
  }
  const members = Object.entries(input).filter(([name]) => name !== 'reason')
  if (members.length === 0) return null
  return <Facts of={members.map(([name, value]) => [names[name]?.[locale] ?? name, shown(name, value)] as const)} />
}
