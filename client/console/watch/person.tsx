// On a person's page: what they were asked, and what they decided.
import { useLocale } from '../../shared/locale.ts'
import { useList } from '../kit/data.ts'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import type { PanelPerson } from '../people/panels.ts'
import { type Tap, useTapColumns } from './taps.tsx'
import { catalogue } from './words.ts'

export default function PersonTaps({ person }: { readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const list = useList('taps.list', { person: person.id, limit: 10 })
  const columns = useTapColumns(true)
  return (
    <ListTable
      list={list}
      caption={words.taps}
      idOf={({ id }: Tap) => id}
      columns={columns}
      empty={<Empty title={words.tapsEmpty} />}
    />
  )
}
