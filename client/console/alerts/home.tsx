// On the overview: alerts that are to be handled.
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Panel } from '../kit/page.tsx'
import { When } from '../kit/values.tsx'
import { catalogue } from './words.ts'

const EVERY_MS = 15_000

export default function OpenAlerts() {
  const locale = useLocale()
  const words = catalogue[locale]
  const { data } = useRead('alerts.list', { state: 'open', limit: 5 }, { everyMs: EVERY_MS })
  if (data === null || data.open === 0) return null
  return (
    <Panel title={words.homeTitle(data.open)}>
      <ul class="plain-list">
        {data.items.map((alert) => (
          <li key={alert.id}>
            <Link href={`/alerts/${alert.id}`}>{words.kinds[alert.kind] ?? alert.kind}</Link>
            {alert.person !== null && (
              <>
                {' · '}
                <bdi>{alert.person.username}</bdi>
              </>
            )}{' '}
            <span class="soft">
              <When at={alert.raised_at} />
            </span>
          </li>
        ))}
      </ul>
      <p>
        <Link class="button" href="/alerts" data-action="alerts">
          {words.homeLook}
        </Link>
      </p>
    </Panel>
  )
}
