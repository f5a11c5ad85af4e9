// /console/policy — what is in force, in plain words, and the emergency switch.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { Person, When } from '../kit/values.tsx'
import { SHIPPED, type Written } from './document.ts'
import { Summary } from './summary.tsx'
import { catalogue } from './words.ts'

type Shown = Answer<'policy.show'>

/** Others change it too. */
const EVERY_MS = 30_000

export default function Policy() {
  const words = catalogue[useLocale()]
  const policy = useRead('policy.show', {}, { everyMs: EVERY_MS })
  const mayWrite = useCan('policy.write')
  const [switching, setSwitching] = useState(false)
  const emergency = policy.data?.emergency ?? null
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <Link class="button" href="/policy/versions">
            {words.versions}
          </Link>
          {mayWrite && policy.data !== null && (
            <>
              <button
                type="button"
                class={emergency === null ? 'danger' : ''}
                data-action="emergency"
                onClick={() => setSwitching(true)}
              >
                {emergency === null ? words.emergencyOn : words.emergencyOff}
              </button>
              <Link class="button accent" href="/policy/edit" data-action="edit">
                {words.edit}
              </Link>
            </>
          )}
        </>
      }
    >
      <Loaded of={policy}>
        {(shown) => (
          <>
            <State shown={shown} mayWrite={mayWrite} />
            <Summary
              document={shown.document as unknown as Written}
              nameOf={(id) =>
                id === 'everyone' ? words.everyone : (shown.groups.find((group) => group.id === id)?.name ?? id)
              }
            />
          </>
        )}
      </Loaded>
      {switching && <Switch state={emergency === null ? 'on' : 'off'} onClose={() => setSwitching(false)} />}
    </Page>
  )
}

function State({ shown, mayWrite }: { readonly shown: Shown; readonly mayWrite: boolean }) {
  const words = catalogue[useLocale()]
  const { version, emergency, outage, operator } = shown
  return (
    <>
      {operator === 'observe' && (
        <div class="notice warn">
          <p class="notice-title">{words.observeTitle}</p>
          <p>{words.observeText}</p>
        </div>
      )}
      {emergency !== null && (
        <div class="notice bad" data-emergency="on">
          <p class="notice-title">{words.emergencyTitle}</p>
          <p>
            {words.emergencyText} <When at={emergency.since} />. <bdi>{emergency.reason}</bdi>
          </p>
        </div>
      )}
      {outage !== null && (
        <div class="notice warn">
          <p class="notice-title">{words.outageTitle}</p>
          <p>
            {words.outageUntil} <When at={outage.until} />. <bdi>{outage.reason}</bdi>
          </p>
        </div>
      )}
      {version === null ? (
        <p>{words.shipped}</p>
      ) : (
        <Panel title={words.inForce(version.number)}>
          <Facts
            of={[
              [words.reason, <bdi key="reason">{version.reason}</bdi>],
              [words.appliedBy, <AppliedBy key="by" of={version.applied_by} />],
              [words.appliedAt, <When key="at" at={version.applied_at} />],
            ]}
          />
          {mayWrite && (
            <p class="page-actions">
              <Link class="button" href={`/policy/edit?from=${SHIPPED}`} data-action="back-to-shipped">
                {words.backToShipped}
              </Link>
            </p>
          )}
        </Panel>
      )}
    </>
  )
}

/** Somebody by name, or the command line. */
export function AppliedBy({ of }: { readonly of: { readonly id: string; readonly username: string | null } }) {
  return of.username === null ? <code>{of.id}</code> : <Person id={of.id} username={of.username} />
}

function Switch({ state, onClose }: { readonly state: 'on' | 'off'; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const change = useChange('policy.emergency')
  return (
    <ChangeDialog
      name="policy-emergency"
      title={state === 'on' ? words.emergencyOnTitle : words.emergencyOffTitle}
      confirm={state === 'on' ? words.emergencyOn : words.emergencyOff}
      dangerous={state === 'on'}
      change={change}
      why={{ ...words, reasonMax: 300 }}
      run={(reason) => change.run({ state, reason })}
      said={words.emergencyDone}
      onClose={onClose}
    >
      <p>{state === 'on' ? words.emergencyOnText : words.emergencyOffText}</p>
    </ChangeDialog>
  )
}
