// Values of the policy document as people read them: figures, sizes and times in their language, rules without braces.
import { type Catalogue, type Locale, number } from '../../shared/locale.ts'
import { amount, durationWords } from './document.ts'
import { nameText } from './faults.ts'
import { catalogue } from './words.ts'

/** A list that says the same in another order is told so by the server. */
const ORDERS: Catalogue<Readonly<Record<string, string>>> = {
  fr: { 'another order': 'un autre ordre', 'this order': 'cet ordre' },
  en: { 'another order': 'another order', 'this order': 'this order' },
}
const COLON: Catalogue<string> = { fr: '\u00A0: ', en: ': ' }

/** A value as a difference has it: text as it is written, or JSON. */
export function valueText(locale: Locale, text: string): string {
  if (/^[[{]/.test(text)) {
    try {
      return treeText(locale, JSON.parse(text))
    } catch {
      return text
    }
  }
  return /^\d+(?:\.\d+)?$/.test(text) ? number(locale, Number(text)) : plainText(locale, text)
}

function treeText(locale: Locale, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => treeText(locale, one)).join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, one]) => `${nameText(locale, name)}${COLON[locale]}${treeText(locale, one)}`)
      .join(locale === 'fr' ? '\u00A0; ' : '; ')
  return typeof value === 'number' ? number(locale, value) : plainText(locale, String(value))
}

function plainText(locale: Locale, text: string): string {
  const words = catalogue[locale]
  if (text === 'everyone') return words.everyone
  if (Object.hasOwn(words.modes, text)) return words.modes[text as 'observe']
  return ORDERS[locale][text] ?? amount(locale, durationWords(words, text))
}
