// /console/revealed — rooms that two administrators had revealed to them, within the hour.
import { useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Page } from '../kit/page.tsx'
import { Empty, Loaded } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { Copy, When } from '../kit/values.tsx'
import { catalogue } from './words.ts'

const EVERY_MS = 30_000

export default function Revealed() {
  const words = catalogue[useLocale()]
  const revealed = useRead('privacy.revealed', {}, { everyMs: EVERY_MS })
  return (
    <Page title={words.revealed} lead={words.revealedLead}>
      <Loaded of={revealed}>
        {({ items }) => (
          <DataTable
            caption={words.revealedCaption}
            rows={items}
            idOf={({ room, at }) => `${room} ${at}`}
            columns={[
              { id: 'room', header: words.room, names: true, cell: ({ room }) => <code>{room}</code> },
              {
                id: 'name',
                header: words.name,
                cell: ({ name }) => (name === null ? <span class="soft">{words.noName}</span> : <bdi>{name}</bdi>),
              },
              { id: 'id', header: words.roomId, cell: ({ room_id: id }) => <Copy text={id} label={words.roomId} /> },
              { id: 'reason', header: words.reason, wideOnly: true, cell: ({ reason }) => <bdi>{reason}</bdi> },
              { id: 'at', header: words.at, wideOnly: true, cell: ({ at }) => <When at={at} /> },
            ]}
            empty={
              <Empty title={words.revealedEmpty}>
                <p>{words.revealedEmptyText}</p>
              </Empty>
            }
          />
        )}
      </Loaded>
    </Page>
  )
}
