// The values of the policy document: how each is written (with its unit), and what it is in the program. Every codec says in
// words what it wants, which is what a mistake ends with.
import * as z from 'zod'
import { type Fault, plain } from './fault.ts'

export const MINUTE = 60
export const HOUR = 3_600
export const DAY = 86_400

/** Words that a mistake ends with: `wants …`. */
const wants = (words: string) => ({ error: words })

interface Unit {
  readonly name: string
  readonly factor: number
}

const DURATIONS: readonly Unit[] = [
  { name: 'd', factor: DAY },
  { name: 'h', factor: HOUR },
  { name: 'min', factor: MINUTE },
  { name: 's', factor: 1 },
]
const SIZES: readonly Unit[] = [
  { name: 'TB', factor: 1e12 },
  { name: 'GB', factor: 1e9 },
  { name: 'MB', factor: 1e6 },
  { name: 'kB', factor: 1e3 },
  { name: 'B', factor: 1 },
]

/** `30 d` → 2592000. Null for anything else than a whole number and one of the units. */
function withUnit(text: string, units: readonly Unit[]): number | null {
  const match = /^(0|[1-9]\d{0,14}) ?([A-Za-z]{1,3})$/.exec(text.trim())
  const unit = units.find(({ name }) => name === match?.[2])
  const value = unit && Number(match?.[1]) * unit.factor
  return value !== undefined && Number.isSafeInteger(value) ? value : null
}

/** The largest unit that says it in a whole number. */
function inUnits(value: number, units: readonly Unit[]): string {
  const unit = units.find(({ factor }) => value !== 0 && value % factor === 0) ?? {
    name: units.at(-1)?.name,
    factor: 1,
  }
  return `${value / unit.factor} ${unit.name}`
}

/** Seconds as the document writes them: `8 h`. */
export const durationText = (seconds: number): string => inUnits(seconds, DURATIONS)
/** Bytes as the document writes them: `2 GB`. */
export const sizeText = (bytes: number): string => inUnits(bytes, SIZES)

/** Seconds, written with a unit. */
export function duration(least: number, most: number) {
  const members = { least: durationText(least), most: durationText(most) }
  const words = `a duration from ${members.least} to ${members.most}, such as ${members.most} (s, min, h, d)`
  return measured(DURATIONS, least, most, words, { code: 'not-duration', members })
}

/** Bytes, written with a decimal unit. */
export function size(least: number, most: number) {
  const members = { least: sizeText(least), most: sizeText(most) }
  const words = `a size from ${members.least} to ${members.most}, such as 2 GB (B, kB, MB, GB, TB)`
  return measured(SIZES, least, most, words, { code: 'not-size', members })
}

function measured(units: readonly Unit[], least: number, most: number, words: string, fault: Fault) {
  return z
    .codec(z.string(wants(words)), z.int(), {
      decode: (text, context) => {
        const value = withUnit(text, units)
        if (value !== null && value >= least && value <= most) return value
        context.issues.push({ code: 'custom', message: words, input: text })
        return z.NEVER
      },
      encode: (value) => inUnits(value, units),
    })
    .meta({ wants: words, fault })
}

/** A whole number of `unit`. */
export function count(least: number, most: number, unit: string) {
  const words = `a whole number of ${unit} from ${least} to ${most}`
  const fault: Fault = { code: 'not-count', members: { least, most } }
  return z.int(wants(words)).min(least, wants(words)).max(most, wants(words)).meta({ wants: words, fault })
}

/** A number that need not be whole. */
export function fraction(least: number, most: number) {
  const words = `a number from ${least} to ${most}`
  const fault: Fault = { code: 'not-number', members: { least, most } }
  return z.number(wants(words)).min(least, wants(words)).max(most, wants(words)).meta({ wants: words, fault })
}

/** One of some words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const text = words.map((word) => `\`${word}\``).join(', ')
  const fault: Fault = { code: 'not-one-of', members: { among: words } }
  return z.enum(words, wants(`one of ${text}`)).meta({ wants: `one of ${text}`, fault })
}

/** Text of one line, without control characters. */
export function line(least: number, most: number, what: string) {
  const words = `${what}: ${least} to ${most} characters on one line`
  return z
    .string(wants(words))
    .refine(
      (text) => text.trim() === text && text.length >= least && text.length <= most && !/\p{C}/u.test(text),
      words,
    )
    .meta({ wants: words, fault: { code: 'not-line', members: { least, most } } satisfies Fault })
}

const INSTANT =
  'a date such as 2026-10-01 (its beginning, UTC) or a time such as 2026-10-01T08:00:00Z, from 2020 to 2099'
const WRITTEN = /^20[2-9]\d-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Epoch milliseconds, written as a date or a time with its zone. */
export const instant = z
  .codec(z.string(wants(INSTANT)), z.int(), {
    decode: (text, context) => {
      const at = WRITTEN.test(text) ? Date.parse(text) : Number.NaN
      // Date.parse takes the 31st of June for the 1st of July.
      const isReal =
        text.slice(0, 10) === new Date(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) || 0).toISOString().slice(0, 10)
      if (!Number.isNaN(at) && isReal) return at
      context.issues.push({ code: 'custom', message: INSTANT, input: text })
      return z.NEVER
    },
    encode: (at) => instantText(at),
  })
  .meta({ wants: INSTANT, fault: plain('not-instant') })

/** A time as the document writes it: the date alone at its beginning. */
export function instantText(at: number): string {
  const text = new Date(at).toISOString()
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.replace('.000Z', 'Z')
}
