// An action of the audit log: in words, with its technical name beside them; and the choice of one, by what they are about.
import { useId } from 'preact/hooks'
import type { AuditAction, AuditNoun } from '../../../server/audit/actions.ts'
import { type Locale, useLocale } from '../../shared/locale.ts'
import { actionWords } from './action-words.ts'
import { catalogue } from './words.ts'

/** An action in words; the technical name where this page knows none. */
export function actionText(locale: Locale, action: string): string {
  const { actions } = actionWords[locale]
  return Object.hasOwn(actions, action) ? actions[action as AuditAction] : action
}

export function Action({ action }: { readonly action: string }) {
  const text = actionText(useLocale(), action)
  return (
    <>
      {text !== action && <>{text} </>}
      <code class="soft small">{action}</code>
    </>
  )
}

const ACTIONS = Object.keys(actionWords.fr.actions) as AuditAction[]
const NOUNS = Object.keys(actionWords.fr.nouns) as AuditNoun[]
const actionsOf = (noun: AuditNoun) => ACTIONS.filter((action) => action.startsWith(`${noun}.`))

/** `value`: an action, the beginning of several (`key.`), or nothing. */
export function ActionFilter(props: { readonly value: string; readonly onChange: (value: string) => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { nouns } = actionWords[locale]
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{words.action}</label>
      <select id={id} name="action" value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        <option value="">{words.anyAction}</option>
        {NOUNS.map((noun) => (
          <optgroup key={noun} label={nouns[noun]}>
            {actionsOf(noun).length > 1 && <option value={`${noun}.`}>{words.allOf(nouns[noun])}</option>}
            {actionsOf(noun).map((action) => (
              <option key={action} value={action}>
                {actionText(locale, action)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </div>
  )
}
