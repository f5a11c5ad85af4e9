// On a person's page: alerts about them, handled ones too.
import { useLocale } from '../../shared/locale.ts'
import { useList } from '../kit/data.ts'
import { Empty } from '../kit/states.tsx'
import type { PanelPerson } from '../people/panels.ts'
import { AlertTable } from './table.tsx'
import { catalogue } from './words.ts'

export default function PersonAlerts({ person }: { readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const list = useList('alerts.list', { person: person.id, state: 'all', limit: 10 })
  return <AlertTable list={list} ofPerson empty={<Empty title={words.panelEmpty} />} />
}
