// What a change of the metadata does: which keys, whose, and who is left with none.
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { DataTable } from '../kit/table.tsx'
import { Person, Tag } from '../kit/values.tsx'
import { catalogue } from './metadata-words.ts'

type Preview = Answer<'metadata.preview'>
type AffectedKeys = Preview['cut_off']

interface AffectedProps {
  readonly of: AffectedKeys
  readonly title: string
  /** The keys stop working: said also when there are none. */
  readonly isGrave?: boolean
}

export function Affected({ of: { keys, people, models, named }, title, isGrave = false }: AffectedProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  if (keys === 0) return isGrave ? <p>{words.cutOffNone}</p> : null
  const text = isGrave ? words.cutOffText : words.uncertifiedText
  const nameOf = (aaguid: string) => models.find((model) => model.aaguid === aaguid)?.description ?? aaguid
  return (
    <div class={isGrave ? 'notice bad' : 'notice'} data-affected={isGrave ? 'cut-off' : 'uncertified'}>
      <h4 class="notice-title">{title}</h4>
      <p>{text(keys, people)}</p>
      <ul>
        {models.map(({ aaguid, description, reasons, keys: count }) => (
          <li key={aaguid}>
            <bdi>{description ?? aaguid}</bdi> · {number(locale, count)}{' '}
            {reasons.map((reason) => (
              <Tag key={reason} kind={isGrave ? 'bad' : 'warn'}>
                {words.whys[reason] ?? reason}
              </Tag>
            ))}
          </li>
        ))}
      </ul>
      <details open={named.length <= 20}>
        <summary>{words.who}</summary>
        <DataTable
          caption={title}
          rows={named}
          idOf={({ id }) => id}
          columns={[
            {
              id: 'person',
              header: words.person,
              names: true,
              cell: ({ person }) => <Person id={person.id} username={person.username} name={person.display_name} />,
            },
            { id: 'key', header: words.key, cell: ({ name }) => <bdi>{name}</bdi> },
            { id: 'model', header: words.model, wideOnly: true, cell: ({ aaguid }) => <bdi>{nameOf(aaguid)}</bdi> },
          ]}
          empty={null}
        />
        {keys > named.length && <p>{words.andMore(number(locale, keys - named.length))}</p>}
      </details>
    </div>
  )
}

export function Left({ of }: { readonly of: Preview }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { left_with_none: left, owners_left_with_none: owners } = of
  if (left.people === 0) return null
  return (
    <div class="notice warn" data-left={left.people}>
      <h4 class="notice-title">{words.leftTitle(left.people)}</h4>
      <ul class="people-list">
        {left.named.slice(0, 50).map((person) => (
          <li key={person.id}>
            <Person id={person.id} username={person.username} name={person.display_name} />
          </li>
        ))}
      </ul>
      {left.people > 50 && <p>{words.andMore(number(locale, left.people - 50))}</p>}
      <p>{words.leftText}</p>
      {owners.length > 0 && <p>{words.ownersText(owners.map(({ username }) => username).join(', '))}</p>}
      {of.locks_out_every_owner && <p>{words.lockOut}</p>}
    </div>
  )
}
