// What a policy would change, figure by figure.
import { useLocale } from '../../shared/locale.ts'
import { DataTable } from '../kit/table.tsx'
import { Tag } from '../kit/values.tsx'
import { pathOf, placeText } from './faults.ts'
import { catalogue } from './words.ts'

export interface Change {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
  readonly loosens: boolean
}

export function Changes({ of, caption }: { readonly of: readonly Change[]; readonly caption: string }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const said = (text: string | null) => (text === null ? <span class="soft">–</span> : <code>{text}</code>)
  return (
    <DataTable
      caption={caption}
      rows={of}
      idOf={({ path, before, after }) => `${path} ${before} ${after}`}
      columns={[
        {
          id: 'path',
          header: words.path,
          cell: ({ path }) => (
            <>
              {placeText(locale, pathOf(path))} <code class="soft">{path}</code>
            </>
          ),
        },
        { id: 'before', header: words.before, cell: ({ before }) => said(before) },
        { id: 'after', header: words.after, cell: ({ after }) => said(after) },
        {
          id: 'effect',
          header: words.effect,
          cell: ({ loosens }) => (
            <Tag kind={loosens ? 'warn' : 'plain'}>{loosens ? words.loosens : words.tightens}</Tag>
          ),
        },
      ]}
      empty={<p>{words.noChange}</p>}
    />
  )
}
