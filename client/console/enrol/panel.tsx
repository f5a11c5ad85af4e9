// On a person's page: how they get in. Links that are open, passes that hold, keys that are awaited; and the ways to give another.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { announce, Failure, Loaded } from '../kit/states.tsx'
import { When } from '../kit/values.tsx'
import type { PanelPerson } from '../people/panels.ts'
import { AwaitDialog } from './await-dialog.tsx'
import { DeskDialog } from './desk-dialog.tsx'
import { LinkDialog } from './link-dialog.tsx'
import { PassDialog } from './pass-dialog.tsx'
import { catalogue } from './words.ts'

type Open = 'link' | 'desk' | 'pass' | 'await' | null

export default function EnrolPanel({ person }: { readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const mayEnrol = useCan('keys.enrol') && person.state === 'active'
  const mayRevoke = useCan('keys.revoke')
  const [open, setOpen] = useState<Open>(null)
  const who = { id: person.id, name: person.displayName }
  const close = () => setOpen(null)
  const button = (what: Exclude<Open, null>, label: string) => (
    <button type="button" data-action={what} onClick={() => setOpen(what)}>
      {label}
    </button>
  )
  return (
    <>
      <p class="page-actions">
        {mayEnrol && button('link', words.newLink)}
        {mayEnrol && button('desk', words.desk)}
        {mayEnrol && button('pass', words.pass)}
        {mayEnrol && button('await', words.await)}
        {mayRevoke && (
          <Link class="button danger" data-action="lost" href={`/people/${person.id}/lost`}>
            {words.lostKey}
          </Link>
        )}
      </p>
      <Links person={person.id} mayEnd={mayEnrol} />
      <Passes person={person.id} mayEnd={mayRevoke} />
      <Awaited person={person.id} mayEnd={mayEnrol} />
      {open === 'link' && <LinkDialog person={who} onClose={close} />}
      {open === 'desk' && <DeskDialog person={who} onClose={close} />}
      {open === 'pass' && <PassDialog person={who} onClose={close} />}
      {open === 'await' && <AwaitDialog person={who} onClose={close} />}
    </>
  )
}

interface PartProps {
  readonly person: string
  readonly mayEnd: boolean
}

function Links({ person, mayEnd }: PartProps) {
  const words = catalogue[useLocale()]
  const links = useRead('enrolment.list', { person })
  const withdraw = useChange('enrolment.withdraw')
  return (
    <Part title={words.openLinks} refusal={withdraw.refusal}>
      <Loaded of={links}>
        {({ items }) => (
          <Items empty={words.noLinks}>
            {items.map((link) => (
              <li key={link.id}>
                {words.kinds[link.kind]}, {words.uses(link.uses_left)}. {words.until} <When at={link.expires_at} />
                {mayEnd && (
                  <End
                    label={words.withdraw}
                    busy={withdraw.busy}
                    onEnd={async () => {
                      if (await withdraw.run({ id: link.id })) announce(words.withdrawn)
                    }}
                  />
                )}
              </li>
            ))}
          </Items>
        )}
      </Loaded>
    </Part>
  )
}

function Passes({ person, mayEnd }: PartProps) {
  const words = catalogue[useLocale()]
  const shown = useRead('lost.show', { person })
  const end = useChange('pass.revoke', ['lost', 'sessions'])
  return (
    <Part title={words.livePasses} refusal={end.refusal}>
      <Loaded of={shown}>
        {({ passes }) => (
          <Items empty={words.noPasses}>
            {passes.map((pass) => (
              <li key={pass.id}>
                {pass.used_at === null ? words.passUnused : words.passUsed}. {words.until} <When at={pass.expires_at} />
                {mayEnd && (
                  <End
                    label={words.endPass}
                    busy={end.busy}
                    onEnd={async () => {
                      if (await end.run({ id: pass.id })) announce(words.passEnded)
                    }}
                  />
                )}
              </li>
            ))}
          </Items>
        )}
      </Loaded>
    </Part>
  )
}

function Awaited({ person, mayEnd }: PartProps) {
  const words = catalogue[useLocale()]
  const awaited = useRead('expected.list', { person })
  const withdraw = useChange('expected.withdraw')
  return (
    <Part title={words.awaited} refusal={withdraw.refusal}>
      <Loaded of={awaited}>
        {({ items }) => (
          <Items empty={words.noAwaited}>
            {items.map((one) => (
              <li key={one.id}>
                <span class="break">{one.serial ?? `${one.aaguid}, ${one.batch ?? words.anyBatch}`}</span>.{' '}
                {one.matched_at === null ? (
                  words.notYet
                ) : (
                  <>
                    {words.came} <When at={one.matched_at} />
                  </>
                )}
                {mayEnd && one.matched_at === null && (
                  <End
                    label={words.awaitNoMore}
                    busy={withdraw.busy}
                    onEnd={async () => void (await withdraw.run({ id: one.id }))}
                  />
                )}
              </li>
            ))}
          </Items>
        )}
      </Loaded>
    </Part>
  )
}

function Part(props: {
  readonly title: string
  readonly refusal: string | null
  readonly children: ComponentChildren
}) {
  return (
    <>
      <h3>{props.title}</h3>
      <Failure reason={props.refusal} />
      {props.children}
    </>
  )
}

function Items({ empty, children }: { readonly empty: string; readonly children: readonly ComponentChildren[] }) {
  return children.length === 0 ? <p class="soft">{empty}</p> : <ul>{children}</ul>
}

function End(props: { readonly label: string; readonly busy: boolean; readonly onEnd: () => Promise<void> }) {
  return (
    <>
      {' '}
      <button type="button" class="quiet" aria-disabled={props.busy} onClick={() => void props.onEnd()}>
        {props.label}
      </button>
    </>
  )
}
