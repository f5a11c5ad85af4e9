// The shapes as the table that the compiled scanner reads (assembly/scanner.ts): nodes of three words, then members, then keys.
import { type Place, SHAPES, type Shape } from './shapes.ts'

/**
 * What the scanner knows beside the places of shapes.ts:
 * - `strict`: an object whose other members carry nothing that looks like an event, or it is left to JSON.parse
 * - `passed`: carries nothing that is counted
 * - `parse`: left to JSON.parse whenever it is there
 * - `text`: a string that is wanted
 */
export type ScanPlace =
  | Place
  | { readonly is: 'list' | 'map'; readonly of: ScanPlace; readonly nullable?: boolean }
  | {
      readonly is: 'strict'
      readonly members: Readonly<Record<string, ScanPlace | 'passed'>>
      readonly nullable?: boolean
    }
  | { readonly is: 'parse' | 'text' }

const KINDS = { list: 2, map: 3, object: 4, strict: 5, parse: 6, text: 7 } as const
const NULLABLE = 16
const PASSED = 0xffffffff
/** Words of a node and of a member. */
const WORDS = 3
/** What the scanner has room for (TABLE_BYTES of assembly/memory.ts). */
const MAX_BYTES = 15 * 1024
/** A member's bit has to be in one word. */
const MAX_MEMBERS = 32

export interface ShapeTable {
  readonly bytes: Uint8Array
  readonly roots: Readonly<Record<Shape | 'sync', number>>
}

/** The table of all shapes. Throws when it is larger than what the scanner has room for. */
export function shapeTable(sync: ScanPlace): ShapeTable {
  const nodes: [number, number, number][] = []
  const members: { readonly of: number; readonly key: Uint8Array; readonly child: number }[] = []
  const add = (place: ScanPlace): number => {
    const index = nodes.push([0, 0, 0]) - 1
    const nullable = 'nullable' in place && place.nullable ? NULLABLE : 0
    if (place.is === 'event') {
      nodes[index] = [place.kind === 'state' ? 1 : 0, 0, 0]
    } else if (place.is === 'list' || place.is === 'map') {
      nodes[index] = [KINDS[place.is] | nullable, add(place.of), 0]
    } else if (place.is === 'object' || place.is === 'strict') {
      const own = Object.entries<ScanPlace | 'passed'>(place.members)
      if (own.length > MAX_MEMBERS) throw new RangeError('an object of a shape has too many members')
      const children = own.map(([name, child]) => ({ name, child: child === 'passed' ? PASSED : add(child) }))
      const first = members.length
      for (const { name, child } of children) members.push({ of: index, key: new TextEncoder().encode(name), child })
      nodes[index] = [KINDS[place.is] | nullable, first, own.length]
    } else {
      nodes[index] = [KINDS[place.is], 0, 0]
    }
    return index
  }
  const roots = Object.fromEntries([
    ...Object.entries(SHAPES).map(([name, place]) => [name, add(place)]),
    ['sync', add(sync)],
  ]) as Record<Shape | 'sync', number>
  return { bytes: layOut(nodes, members), roots }
}

function layOut(
  nodes: readonly (readonly [number, number, number])[],
  members: readonly { readonly key: Uint8Array; readonly child: number }[],
): Uint8Array {
  const membersAt = nodes.length * WORDS * 4
  let keyAt = membersAt + members.length * WORDS * 4
  const total = keyAt + members.reduce((sum, { key }) => sum + key.length, 0)
  if (total > MAX_BYTES) throw new RangeError('the shapes are too many for the scanner')
  const bytes = new Uint8Array(total)
  const words = new DataView(bytes.buffer)
  const put = (at: number, three: readonly number[]) => {
    three.forEach((word, place) => {
      words.setUint32(at + place * 4, word, true)
    })
  }
  nodes.forEach(([kind, first, second], index) => {
    const base = kind & 15
    const isObject = base === KINDS.object || base === KINDS.strict
    put(index * WORDS * 4, [kind, isObject ? membersAt + first * WORDS * 4 : first, second])
  })
  members.forEach(({ key, child }, index) => {
    put(membersAt + index * WORDS * 4, [key.length, keyAt, child])
    bytes.set(key, keyAt)
    keyAt += key.length
  })
  return bytes
}
