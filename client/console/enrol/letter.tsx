// /console/letter — a letter with a link, to be printed and put beside the key. Gone with the page.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { instant, useLocale } from '../../shared/locale.ts'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import './enrol.css'
import { takeLetter } from './letters.ts'
import { QrCode } from './qr.tsx'
import { catalogue } from './words.ts'

export default function Letter() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [letter] = useState(takeLetter)
  if (letter === null) {
    return (
      <Page title={words.letterTitle}>
        <Empty title={words.letterGone}>
          <p>{words.letterGoneText}</p>
        </Empty>
      </Page>
    )
  }
  return (
    <Page
      title={words.letterTitle}
      actions={
        <>
          <button type="button" class="accent" data-action="print" onClick={() => window.print()}>
            {words.print}
          </button>
          <Link class="button" href={letter.from}>
            {words.backTo}
          </Link>
        </>
      }
    >
      <div class="letter">
        <p>
          <bdi>{words.letterDear(letter.name)}</bdi>
        </p>
        <p>{words.letterText}</p>
        <ol>
          {words.letterSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <QrCode text={letter.url} label={words.qr(letter.name)} />
        <p>
          {words.letterAddress}
          <br />
          <strong class="mono break">{letter.url}</strong>
        </p>
        <p>{words.letterUses(letter.uses, instant(locale, letter.expiresAt))}</p>
        <p>{words.letterWarning}</p>
      </div>
    </Page>
  )
}
