// French as it is written: unbreakable spaces before double signs and within guillemets, curly apostrophes; and the words that the
// glossary (docs/reference/glossary.md) left behind do not come back.
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test, vi } from 'vitest'

const client = fileURLToPath(new URL('../../../client', import.meta.url))
/** Where it stands, and what it says. */
const said: [place: string, text: string][] = []

/** Every text in a catalogue; what is made of values is made of some. */
function collect(place: string, value: unknown): void {
  if (typeof value === 'string') said.push([place, value])
  else if (typeof value === 'function') collect(place, made(value as (...values: unknown[]) => unknown))
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) collect(`${place}.${name}`, inner)
}

function made(words: (...values: unknown[]) => unknown): unknown {
  try {
    return words(2, 2, 2, 2)
  } catch {
    // It is of something richer than a number or a text.
    return null
  }
}

function french(place: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if ('fr' in value && 'en' in value) collect(place, value.fr)
  else for (const [name, inner] of Object.entries(value)) french(`${place}.${name}`, inner)
}

beforeAll(async () => {
  // A page's modules read its language from the document.
  vi.stubGlobal('document', { documentElement: { lang: 'fr' } })
  for (const file of globSync('**/*{words,reasons,panels}.ts', { cwd: client }).sort()) {
    const module = (await import(`${client}/${file}`)) as Record<string, unknown>
    for (const [name, value] of Object.entries(module)) french(`${file} ${name}`, value)
  }
})

const wrong = (pattern: RegExp) =>
  said.filter(([, text]) => pattern.test(text)).map(([place, text]) => `${place}: ${text}`)

test('the catalogues were read', () => {
  expect(said.length).toBeGreaterThan(1_000)
})

test('spaces before double signs and within guillemets do not break', () => {
  expect(wrong(/ [:;!?](?:\s|$)|«[^\u00A0]|[^\u00A0]»/)).toEqual([])
})

test('apostrophes are curly, an ellipsis is one sign', () => {
  expect(wrong(/\p{L}'\p{L}|\.\.\./u)).toEqual([])
})

test('one word for one thing', () => {
  expect(wrong(/\b(?:une|la|cette|votre|première|seconde|dernière|nouvelle|deux) touches?\b|^Touches\b/iu)).toEqual([])
  expect(wrong(/enrôleur|\btêtes? signées?\b|libérés? par|\bfautes?\b|arrêtés? de force/iu)).toEqual([])
})
