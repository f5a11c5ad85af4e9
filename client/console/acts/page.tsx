// /console/acts — what takes two administrators, waiting and ended.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useList, useMe } from '../kit/data.ts'
import { Filters, Select } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { StateTag } from './state.tsx'
import { VERB_WORDS } from './verb-words.ts'
import { catalogue } from './words.ts'

type Act = Answer<'acts.list'>['items'][number]

/** What waits changes while one looks. */
const EVERY_MS = 15_000

export default function Acts() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [state, setState] = useState<'open' | 'closed'>('open')
  const list = useList('acts.list', { state }, { everyMs: EVERY_MS })
  const isOwner = useMe()?.role === 'owner'
  return (
    <Page title={words.title} lead={words.lead}>
      <Filters>
        <Select
          label={words.show}
          name="state"
          value={state}
          onChange={setState}
          options={[
            { value: 'open', label: words.open },
            { value: 'closed', label: words.closed },
          ]}
        />
      </Filters>
      <ListTable
        list={list}
        caption={words.caption}
        idOf={(act: Act) => act.id}
        columns={[
          {
            id: 'what',
            header: words.what,
            names: true,
            cell: ({ id, verb, you, reason }) => (
              <>
                <Link href={`/acts/${id}`}>{VERB_WORDS[verb]?.title[locale] ?? words.unknownVerb(verb)}</Link>
                {you.tap !== null && (
                  <>
                    {' '}
                    <Tag kind="warn">{words.yours}</Tag>
                  </>
                )}
                <div class="soft small">
                  <bdi>{reason}</bdi>
                </div>
              </>
            ),
          },
          { id: 'state', header: words.stateName, cell: (act) => <StateTag state={act.state} /> },
          {
            id: 'by',
            header: words.askedBy,
            wideOnly: true,
            cell: ({ asked_by: by }) => <Person id={by.id} username={by.username} name={by.display_name} />,
          },
          { id: 'at', header: words.askedAt, wideOnly: true, cell: (act) => <When at={act.created_at} /> },
        ]}
        empty={
          <Empty title={state === 'open' ? words.emptyOpen : words.emptyClosed}>
            <p>{words.emptyText}</p>
          </Empty>
        }
      />
      {isOwner && (
        <p>
          <a href="/console/release">{words.releases}</a> <span class="soft">{words.releasesText}</span>
        </p>
      )}
    </Page>
  )
}
