// On the overview: acts that wait for the reader's signature.
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Panel } from '../kit/page.tsx'
import { catalogue } from './words.ts'

/** A signature may be awaited while somebody looks at the overview. */
const EVERY_MS = 30_000

export default function WaitingActs() {
  const words = catalogue[useLocale()]
  const { data } = useRead('acts.list', { state: 'open', limit: 1 }, { everyMs: EVERY_MS })
  if (data === null || data.waiting === 0) return null
  return (
    <Panel title={words.waitingTitle(data.waiting)}>
      <p>{words.waitingText}</p>
      <p>
        <Link class="button" href="/acts" data-action="acts">
          {words.waitingLook}
        </Link>
      </p>
    </Panel>
  )
}
