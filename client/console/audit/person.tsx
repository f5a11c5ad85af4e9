// On a person's page: what the audit log says about them, the newest of it.
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useList } from '../kit/data.ts'
import type { PanelPerson } from '../people/panels.ts'
import { Entries } from './entries.tsx'
import { catalogue } from './words.ts'

export default function PersonAudit({ person }: { readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const list = useList('audit.list', { subject: person.id, limit: 10 })
  return (
    <>
      <Entries list={list} caption={words.caption} ofPerson empty={<p>{words.personEmpty}</p>} />
      <p>
        <Link href={`/audit?subject=${encodeURIComponent(person.id)}`}>{words.personAll}</Link>
      </p>
    </>
  )
}
