// /console/policy/versions — every version, the newest first.
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useList } from '../kit/data.ts'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { When } from '../kit/values.tsx'
import { AppliedBy } from './page.tsx'
import { catalogue } from './words.ts'

type Version = Answer<'policy.versions'>['items'][number]

export default function Versions() {
  const locale = useLocale()
  const words = catalogue[locale]
  const list = useList('policy.versions', {})
  return (
    <Page title={words.versionsTitle} lead={words.versionsLead} above={<Link href="/policy">{words.back}</Link>}>
      <ListTable
        list={list}
        caption={words.versionsTitle}
        idOf={(version: Version) => String(version.number)}
        columns={[
          {
            id: 'number',
            header: words.number,
            names: true,
            cell: (version) => (
              <Link href={`/policy/versions/${version.number}`}>{number(locale, version.number)}</Link>
            ),
          },
          { id: 'reason', header: words.reason, cell: ({ reason }) => <bdi>{reason}</bdi> },
          { id: 'by', header: words.appliedBy, cell: (version) => <AppliedBy of={version.applied_by} /> },
          { id: 'at', header: words.appliedAt, cell: (version) => <When at={version.applied_at} /> },
        ]}
        empty={
          <Empty title={words.versionsEmpty}>
            <p>{words.versionsEmptyText}</p>
          </Empty>
        }
      />
    </Page>
  )
}
