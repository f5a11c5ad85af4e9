// /console/sessions/:kind/:id — one device or sign-in: where it came from, what it authorized, and its end.
import { useState } from 'preact/hooks'
import { Link, useParams } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useCan, useRead } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { Copy, Person, When } from '../kit/values.tsx'
import { EndDialog, type ToEnd } from './end.tsx'
import { isLive, nameOf, type Session, SessionName, Standing } from './shown.tsx'
import { catalogue } from './words.ts'

type Shown = Answer<'sessions.show'>

export default function SessionPage() {
  const locale = useLocale()
  const words = catalogue[locale]
  const { kind, id } = useParams<{ kind: string; id: string }>()
  const reading = useRead('sessions.show', { kind: kind === 'sign-in' ? 'sign-in' : 'device', id: id ?? '' })
  const title = reading.data === null ? words.title : nameOf(reading.data.session, locale)
  return (
    <Page title={title} above={<Link href="/sessions">{words.title}</Link>}>
      <Loaded of={reading}>{(shown) => <Details of={shown} />}</Loaded>
    </Page>
  )
}

function Details({ of: { session, sign_in, sids, devices } }: { readonly of: Shown }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const mayEnd = useCan('sessions.end')
  const [ending, setEnding] = useState<ToEnd | null>(null)
  const { person } = session
  const facts = [
    [words.person, <Person key="p" id={person.id} username={person.username} name={person.display_name} />],
    [words.state, <Standing key="s" of={session} />],
    ...(session.ended_at === null ? [] : [[words.endedAt, <When key="e" at={session.ended_at} />] as const]),
    [words.since, <When key="c" at={session.created_at} />],
    [words.until, <When key="u" at={session.expires_at} />],
    ...(session.last_active_at === null ? [] : [[words.active, <When key="a" at={session.last_active_at} />] as const]),
    [words.tap, <When key="t" at={session.last_tap_at} />],
    [words.key, <bdi key="k">{session.key}</bdi>],
    [words.level, words.levels[session.acr] ?? session.acr],
    [words.network, <code key="n">{session.network}</code>],
    [words.client, <bdi key="cl">{session.client}</bdi>],
    ...(session.user_id === null ? [] : [[words.matrixUser, <bdi key="mu">{session.user_id}</bdi>] as const]),
    ...(session.device_id === null ? [] : [[words.matrixDevice, <bdi key="md">{session.device_id}</bdi>] as const]),
    [words.id, <Copy key="id" text={session.id} label={words.id} />],
  ] as const
  return (
    <>
      <Panel
        title={session.kind === 'device' ? words.device : words.signIn}
        actions={
          mayEnd && isLive(session) ? (
            <button
              type="button"
              class="danger"
              data-action="end"
              onClick={() =>
                setEnding({
                  kind: session.kind,
                  id: session.id,
                  name: `${nameOf(session, locale)} · ${person.username}`,
                })
              }
            >
              {session.kind === 'device' ? words.endDevice : words.endSignIn}
            </button>
          ) : undefined
        }
      >
        <Facts of={facts} />
        {sign_in !== null && (
          <p>
            {words.cameFrom} <SessionName of={sign_in} />, <When at={sign_in.created_at} />
          </p>
        )}
      </Panel>
      {session.kind === 'sign-in' && sids.length > 0 && (
        <Panel title={words.authorizations}>
          <DataTable
            caption={words.authorizationsCaption}
            rows={sids}
            idOf={({ id }) => id}
            columns={[
              { id: 'client', header: words.application, cell: ({ client_id }) => <bdi>{client_id}</bdi> },
              { id: 'since', header: words.since, cell: ({ created_at }) => <When at={created_at} /> },
              { id: 'ended', header: words.state, cell: (sid) => (sid.ended_at === null ? words.live : words.ended) },
              {
                id: 'end',
                header: words.end,
                cell: (sid) =>
                  mayEnd &&
                  sid.ended_at === null && (
                    <button
                      type="button"
                      class="quiet small"
                      aria-label={`${words.endSid}, ${sid.client_id}`}
                      onClick={() => setEnding({ kind: 'sid', id: sid.id, name: sid.client_id })}
                    >
                      {words.end}
                    </button>
                  ),
              },
            ]}
            empty={null}
          />
        </Panel>
      )}
      {devices.length > 0 && (
        <Panel title={words.alsoDevices}>
          <DataTable
            caption={words.caption.device}
            rows={devices}
            idOf={({ id }: Session) => id}
            columns={[
              { id: 'device', header: words.device, cell: (row) => <SessionName of={row} /> },
              { id: 'active', header: words.active, cell: (row) => <When at={row.last_active_at} /> },
              { id: 'state', header: words.state, cell: (row) => <Standing of={row} /> },
            ]}
            empty={null}
          />
        </Panel>
      )}
      {ending !== null && <EndDialog what={ending} onClose={() => setEnding(null)} />}
    </>
  )
}
