// What a policy would change, figure by figure.
import { useLocale } from '../../shared/locale.ts'
import { DataTable } from '../kit/table.tsx'
import { Tag } from '../kit/values.tsx'
import type { Written } from './document.ts'
import { pathOf, placeText } from './faults.ts'
import { valueText } from './value-words.ts'
import { catalogue } from './words.ts'

export interface Change {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
  readonly loosens: boolean
}

interface Props {
  readonly of: readonly Change[]
  readonly caption: string
  /** Of which these are changes: its windows are called by their length. */
  readonly document: Readonly<Record<string, unknown>> | null
}

export function Changes({ of, caption, document }: Props) {
  const locale = useLocale()
  const words = catalogue[locale]
  const said = (text: string | null) =>
    text === null ? <span class="soft">–</span> : <bdi class="policy-value">{valueText(locale, text)}</bdi>
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
            <span data-path={path}>
              {placeText(locale, pathOf(path), (document ?? undefined) as unknown as Written | undefined)}
            </span>
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
