// /console — for owners: what they do today from the command line.
import { useEffect, useState } from 'preact/hooks'
import { type MeContext, post, reasonOf } from '../shared/api.ts'
import { Refusal } from '../shared/ceremony.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { catalogue } from './words.ts'

const COMMANDS = {
  user: 'npx palier user add',
  enrol: 'npx palier enrol',
  doctor: 'npx palier doctor',
  audit: 'npx palier audit verify',
  receipt: 'npx palier receipt verify',
} as const

function Console() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [me, setMe] = useState<MeContext | null>(null)
  const [unusable, setUnusable] = useState<string | null>(null)
  useEffect(() => {
    post('/api/me/context', {}).then(setMe, (error) => {
      const reason = reasonOf(error)
      if (reason === 'signin-required') location.replace('/signin?return_to=%2Fconsole')
      else setUnusable(reason)
    })
  }, [])
  return (
    <Frame title={words.title}>
      <div class="sheet" aria-busy={me === null && unusable === null}>
        <Heading state="console">{words.title}</Heading>
        <Refusal reason={unusable} />
        {me === null && unusable === null && <p class="soft">{shared[locale].loading}</p>}
        {me !== null && me.person.role !== 'owner' && <p class="lead">{words.ownersOnly}</p>}
        {me !== null && me.person.role === 'owner' && (
          <>
            <p class="lead">{words.lead}</p>
            <dl class="facts commands">
              {(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]).map((name) => (
                <div key={name}>
                  <dt>{words.commands[name]}</dt>
                  <dd>
                    <code>{COMMANDS[name]}</code>
                  </dd>
                </div>
              ))}
            </dl>
          </>
        )}
        <p>
          <a class="button" href="/me">
            {words.back}
          </a>
        </p>
      </div>
    </Frame>
  )
}

start(<Console />)
