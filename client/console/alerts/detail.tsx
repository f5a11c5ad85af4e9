// /console/alerts/:id — one alert: what was seen, of whom, and what to do.
import { Link, useParams } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { type Alert, Decide, useDeciding } from './decide.tsx'
import { catalogue } from './words.ts'

export default function AlertPage() {
  const words = catalogue[useLocale()]
  const { id } = useParams<{ id: string }>()
  const reading = useRead('alerts.show', { id: id ?? '' })
  const kind = reading.data?.kind
  return (
    <Page
      title={kind === undefined ? words.title : (words.kinds[kind] ?? kind)}
      above={<Link href="/alerts">{words.title}</Link>}
    >
      <Loaded of={reading}>{(alert) => <Details alert={alert} />}</Loaded>
    </Page>
  )
}

function Details({ alert }: { readonly alert: Alert }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { person, device, evidence } = alert
  const { choose, dialog } = useDeciding()
  return (
    <>
      <Panel title={words.facts}>
        <p>{alert.explanation[locale]}</p>
        <Facts
          of={[
            [words.when, <When key="w" at={alert.raised_at} />],
            [
              words.person,
              person === null ? (
                words.nobody
              ) : (
                <Person key="p" id={person.id} username={person.username} name={person.display_name} />
              ),
            ],
            ...(device === null
              ? []
              : [
                  [
                    words.device,
                    <>
                      <Link href={`/sessions/device/${device.id}`}>
                        <bdi>{device.name ?? device.id}</bdi>
                      </Link>{' '}
                      <Tag kind={device.live ? 'good' : 'plain'}>
                        {device.live ? words.deviceLive : words.deviceGone}
                      </Tag>
                    </>,
                  ] as const,
                ]),
            [words.server, alert.server_name],
            [words.action, words.actions[alert.action]],
          ]}
        />
      </Panel>
      {Object.keys(evidence).length > 0 && (
        <Panel title={words.evidence}>
          <Facts
            of={Object.entries(evidence).map(
              ([name, value]) => [words.figures[name] ?? name, number(locale, value)] as const,
            )}
          />
        </Panel>
      )}
      {alert.state === 'open' ? (
        <Panel title={words.decide}>
          <p>{words.decideText}</p>
          <Decide alert={alert} choose={choose} />
        </Panel>
      ) : (
        <Done alert={alert} />
      )}
      {dialog}
    </>
  )
}

function Done({ alert }: { readonly alert: Alert }) {
  const words = catalogue[useLocale()]
  const { told, note } = alert
  return (
    <Panel title={words.handled}>
      <Facts
        of={[
          [
            words.when,
            <>
              <When at={alert.handled_at} /> {alert.handled_by === null ? '' : words.handledBy(alert.handled_by)}
            </>,
          ],
          ...(alert.handled_how === null ? [] : [[words.decide, words.hows[alert.handled_how]] as const]),
          ...(note === null ? [] : [[words.note, <bdi key="n">{note}</bdi>] as const]),
          ...(told === null
            ? []
            : [
                [
                  words.told,
                  told.length === 0 ? words.toldNot : told.map((way) => words.toldBy[way] ?? way).join(', '),
                ] as const,
              ]),
        ]}
      />
    </Panel>
  )
}
