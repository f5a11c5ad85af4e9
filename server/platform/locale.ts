// The language of a page: the person's choice in a cookie, else the browser's order of preference, else French.

export type Locale = 'fr' | 'en'

/** The cookie that the pages' language switch writes. */
export const LOCALE_COOKIE = 'palier_locale'

/** The language for a request with these headers (RFC 9110 §12.5.4; of equal weights the first wins). */
export function localeOf(headers: Headers): Locale {
  const chosen = new RegExp(`(?:^|;\\s*)${LOCALE_COOKIE}=(fr|en)(?:;|$)`).exec(headers.get('Cookie') ?? '')?.[1]
  if (chosen === 'fr' || chosen === 'en') return chosen
  let best: Locale = 'fr'
  let bestWeight = 0
  for (const range of (headers.get('Accept-Language') ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const language = tag.split('-')[0]
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    if ((language === 'fr' || language === 'en') && weight > bestWeight) {
      best = language
      bestWeight = weight
    }
  }
  return best
}
