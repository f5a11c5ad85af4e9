// /console/keys/:id — one key: whose, of which model, where it was last used, what counts for its person.
import { useState } from 'preact/hooks'
import { Link, useParams } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { Copy, Person, When } from '../kit/values.tsx'
import { RevokeDialog } from './revoke.tsx'
import { type Key, ModelName, Standing } from './shown.tsx'
import { catalogue } from './words.ts'

export default function KeyPage() {
  const words = catalogue[useLocale()]
  const { id = '' } = useParams<{ id: string }>()
  const shown = useRead('keys.show', { id })
  const mayRename = useCan('keys.enrol')
  const mayRevoke = useCan('keys.revoke')
  const [doing, setDoing] = useState<'rename' | 'revoke' | null>(null)
  const key = shown.data?.item.key
  const isActive = key !== undefined && key.revoked_at === null
  return (
    <Page
      title={key === undefined ? words.key : words.keyTitle(key.name)}
      above={<Link href="/keys">{words.title}</Link>}
      actions={
        isActive && (
          <>
            {mayRename && (
              <button type="button" data-action="rename" onClick={() => setDoing('rename')}>
                {words.rename}
              </button>
            )}
            {mayRevoke && (
              <button type="button" class="danger" data-action="revoke" onClick={() => setDoing('revoke')}>
                {words.revoke}
              </button>
            )}
          </>
        )
      }
    >
      <Loaded of={shown}>{(data) => <Details of={data} />}</Loaded>
      {doing === 'rename' && key !== undefined && <RenameDialog of={key} onClose={() => setDoing(null)} />}
      {doing === 'revoke' && key !== undefined && (
        <RevokeDialog id={key.id} name={key.name} onClose={() => setDoing(null)} />
      )}
    </Page>
  )
}

function Details({ of: { item, rule, opened } }: { readonly of: Answer<'keys.show'> }) {
  const words = catalogue[useLocale()]
  const { person, key } = item
  return (
    <>
      {key.revoked_at !== null && (
        <div class={key.cut_off ? 'notice bad' : 'notice'}>
          <p class="notice-title">
            <When at={key.revoked_at} /> ·{' '}
            <bdi>{key.cut_off ? words.cutOff : words.revokedBecause(key.revoked_reason ?? '')}</bdi>
          </p>
          {key.cut_off && <p>{words.cutOffText}</p>}
        </div>
      )}
      <Panel title={words.key}>
        <Facts
          of={[
            [words.of, <Person id={person.id} username={person.username} name={person.display_name} />],
            [words.model, <ModelName of={key.model} />],
            ['AAGUID', <Copy text={key.model.aaguid} label="AAGUID" />],
            [words.standing, <Standing of={item} />],
            [words.serial, key.serial === null ? '–' : <bdi>{key.serial}</bdi>],
            [words.admitted, words.policyNames[key.policy]],
            [words.enrolled, <When at={key.enrolled_at} />],
            [words.lastUsed, <When at={key.last_used_at} />],
            [
              words.where,
              key.last_network === null ? (
                words.nowhere
              ) : (
                <>
                  <code>{key.last_network}</code> <bdi class="soft">{key.last_client}</bdi>
                </>
              ),
            ],
            [words.open, words.openText(opened.sessions, opened.devices)],
          ]}
        />
      </Panel>
      <Panel title={words.rule}>
        <p>
          {words.ruleText(
            words.policyNames[rule.policy],
            rule.min_keys,
            rule.platform_allowed,
            rule.aaguids?.length ?? null,
          )}
        </p>
        <p class="soft">{words.ruleFrom[rule.from]}</p>
      </Panel>
    </>
  )
}

function RenameDialog({ of: key, onClose }: { readonly of: Key; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const rename = useChange('keys.rename', ['people'])
  const [name, setName] = useState(key.name)
  return (
    <ChangeDialog
      name="key-rename"
      title={words.rename}
      confirm={words.save}
      change={rename}
      run={() => rename.run({ id: key.id, name, version: key.version })}
      said={words.renamed}
      onClose={onClose}
    >
      <Field label={words.name} name="name" maxLength={100} required value={name} onInput={setName} />
    </ChangeDialog>
  )
}
