// Faults of a policy as a page tells them: where, in words, and what is wrong; and the field of the form that each is about.
import type { RingMeter } from '../../../server/policy/defaults.ts'
import type { FaultCode } from '../../../server/policy/fault.ts'
import type { Locale } from '../../shared/locale.ts'
import { catalogue as alerts } from '../alerts/words.ts'
import type { Answer } from '../api.ts'
import { durationWords, SHOWN_RINGS, SHOWN_TAPS, type Written } from './document.ts'
import { sentences } from './fault-words.ts'
import { places } from './place-words.ts'
import { catalogue } from './words.ts'

export type Mistake = Answer<'policy.check'>['mistakes'][number]
export type Path = Mistake['path']

/** What is wrong, in a sentence. A kind that this page does not know yet is told in general words. */
export function faultText(locale: Locale, { code, members, value }: Mistake): string {
  const known = sentences[locale]
  const say = known[Object.hasOwn(known, code) ? (code as FaultCode) : 'not-as-wanted']
  return say(members as never, value)
}

/**
 * A place of the document in the words of the pages: `Limites, Anciens messages, fenêtre n° 1, limite`. With the `document` that it is
 * of, windows are called by their length, as in the form.
 */
export function placeText(locale: Locale, path: Path, document?: Written): string {
  const { sections, file, window, rule } = places[locale]
  const words = catalogue[locale]
  const [section, ...rest] = path
  if (section === undefined) return file
  const head = Object.hasOwn(sections, section) ? sections[section as 'windows'] : quoted(locale, section)
  const windowsAt = path.indexOf('windows')
  const steps = rest.map((step, index) => {
    if (typeof step === 'string') return nameText(locale, step)
    // Limits of groups are listed in the order of the windows.
    const length =
      path[index - 1] === 'windows' ? document?.windows[path[index] as RingMeter]?.[step]?.window : undefined
    if (length !== undefined) return words.within(durationWords(words, length))
    return windowsAt >= 0 && windowsAt < index ? window(step + 1) : rule(step + 1)
  })
  return [head, ...steps].join(', ')
}

/** A name of the document in the words of the pages: a meter, a signal, a member of a rule. */
export function nameText(locale: Locale, name: string): string {
  const named: Readonly<Record<string, string>> = {
    ...places[locale].names,
    ...catalogue[locale].meters,
    ...alerts[locale].kinds,
  }
  return Object.hasOwn(named, name) ? (named[name] ?? name) : quoted(locale, name)
}

const quoted = (locale: Locale, name: string | number) => (locale === 'fr' ? `«\u00A0${name}\u00A0»` : `“${name}”`)

/** `windows.archive[0].limit` as its steps. */
export function pathOf(name: string): Path {
  return name.split(/[.[]/).map((step) => (/^\d+\]$/.test(step) ? Number(step.slice(0, -1)) : step))
}

/** The field of the form where a place is edited; null for what only the file has. */
export function fieldOf(path: Path): string | null {
  const [section, second, third, fourth] = path
  switch (section) {
    case 'windows':
      return fourth === 'limit' && (SHOWN_RINGS as readonly unknown[]).includes(second) ? `${second}-${third}` : null
    case 'rooms':
      return second === 'limit' ? 'rooms' : null
    case 'first_sync':
      return 'first_sync'
    case 'taps':
      if (!(SHOWN_TAPS as readonly unknown[]).includes(second)) return null
      return third === 'units' ? `tap-${second}` : third === 'for' ? `tap-${second}-for` : null
    case 'enforcement':
      // What is wrong with a whole rule is told at its first field.
      return second === undefined ? null : `enforcement-${second}-${third ?? 'group'}`
    case 'exemptions':
      return second === undefined ? null : `exemption-${second}-${third ?? 'group'}`
    default:
      return null
  }
}

/** What is wrong with a field of the form, or null. */
export function wrongAt(locale: Locale, mistakes: readonly Mistake[], field: string): string | null {
  const found = mistakes.filter(({ path }) => fieldOf(path) === field).map((mistake) => faultText(locale, mistake))
  return found.length === 0 ? null : found.join(' ')
}
