// /console/receipts — the evidence of each approval.
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useList } from '../kit/data.ts'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { catalogue } from './words.ts'

type Row = Answer<'receipts.list'>['items'][number]

export default function Receipts() {
  const words = catalogue[useLocale()]
  const list = useList('receipts.list', {})
  return (
    <Page title={words.receipts} lead={words.receiptsLead}>
      <ListTable
        list={list}
        caption={words.receiptsCaption}
        idOf={(row: Row) => row.id}
        columns={[
          {
            id: 'person',
            header: words.person,
            names: true,
            cell: ({ person, username }) => <Person id={person} username={username ?? person} />,
          },
          { id: 'at', header: words.when, cell: ({ at }) => <When at={at} /> },
          { id: 'kind', header: words.kind, cell: ({ kind }) => words.kinds[kind] },
          {
            id: 'look',
            header: words.receipt,
            cell: ({ id, username, person }) => (
              <Link href={`/receipts/${id}`} aria-label={`${words.look}, ${username ?? person}`}>
                {words.look}
              </Link>
            ),
          },
        ]}
        empty={
          <Empty title={words.receiptsEmpty}>
            <p>{words.receiptsEmptyText}</p>
          </Empty>
        }
      />
    </Page>
  )
}
