// The overview: what needs attention, most urgent first.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useMe } from '../kit/data.ts'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { type HomePanel, PANELS } from './panels.ts'
import { catalogue } from './words.ts'

export default function Home() {
  const words = catalogue[useLocale()]
  const me = useMe()
  if (me === null) return null
  const panels = PANELS.filter(({ permission }) => me.permissions.includes(permission))
  return (
    <Page title={words.title} lead={words.lead}>
      <div class="panels">
        {panels.map((panel) => (
          <Loaded key={panel.id} panel={panel} />
        ))}
      </div>
      <div class="nothing">
        <Empty title={words.nothing}>
          <p>{words.nothingText}</p>
        </Empty>
      </div>
      {me.role === 'owner' && (
        <p class="soft page-foot">
          <a href="/console/release">{words.release}</a>
          <br />
          {words.releaseText}
        </p>
      )}
    </Page>
  )
}

function Loaded({ panel }: { readonly panel: HomePanel }) {
  const [Drawn, setDrawn] = useState<ComponentType | null>(null)
  useEffect(() => {
    // A panel that cannot be loaded leaves its page, which says so, in the navigation.
    panel.load().then(
      (module) => setDrawn(() => module.default),
      () => undefined,
    )
  }, [panel])
  return Drawn === null ? null : <Drawn />
}
