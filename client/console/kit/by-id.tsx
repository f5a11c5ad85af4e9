// Whom and what an act is about, by name and id.
import { useRead } from './data.ts'
import { Person } from './values.tsx'

/** A person: an id alone tells nobody what they sign. */
export function PersonById({ id }: { readonly id: string }) {
  const { data } = useRead('people.show', { id })
  return (
    <>
      {data !== null && <Person id={id} username={data.username} name={data.display_name} />} <code>{id}</code>
    </>
  )
}

/** A group. */
export function GroupById({ id }: { readonly id: string }) {
  const { data } = useRead('groups.show', { id }, { enabled: id !== '' })
  return (
    <>
      {data !== null && <bdi>{data.name}</bdi>} <code>{id}</code>
    </>
  )
}
