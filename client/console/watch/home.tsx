// On the overview: people who were stopped at a threshold and are being asked.
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Panel } from '../kit/page.tsx'
import { catalogue } from './words.ts'

const EVERY_MS = 15_000

export default function HeldRequests() {
  const words = catalogue[useLocale()]
  const { data } = useRead('watch.now', {}, { everyMs: EVERY_MS })
  if (data === null || data.held.pending === 0) return null
  return (
    <Panel title={words.homeTitle(data.held.pending)}>
      <p>{words.homeText}</p>
      <p>
        <Link class="button" href="/watch" data-action="watch">
          {words.homeLook}
        </Link>
      </p>
    </Panel>
  )
}
