// My keys: what each is and when it served, another name for it, a new one beside it, and what to do when one is lost.
import { useState } from 'preact/hooks'
import { type KeySummary, post, type RevokedKeySummary, reasonOf } from '../shared/api.ts'
import { Refusal, Status, TapButton, useTask } from '../shared/ceremony.tsx'
import { clientWords } from '../shared/client-words.ts'
import { Confirm } from '../shared/confirm.tsx'
import { Field } from '../shared/field.tsx'
import { askKey } from '../shared/key.ts'
import { instant, useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { catalogue } from './words.ts'

interface KeysProps {
  readonly keys: readonly KeySummary[]
  readonly revoked: readonly RevokedKeySummary[]
  readonly username: string
  /** Says what was done. */
  readonly onChanged: (text: string) => void
  /** This session ended with the key that was reported: the page stays, with what to do next. */
  readonly onSignedOut: () => void
}

export function Keys({ keys, revoked, username, onChanged, onSignedOut }: KeysProps) {
  const words = catalogue[useLocale()]
  const [lost, setLost] = useState<Lost | null>(null)
  return (
    <section class="sheet" aria-labelledby="keys">
      <h2 id="keys">{words.keys}</h2>
      {lost !== null && <AfterLoss lost={lost} />}
      {keys.length === 1 && lost === null && (
        <div class="notice warn">
          <p>{words.oneKey}</p>
        </div>
      )}
      <ul class="items">
        {keys.map((key) => (
          <li key={key.id} data-key={key.id}>
            <Key
              of={key}
              only={keys.length === 1}
              onRenamed={(name) => onChanged(words.renamed(name))}
              onLost={(answer) => {
                setLost({ name: key.name, ...answer })
                // Signed out: what is shown stays, since nothing more can be read.
                if (answer.signed_out) onSignedOut()
                else onChanged(words.lostDone(key.name))
              }}
            />
          </li>
        ))}
      </ul>
      {revoked.length > 0 && <Revoked keys={revoked} />}
      {lost?.signed_out !== true && <AddKey username={username} />}
    </section>
  )
}

/** Whoever revoked them: that a key is gone is seen here, also where no mail arrives. */
function Revoked({ keys }: { readonly keys: readonly RevokedKeySummary[] }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <>
      <h3>{words.revoked}</h3>
      <ul class="soft small">
        {keys.map(({ id, name, revoked_at }) => (
          <li key={id} data-revoked={id}>
            <bdi class="break">{name}</bdi>
            {words.revokedAt(instant(locale, revoked_at))}
          </li>
        ))}
      </ul>
      <p class="soft small">{words.revokedUnexpected}</p>
    </>
  )
}

interface Lost {
  readonly name: string
  readonly signed_out: boolean
  readonly keys: number
}

/** What to do now that a key is gone. */
function AfterLoss({ lost }: { readonly lost: Lost }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const next = lost.keys === 0 ? words.lostNextNone : lost.signed_out ? words.lostNextOther : words.lostNext
  return (
    <div class="notice" role="status" data-lost={lost.keys === 0 ? 'none-left' : 'one-left'}>
      <p class="notice-title">{words.lostDone(lost.name)}</p>
      <p>{next}</p>
      {lost.signed_out && lost.keys > 0 && (
        <p>
          <a class="button accent" href="/signin?return_to=%2Fme">
            {shared[locale].signIn}
          </a>
        </p>
      )}
    </div>
  )
}

interface KeyProps {
  readonly of: KeySummary
  readonly only: boolean
  readonly onRenamed: (name: string) => void
  readonly onLost: (answer: { readonly signed_out: boolean; readonly keys: number }) => void
}

