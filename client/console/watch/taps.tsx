// Prompts and what people decided, as a table, wherever they are listed. Rooms are counted, not named.
import { amountsInWords } from '../../shared/amounts.ts'
import { clientWords } from '../../shared/client-words.ts'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import type { Column } from '../kit/table.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { catalogue } from './words.ts'

export type Tap = Answer<'taps.list'>['items'][number]

const KINDS = { pending: 'warn', approved: 'good', denied: 'bad', expired: 'plain' } as const

/** Columns; without the person's where all are of one. */
export function useTapColumns(ofPerson = false): readonly Column<Tap>[] {
  const locale = useLocale()
  const words = catalogue[locale]
  const what = ({ amounts, rooms }: Tap) => {
    const where = rooms === null ? '' : rooms === 1 ? ` ${words.room}` : ` ${words.rooms(number(locale, rooms))}`
    return `${amountsInWords(locale, amounts)}${where}`
  }
  const who: Column<Tap> = {
    id: 'person',
    header: words.person,
    cell: ({ person }) =>
      person === null ? (
        <span class="soft">{words.someone}</span>
      ) : (
        <Person id={person.id} username={person.username} name={person.display_name} />
      ),
  }
  return [
    ...(ofPerson ? [] : [who]),
    { id: 'what', header: words.what, cell: what },
    {
      id: 'from',
      header: words.from,
      wideOnly: true,
      cell: ({ device, client, network }) => (
        <>
          <bdi>{device.name ?? clientWords(client) ?? client}</bdi> <code class="soft">{network}</code>
        </>
      ),
    },
    { id: 'state', header: words.state, cell: ({ state }) => <Tag kind={KINDS[state]}>{words.tapStates[state]}</Tag> },
    { id: 'when', header: words.when, cell: ({ decided_at, asked_at }) => <When at={decided_at ?? asked_at} /> },
  ]
}
