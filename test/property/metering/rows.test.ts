// Rows and events of arbitrary answers: everything that a client could read is counted, or the answer is refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countRows, type RowShape } from '../../../server/metering/rows.ts'
import { countByParsing } from '../../../server/metering/scanner/reference.ts'
import { type Place, SHAPES, type Shape } from '../../../server/metering/scanner/shapes.ts'

const encode = (text: string) => new TextEncoder().encode(text)
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** JSON text of a value with key names escaped, members doubled by ones that lose, and space between tokens. */
function disguised(value: Json, seed: () => number): string {
  const space = () => ['', ' ', '\n\t'][seed() % 3] as string
  if (Array.isArray(value)) return `[${value.map((one) => space() + disguised(one, seed)).join(',')}${space()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).flatMap(([key, member]) => {
    const name = seed() % 2 ? JSON.stringify(key) : `"${[...key].map(escaped).join('')}"`
    const real = `${name}${space()}:${space()}${disguised(member, seed)}`
    return seed() % 3 ? [real] : [`${JSON.stringify(key)}:{"decoy":[1,2]}`, real]
  })
  return `{${pairs.join(`${space()},`)}}`
}
const escaped = (character: string) =>
  [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('')

const id = fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }).filter((text) => text.isWellFormed())
const ids = fc.uniqueArray(id, { maxLength: 12 })
const seeds = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 50 }).map((numbers) => {
  let at = 0
  return () => numbers[at++ % numbers.length] as number
})
const junk = fc.dictionary(
  fc.string({ maxLength: 6 }).filter((key) => key !== '__proto__'),
  fc.jsonValue() as fc.Arbitrary<Json>,
  { maxKeys: 3 },
)

const bodies: Readonly<Record<Exclude<RowShape, 'one' | 'list'>, (names: readonly string[]) => Json>> = {
  'joined-members': (names) => ({ joined: Object.fromEntries(names.map((name) => [name, {}])) }),
  hierarchy: (names) => ({ rooms: names.map((room_id) => ({ room_id, children_state: [] })) }),
  'public-rooms': (names) => ({ chunk: names.map((room_id) => ({ room_id })) }),
  'user-directory': (names) => ({ results: names.map((user_id) => ({ user_id })) }),
  'mutual-rooms': (names) => ({ joined: [...names] }),
  'keys-query': (names) => ({ device_keys: Object.fromEntries(names.map((name) => [name, {}])) }),
  backup: (names) => ({ rooms: { '!r': { sessions: Object.fromEntries(names.map((name) => [name, {}])) } } }),
  'backup-room': (names) => ({ sessions: Object.fromEntries(names.map((name) => [name, {}])) }),
}

describe.each(Object.keys(bodies) as (keyof typeof bodies)[])('%s', (shape) => {
  it('counts every row, however it is written', () => {
    fc.assert(
      fc.property(ids, junk, seeds, (names, more, seed) => {
        const body = { ...more, ...(bodies[shape](names) as object) } as Json
        const text = disguised(body, seed)
        // What JSON.parse makes of the text is what a client reads.
        const read = countRows(encode(JSON.stringify(JSON.parse(text))), shape)
        const counted = countRows(encode(text), shape)
        expect(counted).toEqual(read)
        expect(counted?.ids.length).toBe(new Set(names).size)
      }),
    )
  })

  it('of arbitrary JSON, or of none, is a number of rows or a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const counted = countRows(encode(text), shape)
        if (counted === null) return
        expect(counted.ids.length).toBeGreaterThanOrEqual(0)
        expect(typeof JSON.parse(text)).toBe('object')
      }),
    )
  })
})

/** A body of a shape with so many events in it, wherever it has room for them. */
function filled(place: Place, event: () => Json): Json {
  switch (place.is) {
    case 'event':
      return event()
    case 'list':
      return [filled(place.of, event), filled(place.of, event)]
    case 'map':
      return { one: filled(place.of, event), other: filled(place.of, event) }
    case 'object':
      return Object.fromEntries(Object.entries(place.members).map(([key, member]) => [key, filled(member, event)]))
  }
}

describe.each(Object.keys(SHAPES) as Shape[])('events of %s', (shape) => {
  it('are all counted, bundled ones too, however they are written', () => {
    fc.assert(
      fc.property(junk, seeds, (more, seed) => {
        let made = 0
        const event = (): Json => {
          made += 2
          return {
            ...more,
            event_id: `$${made}`,
            origin_server_ts: 1,
            state_key: '',
            content: {},
            unsigned: { 'm.relations': { 'm.replace': { event_id: `$in${made}`, origin_server_ts: 1, content: {} } } },
          }
        }
        const body = filled(SHAPES[shape], event)
        const counted = countByParsing(encode(disguised(body, seed)), shape)
        expect(counted).toHaveLength(made)
      }),
      { numRuns: 40 },
    )
  })

  it('a section that is something else makes the body uncountable', () => {
    const sections = (place: Place, path: readonly string[]): (readonly string[])[] =>
      place.is === 'object'
        ? Object.entries(place.members).flatMap(([key, member]) => sections(member, [...path, key]))
        : place.is === 'event'
          ? []
          : [path]
    const paths = sections(SHAPES[shape], [])
    for (const path of paths) {
      for (const wrong of [
        { list: '{}', map: '[]' },
        { list: '"x"', map: '7' },
        { list: 'null', map: 'null' },
      ]) {
        const end = path.reduce<Place>(
          (place, key) => (place.is === 'object' ? (place.members[key] as Place) : place),
          SHAPES[shape],
        )
        const text = path.reduceRight(
          (inner, key) => `{${JSON.stringify(key)}:${inner}}`,
          wrong[end.is as 'list' | 'map'],
        )
        expect(countByParsing(encode(text), shape)).toBeNull()
      }
    }
  })
})

it('a million empty events, and a nesting deeper than any parser likes, are counted or refused without a stack overflowing', () => {
  const million = `{"chunk":[${'{},'.repeat(999_999)}{}]}`
  expect(countByParsing(encode(million), 'members')).toHaveLength(1_000_000)
  expect(countRows(encode(million), 'public-rooms')?.ids).toHaveLength(1_000_000)
  for (const shape of Object.keys(SHAPES) as Shape[]) {
    expect(countByParsing(encode(`{"chunk":${'['.repeat(1_000_000)}`), shape)).toBeNull()
    expect(countByParsing(encode('{"a":'.repeat(200_000)), shape)).toBeNull()
  }
})
