// People as a CSV file, a page of the list at a time: a hundred thousand of them need no more memory than two hundred.
import { stringify } from 'csv-stringify/sync'
import { exportedCell, groupsCell } from '../../people/csv-cells.ts'
import { type DirectoryStore, type ListedPerson, type PeopleFilter, stateOf } from '../../people/directory.ts'

const PAGE = 200
const HEADER = ['username', 'display name', 'e-mail', 'role', 'groups', 'state', 'keys', 'created']

/**
 * The file as a stream of UTF-8 with a byte order mark, as spreadsheets want it. Cells that a spreadsheet would calculate are escaped
 * with an apostrophe, which an import takes off again.
 */
export function peopleCsv(directory: DirectoryStore, filter: PeopleFilter): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let after: string | undefined
  let isFirst = true
  return new ReadableStream({
    async pull(controller) {
      const people = await directory.list({ ...filter, after, limit: PAGE })
      const groups = await directory.groupNames(people.map(({ id }) => id))
      const rows = people.map((person) => rowOf(person, groups.get(person.id) ?? []))
      const text = stringify(isFirst ? [HEADER, ...rows] : rows, { record_delimiter: 'windows' })
      if (text !== '') controller.enqueue(encoder.encode(isFirst ? `\ufeff${text}` : text))
      isFirst = false
      after = people.at(-1)?.username
      if (people.length < PAGE) controller.close()
    },
  })
}

function rowOf(person: ListedPerson, groups: readonly string[]): string[] {
  return [
    person.username,
    person.displayName,
    person.email ?? '',
    person.role,
    groupsCell(groups),
    stateOf(person),
    String(person.keys),
    person.createdAt.toISOString(),
  ].map(exportedCell)
}
