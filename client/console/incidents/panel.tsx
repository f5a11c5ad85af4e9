// On a person's page: devices of theirs that were ended by force.
import type { PanelPerson } from '../people/panels.ts'
import { IncidentTable } from './page.tsx'

export default function IncidentsPanel({ person }: { readonly person: PanelPerson }) {
  return <IncidentTable person={person.id} />
}
