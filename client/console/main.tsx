// /console — for owners: what they do today from the command line.
import { useEffect, useState } from 'preact/hooks'
import { type MeContext, post, reasonOf } from '../shared/api.ts'
import { Unusable } from '../shared/ceremony.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { COMMANDS, type Command, type Group } from './commands.ts'
import { catalogue } from './words.ts'

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
        <Unusable reason={unusable} />
        {me === null && unusable === null && <p class="soft">{shared[locale].loading}</p>}
        {me !== null && me.person.role !== 'owner' && <p class="lead">{words.ownersOnly}</p>}
        {me !== null && me.person.role === 'owner' && (
          <>
            <p>
              <a class="button" href="/console/release">
                {words.release}
              </a>
            </p>
            <p class="lead">{words.lead}</p>
            <p class="soft small">{words.where}</p>
            {(Object.keys(COMMANDS) as Group[]).map((group) => (
              <section key={group} aria-labelledby={group}>
                <h2 id={group}>{words.groups[group]}</h2>
                <dl class="facts commands">
                  {Object.entries(COMMANDS[group]).map(([name, command]) => (
                    <div key={name}>
                      <dt>{words.commands[name as Command]}</dt>
                      <dd>
                        <code>npx palier {command}</code>
                      </dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
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