function Key({ of: key, only, onRenamed, onLost }: KeyProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const [renaming, setRenaming] = useState(false)
  const report = () => task.run(async () => onLost(await post('/api/me/report-lost', { key: key.id })))
  const where =
    key.last_used_client === null || key.last_used_network === null
      ? null
      : words.keyWhere(clientWords(key.last_used_client) ?? key.last_used_client, key.last_used_network)
  return (
    <>
      <div class="row spread">
        <h3>
          <bdi class="break">{key.name}</bdi>
        </h3>
        <span class="row">
          {key.in_use && <span class="tag">{words.keyInUse}</span>}
          <span class="tag">{words.acr[key.acr]}</span>
        </span>
      </div>
      <p class="soft small">
        {words.keyAdded(instant(locale, key.created_at))}
        <br />
        {key.last_used_at === null ? words.keyUnused : words.keyUsed(instant(locale, key.last_used_at))}
        {where !== null && (
          <>
            <br />
            <bdi class="break">{where}</bdi>
          </>
        )}
      </p>
      <Refusal reason={task.refusal} />
      {renaming ? (
        <Rename
          of={key}
          onDone={(name) => {
            setRenaming(false)
            if (name !== null) onRenamed(name)
          }}
        />
      ) : (
        <div class="row">
          <button
            type="button"
            class="quiet"
            data-action="rename-key"
            aria-label={words.renameOf(key.name)}
            onClick={() => setRenaming(true)}
          >
            {words.rename}
          </button>
          <Confirm
            label={words.lost}
            about={key.name}
            question={words.lostQuestion(key.name)}
            confirm={words.lostConfirm}
            action="report-lost"
            onConfirm={() => void report()}
          >
            <p>{words.lostText}</p>
            {only && (
              <p>
                <strong>{words.lostLast}</strong>
              </p>
            )}
          </Confirm>
        </div>
      )}
    </>
  )
}

/** `onDone` with the new name, or null: left as it was. */
function Rename({ of: key, onDone }: { readonly of: KeySummary; readonly onDone: (name: string | null) => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const [name, setName] = useState(key.name)
  const [missing, setMissing] = useState(false)
  const save = async () => {
    const wanted = name.trim()
    setMissing(wanted === '')
    if (wanted === '') return
    const saved = await task.run(async () => {
      await post('/api/me/rename-key', { key: key.id, name: wanted, version: key.version })
    })
    if (saved) onDone(wanted)
  }
  return (
    <form
      noValidate
      aria-label={words.renameOf(key.name)}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Field
        name={`name-${key.id}`}
        label={words.renameLabel}
        hint={words.renameHint}
        value={name}
        wrong={missing ? words.renameMissing : null}
        inputRef={(input) => input?.focus()}
        onInput={setName}
      />
      <Refusal reason={task.refusal} />
      <div class="row">
        <button type="submit" class="accent" data-action="save-name">
          {words.save}
        </button>
        <button type="button" onClick={() => onDone(null)}>
          {shared[locale].cancel}
        </button>
      </div>
    </form>
  )
}

/** A new key is added with one that is there: a young tap, then the one-time link of the page that adds keys. */
function AddKey({ username }: { readonly username: string }) {
  const words = catalogue[useLocale()]
  const task = useTask()
  const [stale, setStale] = useState(false)
  const add = () =>
    task.run(async () => {
      try {
        location.assign((await post('/api/me/add-key', {})).enrol_uri)
      } catch (error) {
        if (reasonOf(error) !== 'fresh-tap-required') throw error
        setStale(true)
      }
    })
  const tapAndAdd = () =>
    task.run(async (step) => {
      const { ceremony, options } = await post('/api/signin/options', { username })
      step('touch')
      const response = await askKey(options)
      step('check')
      await post('/api/signin/verify', { ceremony, response })
      location.assign((await post('/api/me/add-key', {})).enrol_uri)
    })
  return (
    <>
      <p class="actions" role="status">
        {stale && words.freshTap}
      </p>
      <Refusal reason={task.refusal} />
      {stale ? (
        <>
          <TapButton task={task} onTap={() => void tapAndAdd()}>
            {words.freshTapButton}
          </TapButton>
          <Status task={task} />
        </>
      ) : (
        <button type="button" data-action="add-key" onClick={() => void add()}>
          {words.addKey}
        </button>
      )}
    </>
  )
}
