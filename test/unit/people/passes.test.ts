// The code of a temporary pass, and serial numbers: however they are typed, and what is none.
import { expect, it } from 'vitest'
import { isExpected, plainSerial } from '../../../server/people/expected.ts'
import { newPassCode, passHash } from '../../../server/people/passes.ts'
import { systemRandom } from '../../../server/platform/random.ts'

it('a code is a hundred bits, and is the same however it was typed', () => {
  const code = newPassCode({ bytes: (length) => new Uint8Array(length).map((_, index) => index * 13) })
  expect(code.replaceAll('-', '')).toMatch(/^[0-9A-HJKMNP-TV-Z]{20}$/)
  const hash = passHash(code)
  expect(hash).toMatch(/^[\w-]{43}$/)
  for (const typed of [
    code.toLowerCase(),
    code.replaceAll('-', ''),
    ` ${code.replaceAll('-', ' ')} `,
    code.replaceAll('-', '–'),
  ])
    expect(passHash(typed)).toBe(hash)
  expect(passHash('0000-0000-0000-0000-1111')).toBe(passHash('OoO0-0000-0000-0000-1lIi'))
})

it('every letter comes up, and no two codes are the same', () => {
  const codes = Array.from({ length: 500 }, () => newPassCode(systemRandom))
  expect(new Set(codes).size).toBe(500)
  expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32)
})

it.each([
  '',
  'AAAA',
  'A'.repeat(19),
  'A'.repeat(21),
  'UUUU-UUUU-UUUU-UUUU-UUUU',
  'é'.repeat(20),
  'AAAA-AAAA-AAAA-AAAA-AAA;',
])('%j is no code', (typed) => expect(passHash(typed)).toBeNull())

it.each([
  ['12345678', '12345678'],
  [' 00 123-45 ', '12345'],
  ['ab12', 'AB12'],
  ['0', '0'],
  ['000', '0'],
  ['', null],
  ['12;34', null],
  ['x'.repeat(65), null],
])('the serial number %j is %j', (typed, plain) => expect(plainSerial(typed)).toBe(plain))

it('a key that proves nothing is none that is awaited', () => {
  const nothing = { aaguid: 'a', serial: null, batch: null }
  expect(isExpected({ serial: '1', aaguid: null, batch: null }, nothing)).toBe(false)
  expect(isExpected({ serial: null, aaguid: 'a', batch: null }, nothing)).toBe(false)
  const key = { aaguid: 'a', serial: '01', batch: 'b' }
  expect(isExpected({ serial: '1', aaguid: null, batch: null }, key)).toBe(true)
  expect(isExpected({ serial: null, aaguid: 'a', batch: null }, key)).toBe(true)
  expect(isExpected({ serial: null, aaguid: 'a', batch: 'c' }, key)).toBe(false)
  expect(isExpected({ serial: null, aaguid: 'x', batch: 'b' }, key)).toBe(false)
})
