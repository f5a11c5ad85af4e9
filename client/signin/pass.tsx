// Signing in with a temporary pass: loaded when somebody says that they have one.
import { useEffect, useRef, useState } from 'preact/hooks'
import './pass-reasons.ts'
import { post } from '../shared/api.ts'
import { Refusal, Status, useTask } from '../shared/ceremony.tsx'
import { Field } from '../shared/field.tsx'
import { type Catalogue, useLocale } from '../shared/locale.ts'

const fr = {
  heading: 'Utiliser un laissez-passer',
  lead: 'Votre administrateur vous a donné un code. Il ne sert qu’une fois, et donne accès à vos nouveaux messages pour quelques heures. Les anciens messages, les fichiers et votre compte attendent votre clé.',
  code: 'Code du laissez-passer',
  hint: 'Vingt lettres et chiffres. Majuscules, minuscules, tirets et espaces ne comptent pas.',
  missing: 'Tapez le code en entier.',
  go: 'Me connecter avec ce code',
  back: 'J’ai ma clé',
}

const en: typeof fr = {
  heading: 'Use a temporary pass',
  lead: 'Your administrator gave you a code. It works once, and opens your new messages for a few hours. Older messages, files and your account wait for your key.',
  code: 'Code of the pass',
  hint: 'Twenty letters and digits. Capitals, hyphens and spaces do not matter.',
  missing: 'Type the whole code.',
  go: 'Sign in with this code',
  back: 'I have my key',
}

const catalogue: Catalogue<typeof fr> = { fr, en }

interface PassProps {
  readonly transaction: string
  readonly shared: boolean
  /** Where to go once it was taken. */
  readonly onDone: (redirect: string) => void
  readonly onBack: () => void
}

export default function Pass({ transaction, shared, onDone, onBack }: PassProps) {
  const words = catalogue[useLocale()]
  const [code, setCode] = useState('')
  const [missing, setMissing] = useState(false)
  const task = useTask()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  const submit = async () => {
    const short = code.replace(/[^0-9a-z]/gi, '').length < 20
    setMissing(short)
    if (short) return input.current?.focus()
    await task.run(async () => {
      const { redirect } = await post('/api/signin/pass', { transaction, code, ...(shared ? { shared } : {}) })
      setCode('')
      onDone(redirect)
    })
  }
  return (
    <form
      noValidate
      data-form="pass"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <h2>{words.heading}</h2>
      <p>{words.lead}</p>
      <Refusal reason={task.refusal} />
      <Field
        name="code"
        label={words.code}
        hint={words.hint}
        inputRef={input}
        value={code}
        wrong={missing ? words.missing : null}
        onInput={setCode}
      />
      <button type="submit" class="primary" aria-disabled={task.progress !== 'idle'}>
        {words.go}
      </button>
      <Status task={task} />
      <p class="actions">
        <button type="button" class="quiet" onClick={onBack}>
          {words.back}
        </button>
      </p>
    </form>
  )
}
