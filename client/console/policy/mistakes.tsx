// What is wrong with a policy: each place in words, what it wants, and the way there.
import { useLocale } from '../../shared/locale.ts'
import type { Written } from './document.ts'
import { faultText, type Mistake, placeText } from './faults.ts'
import { catalogue } from './words.ts'

interface Props {
  readonly of: readonly Mistake[]
  /** What the form shows, so that places are called as there. */
  readonly document?: Written
  readonly onGo?: (mistake: Mistake) => void
  /** Whether there is a field or a line to go to. */
  readonly hasPlace?: (mistake: Mistake) => boolean
  readonly id?: string
}

export function Mistakes({ of, document, onGo, hasPlace, id }: Props) {
  const locale = useLocale()
  const words = catalogue[locale]
  if (of.length === 0) return null
  return (
    <div class="notice bad" role="alert" tabIndex={-1} id={id} data-mistakes={of.length}>
      <p class="notice-title">{words.mistakes(of.length)}</p>
      <ul>
        {of.map((mistake) => {
          const { line, column, name, code } = mistake
          const place = placeText(locale, mistake.path, document)
          const named = line === null ? place : words.atLine(line, place)
          return (
            <li key={`${line} ${column} ${name} ${code}`} data-fault={code}>
              {onGo !== undefined && hasPlace?.(mistake) === true ? (
                <button type="button" class="quiet small" onClick={() => onGo(mistake)}>
                  {named}
                </button>
              ) : (
                <strong>{named}</strong>
              )}{' '}
              {faultText(locale, mistake)}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
