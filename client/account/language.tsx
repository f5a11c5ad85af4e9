// The language of the pages, kept in a cookie that wins over what the browser prefers, and of what is sent to the person.
import { post } from '../shared/api.ts'
import { type Locale, switchLocale, useLocale } from '../shared/locale.ts'
import { catalogue } from './words.ts'

const LOCALES: readonly Locale[] = ['fr', 'en']

export function Language({ onChosen }: { readonly onChosen: (text: string) => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const choose = (chosen: Locale) => {
    switchLocale(chosen)
    // The page has changed already; what is sent later follows when the server has heard.
    post('/api/me/language', { locale: chosen }).then(
      () => onChosen(catalogue[chosen].languageSaved),
      () => undefined,
    )
  }
  return (
    <section class="sheet" aria-labelledby="language">
      <h2 id="language">{words.language}</h2>
      <p class="soft">{words.languageLead}</p>
      <fieldset class="field" aria-labelledby="language">
        {LOCALES.map((one) => (
          <p key={one} class="choice">
            <input
              id={`language-${one}`}
              type="radio"
              name="language"
              value={one}
              checked={one === locale}
              onChange={() => choose(one)}
            />
            <label for={`language-${one}`} lang={one}>
              {words.languages[one]}
            </label>
          </p>
        ))}
      </fieldset>
    </section>
  )
}
