// /console/policy/versions/:number — one version, and the way back to it.
import { useState } from 'preact/hooks'
import { Link, useLocation, useParams } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { When } from '../kit/values.tsx'
import { Changes } from './changes.tsx'
import { AppliedBy } from './page.tsx'
import { catalogue } from './words.ts'

export default function VersionPage() {
  const words = catalogue[useLocale()]
  const { number = '0' } = useParams<{ number: string }>()
  const version = useRead('policy.version', { number })
  const mayWrite = useCan('policy.write')
  const [asking, setAsking] = useState(false)
  return (
    <Page
      title={/^\d+$/.test(number) ? words.versionTitle(Number(number)) : words.versionsTitle}
      above={<Link href="/policy/versions">{words.versionsTitle}</Link>}
      actions={
        mayWrite &&
        version.data !== null &&
        version.data.changes.length > 0 && (
          <button type="button" data-action="roll-back" onClick={() => setAsking(true)}>
            {words.rollBack}
          </button>
        )
      }
    >
      <Loaded of={version}>
        {(shown) => (
          <>
            {shown.version !== null && (
              <Facts
                of={[
                  [words.reason, <bdi key="reason">{shown.version.reason}</bdi>],
                  [words.appliedBy, <AppliedBy key="by" of={shown.version.applied_by} />],
                  [words.appliedAt, <When key="at" at={shown.version.applied_at} />],
                ]}
              />
            )}
            <Panel title={words.comingBack}>
              {shown.changes.length === 0 ? (
                <p>{words.sameAsNow}</p>
              ) : (
                <Changes
                  of={shown.changes}
                  caption={words.changesTitle(shown.changes.length)}
                  document={shown.document}
                />
              )}
            </Panel>
            <Panel title={words.asYaml}>
              <pre class="wrapped">{shown.yaml}</pre>
            </Panel>
            {asking && <RollBack of={shown} onClose={() => setAsking(false)} />}
          </>
        )}
      </Loaded>
    </Page>
  )
}

function RollBack({ of, onClose }: { readonly of: Answer<'policy.version'>; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const change = useChange('policy.roll-back')
  const [, navigate] = useLocation()
  return (
    <ChangeDialog
      name="policy-roll-back"
      title={words.rollBackTitle}
      confirm={of.loosens ? words.applyAct : words.rollBack}
      change={change}
      why={words}
      run={(reason) => change.run({ number: of.number, based_on: of.in_force, reason })}
      said={({ number }) => words.applied(number)}
      next={() => navigate('/policy')}
      onClose={onClose}
    >
      <p>{words.rollBackText}</p>
      <p>{of.loosens ? words.loosensText : words.tightensText}</p>
    </ChangeDialog>
  )
}
