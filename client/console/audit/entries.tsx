// Entries of the audit log as a table.
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import type { Listing } from '../kit/data.ts'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { Action } from './action.tsx'
import { catalogue } from './words.ts'

type Entry = Answer<'audit.list'>['items'][number]

interface Props {
  readonly list: Listing<Entry>
  readonly caption: string
  /** On a person's page: all of them are about that person. */
  readonly ofPerson?: boolean
  readonly empty: ComponentChildren
}

export function Entries({ list, caption, ofPerson = false, empty }: Props) {
  const locale = useLocale()
  const words = catalogue[locale]
  const subject = {
    id: 'subject',
    header: words.subject,
    wideOnly: true,
    cell: (entry: Entry) => <Named id={entry.subject} name={entry.subject_name} />,
  }
  return (
    <ListTable
      list={list}
      caption={caption}
      idOf={(entry: Entry) => String(entry.sequence)}
      columns={[
        { id: 'sequence', header: words.number, align: 'end', cell: ({ sequence }) => number(locale, sequence) },
        { id: 'at', header: words.when, cell: ({ at }) => <When at={at} /> },
        {
          id: 'action',
          header: words.action,
          cell: (entry) => (
            <>
              <Action action={entry.action} />
              <span class="narrow-only">
                <Named id={entry.actor} name={entry.actor_name} />
                {!ofPerson && (
                  <>
                    → <Named id={entry.subject} name={entry.subject_name} />
                  </>
                )}
              </span>
            </>
          ),
        },
        {
          id: 'actor',
          header: words.actor,
          wideOnly: true,
          cell: (entry) => <Named id={entry.actor} name={entry.actor_name} />,
        },
        ...(ofPerson ? [] : [subject]),
        { id: 'detail', header: words.detail, wideOnly: true, cell: ({ detail }) => <Detail of={detail} /> },
      ]}
      empty={empty}
    />
  )
}

/** Where the console shows a thing, by the beginning of its id. */
const PLACES: readonly (readonly [string, string])[] = [
  ['act_', '/acts/'],
  ['dev_', '/sessions/device/'],
  ['grp_', '/groups/'],
  ['imp_', '/people/import?id='],
  ['key_', '/keys/'],
  ['policy/', '/policy/versions/'],
]

function Thing({ id }: { readonly id: string }) {
  const place = PLACES.find(([start]) => id.startsWith(start))
  if (place === undefined) return <code class="id">{id}</code>
  const [start, path] = place
  return (
    <Link href={path + (start === 'policy/' ? id.slice(start.length) : id)}>
      <code class="id">{id}</code>
    </Link>
  )
}

/** A person by their name, anything else by its id, with a link where there is a page. */
function Named({ id, name }: { readonly id: string; readonly name: string | null }) {
  const [person = id, token] = id.split('/')
  if (name === null) return <Thing id={id} />
  return (
    <>
      <Person id={person} username={name} />
      {token !== undefined && (
        <>
          {' '}
          <code>{token}</code>
        </>
      )}
    </>
  )
}

function Detail({ of }: { readonly of: Readonly<Record<string, unknown>> }) {
  const words = catalogue[useLocale()]
  if (Object.keys(of).length === 0) return null
  return (
    <details>
      <summary>{words.look}</summary>
      <pre>{JSON.stringify(of, null, 2)}</pre>
    </details>
  )
}
