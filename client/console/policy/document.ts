// The written policy document as pages handle it, and its values in words.
import type { AllowanceMeter, RingMeter } from '../../../server/policy/defaults.ts'
import type { WrittenPolicy } from '../../../server/policy/document.ts'
import { type Locale, number } from '../../shared/locale.ts'
import type { Words } from './words.ts'

export type Written = WrittenPolicy

/** In the editor's address: what it begins with. */
export const SHIPPED = 'shipped'

/** Meters in the order in which they are shown. */
export const SHOWN_RINGS: readonly RingMeter[] = [
  'archive',
  'catch-up',
  'tap-release',
  'media-files',
  'media-bytes',
  'directory',
  'state',
  'key-backup',
  'joins',
  'live',
]
export const SHOWN_TAPS: readonly AllowanceMeter[] = [
  'archive',
  'media-files',
  'media-bytes',
  'directory',
  'state',
  'key-backup',
  'joins',
  'pushers',
]

/** `30 d` in words. What is not a duration stays as it is. */
export function durationWords(words: Words, text: string): string {
  const [, count, unit] = /^(\d+) (d|h|min|s)$/.exec(text) ?? []
  return count === undefined ? text : words.durations[unit as 'd'](Number(count))
}

/** A limit as it is written: a number, or a size with its unit. */
export function amount(locale: Locale, value: number | string): string {
  if (typeof value === 'number') return number(locale, value)
  // French writes octets.
  return value.replace(/^(\d+) ([TGMk]?)B$/, locale === 'fr' ? '$1\u00A0$2o' : '$1\u00A0$2B')
}

const MEGABYTE = 1_000_000
const GIGABYTE = 1_000_000_000

/** A number of bytes: whole gigabytes as such, anything else in megabytes, begun ones included. */
export function bytes(locale: Locale, count: number): string {
  const isWhole = count >= GIGABYTE && count % GIGABYTE === 0
  const written = number(locale, isWhole ? count / GIGABYTE : Math.ceil(count / MEGABYTE))
  return `${written}\u00A0${isWhole ? 'G' : 'M'}${locale === 'fr' ? 'o' : 'B'}`
}

/** The document with one place set. */
export function withPlace(document: Written, path: readonly (string | number)[], value: unknown): Written {
  const copy = structuredClone(document) as unknown as Record<string | number, unknown>
  let here = copy
  for (const step of path.slice(0, -1)) here = here[step] as Record<string | number, unknown>
  here[path.at(-1) as string] = value
  return copy as unknown as Written
}
