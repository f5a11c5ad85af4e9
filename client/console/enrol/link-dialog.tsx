// A dialog that makes a link, and shows it once: to copy, to photograph, to print; or says that it was mailed.
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useChange, useRead } from '../kit/data.ts'
import { Confirm, Dialog } from '../kit/dialog.tsx'
import { Select } from '../kit/form.tsx'
import { Copy, When } from '../kit/values.tsx'
import './enrol.css'
import { handLetter } from './letters.ts'
import { QrCode } from './qr.tsx'
import { catalogue } from './words.ts'

interface LinkProps {
  readonly person: { readonly id: string; readonly name: string }
  readonly onClose: () => void
}

const HOURS = ['4', '24', '72', '168', '336'] as const
type Hours = (typeof HOURS)[number]
type Least = '' | 'any' | 'device-bound' | 'attested'
type Way = 'show' | 'letter' | 'mail'
/** Unless somebody chooses: a letter is days on its way, and lies on a desk for some. */
const GOOD_FOR: Readonly<Record<Way, Hours>> = { show: '24', letter: '336', mail: '24' }

export function LinkDialog({ person, onClose }: LinkProps) {
  const words = catalogue[useLocale()]
  const [path, go] = useLocation()
  const known = useRead('enrolment.list', { person: person.id }).data
  const issue = useChange('enrolment.issue')
  const [chosenHours, setHours] = useState<Hours | null>(null)
  const [uses, setUses] = useState<'1' | '2'>('1')
  const [least, setLeast] = useState<Least>('')
  const [way, setWay] = useState<Way>('show')
  const hours = chosenHours ?? GOOD_FOR[way]
  const [made, setMade] = useState<Answer<'enrolment.issue'> | null>(null)
  const address = known?.sends_mail === true ? known.address : null
  const ways: Way[] = address === null ? ['show', 'letter'] : ['show', 'letter', 'mail']
  const submit = async () => {
    const outcome = await issue.run({
      person: person.id,
      hours: Number(hours),
      uses: Number(uses),
      policy: least === '' ? null : least,
      by: way,
    })
    if (outcome?.done !== true) return
    const { url, expires_at: expiresAt } = outcome.answer
    if (way === 'letter' && url !== null) {
      handLetter({ name: person.name, url, uses: outcome.answer.uses, expiresAt, from: path })
      onClose()
      return go('/letter')
    }
    setMade(outcome.answer)
  }
  if (made !== null) return <Made made={made} person={person} onClose={onClose} />
  return (
    <Confirm
      name="key-link"
      title={words.linkTitle(person.name)}
      confirm={words.make}
      busy={issue.busy}
      refusal={issue.refusal}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <Select
        label={words.way}
        name="by"
        value={way}
        options={ways.map((value) => ({ value, label: words.wayOf[value] }))}
        onChange={setWay}
        {...(address === null ? { hint: words.noMail } : way === 'mail' && { hint: words.toAddress(address) })}
      />
      <Select
        label={words.hours}
        name="hours"
        value={hours}
        options={HOURS.map((value) => ({ value, label: words.hoursOf[value] }))}
        onChange={setHours}
        {...(way === 'letter' && { hint: words.hoursOfLetter })}
      />
      <Select
        label={words.forKeys}
        name="uses"
        value={uses}
        options={[
          { value: '1', label: words.oneKey },
          { value: '2', label: words.twoKeys },
        ]}
        onChange={setUses}
      />
      <Select
        label={words.least}
        name="policy"
        value={least}
        options={(['', 'device-bound', 'attested'] as const).map((value) => ({ value, label: words.leastOf[value] }))}
        onChange={setLeast}
      />
    </Confirm>
  )
}

function Made({ made, person, onClose }: LinkProps & { readonly made: Answer<'enrolment.issue'> }) {
  const words = catalogue[useLocale()]
  const { url, sent_to: to } = made
  return (
    <Dialog name="key-link-made" title={words.linkTitle(person.name)} onClose={onClose}>
      {url === null ? (
        <p role="status">{words.mailed(to ?? '')}</p>
      ) : (
        <>
          <p>{words.shownOnce}</p>
          <QrCode text={url} label={words.qr(person.name)} />
          <p data-link>
            <Copy text={url} label={words.copyLink} />
          </p>
        </>
      )}
      <p class="soft small">
        {words.until} <When at={made.expires_at} />
      </p>
    </Dialog>
  )
}
