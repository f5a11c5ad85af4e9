// Which of the two languages a page speaks, and how it writes numbers, dates and lengths of time.
import { useEffect, useState } from 'preact/hooks'

export type Locale = 'fr' | 'en'

/** A catalogue: the same words in each language. What one has and the other lacks fails the type check. */
export type Catalogue<Words> = Readonly<Record<Locale, Words>>

const COOKIE = 'palier_locale'
const listeners = new Set<(locale: Locale) => void>()
// The server chose from the cookie or Accept-Language and wrote it on <html>.
let current: Locale = document.documentElement.lang === 'en' ? 'en' : 'fr'

/** The page's language; the component is drawn again when it changes. */
export function useLocale(): Locale {
  const [locale, setState] = useState(current)
  useEffect(() => {
    listeners.add(setState)
    return () => {
      listeners.delete(setState)
    }
  }, [])
  return locale
}

/** Changes the language now, and for a year on this browser. */
export function switchLocale(locale: Locale): void {
  current = locale
  document.documentElement.lang = locale
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${COOKIE}=${locale}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`
  for (const listener of listeners) listener(locale)
}

const TAGS = { fr: 'fr-FR', en: 'en-GB' } as const

/** `2 000`, `2,000`. */
export function number(locale: Locale, value: number): string {
  return new Intl.NumberFormat(TAGS[locale]).format(value)
}

// Making a format costs far more than using one: a long list uses one.
const formats = new Map<string, Intl.DateTimeFormat>()

/** `23 nov. 2026, 18:30`; only the time when it is today. */
export function instant(locale: Locale, iso: string): string {
  const at = new Date(iso)
  const today = at.toDateString() === new Date().toDateString()
  const key = `${locale} ${today}`
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat(TAGS[locale], { ...(today ? {} : { dateStyle: 'medium' }), timeStyle: 'short' })
  formats.set(key, format)
  return format.format(at)
}

/** `8 heures`, `30 jours`: the largest unit that fits whole. */
export function duration(locale: Locale, seconds: number): string {
  const [unit, size] =
    seconds % 86_400 === 0 && seconds > 86_400
      ? (['day', 86_400] as const)
      : seconds % 3_600 === 0
        ? (['hour', 3_600] as const)
        : (['minute', 60] as const)
  return new Intl.NumberFormat(TAGS[locale], {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  }).format(seconds / size)
}
