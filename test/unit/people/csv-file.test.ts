import { describe, expect, it } from 'vitest'
import {
  type CsvFile,
  type Encoding,
  IMPORT_BYTES_MAX,
  IMPORT_LINES_MAX,
  readCsv,
} from '../../../server/people/csv-file.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const latin = (text: string) => Uint8Array.from(text, (sign) => (sign === '’' ? 0x92 : sign.charCodeAt(0)))
function utf16(text: string, mark = true): Uint8Array {
  return new Uint8Array(Buffer.from((mark ? '\ufeff' : '') + text, 'utf16le'))
}
const swapped = (bytes: Uint8Array) => new Uint8Array(Buffer.from(bytes).swap16())

function read(bytes: Uint8Array | string, encoding?: Encoding): CsvFile {
  const file = readCsv(typeof bytes === 'string' ? utf8(bytes) : bytes, encoding)
  if ('reason' in file) throw new Error(file.reason)
  return file
}

describe('encodings', () => {
  const text = 'identifiant;nom\nhelene;Hélène d’Été\n'

  it.each([
    ['UTF-8', utf8(text), 'utf-8'],
    ['UTF-8 with a mark', utf8(`\ufeff${text}`), 'utf-8'],
    ['UTF-16, little end first', utf16(text), 'utf-16le'],
    ['UTF-16, big end first', swapped(utf16(text)), 'utf-16be'],
  ])('%s is read as it is', (_name, bytes, encoding) => {
    expect(read(bytes)).toMatchObject({ encoding, lines: [{ username: 'helene', displayName: 'Hélène d’Été' }] })
  })

  it('Windows-1252 is not guessed: the answer says what it may be and how it would read, and it is read when said', () => {
    expect(readCsv(latin(text))).toEqual({
      reason: 'import-encoding',
      maybe: 'windows-1252',
      sample: 'helene;Hélène d’Été',
    })
    expect(read(latin(text), 'windows-1252').lines[0]?.displayName).toBe('Hélène d’Été')
  })

  it.each([
    ['utf-16le', utf16(text, false)],
    ['utf-16be', swapped(utf16(text, false))],
  ] as const)('%s without a mark is not guessed either', (encoding, bytes) => {
    expect(readCsv(bytes)).toMatchObject({ reason: 'import-encoding', maybe: encoding })
    expect(read(bytes, encoding).lines[0]?.displayName).toBe('Hélène d’Été')
  })

  it('what is said to be UTF-8 and is not is refused', () => {
    expect(readCsv(latin(text), 'utf-8')).toMatchObject({ reason: 'import-encoding' })
  })

  it('a workbook, and whatever else is no text, is refused as such', () => {
    expect(readCsv(utf8('PK\u0003\u0004\0\0\0\0\u0008\0'))).toEqual({ reason: 'import-not-text' })
    expect(readCsv(utf8('a\0b'), 'windows-1252')).toEqual({ reason: 'import-not-text' })
  })
})

describe('columns', () => {
  it.each([
    ['comma', 'username,display name,e-mail\nada,"Lovelace, Ada",ada@example.org', ','],
    ['semicolon', 'Identifiant;Nom affiché;Courriel\nada;Lovelace, Ada;ada@example.org', ';'],
    ['tab', 'LOGIN\tNom complet\tAdresse électronique\nada\tLovelace, Ada\tada@example.org', '\t'],
  ])('separated by %s, named in either language', (_name, text, delimiter) => {
    expect(read(text)).toMatchObject({
      delimiter,
      ignoredColumns: [],
      lines: [
        { line: 2, username: 'ada', displayName: 'Lovelace, Ada', email: 'ada@example.org', groups: null, role: null },
      ],
    })
  })

  it('prénom and nom make a name', () => {
    expect(read('identifiant;Nom;Prénom\nada;Lovelace;Ada').lines[0]?.displayName).toBe('Ada Lovelace')
    expect(read('identifiant;Nom\nada;Ada Lovelace').lines[0]?.displayName).toBe('Ada Lovelace')
  })

  it('those that mean nothing are named, and passed over', () => {
    expect(read('username;bureau;téléphone;\nada;12;34;').ignoredColumns).toEqual(['bureau', 'téléphone'])
  })

  it('a file without usernames, with two columns of them, or with nothing in it is refused', () => {
    expect(readCsv(utf8('nom;bureau\nAda;12'))).toEqual({ reason: 'import-no-username', columns: ['nom', 'bureau'] })
    expect(readCsv(utf8('login;identifiant\na;b'))).toEqual({ reason: 'import-column-twice', column: 'identifiant' })
    for (const text of ['', '\n\n', 'username', 'username\n\n'])
      expect(readCsv(utf8(text))).toEqual({ reason: 'import-empty' })
  })
})

describe('lines', () => {
  it('have the number that an editor shows, whatever was empty or broken over lines before', () => {
    const { lines } = read('username;nom\n\nada;"Ada\nLovelace"\n;;\n\nblaise;Blaise')
    expect(lines.map(({ line, username }) => [line, username])).toEqual([
      [4, 'ada'],
      [7, 'blaise'],
    ])
  })

  it('with too few or too many cells say so; empty cells at the end are nothing', () => {
    const { lines } = read('username;nom\nada\nblaise;Blaise;x\ncamille;Camille;;')
    expect(lines.map(({ misshapen }) => misshapen)).toEqual([true, true, false])
  })

  it('keep formulas as text, and take off the apostrophe that an export puts', () => {
    const { lines } = read(`username;nom\na;=HYPERLINK("http://evil")\nb;'=1+1\nc;'tHart\nd;''tHart\n'-e;+33`)
    expect(lines.map(({ displayName }) => displayName)).toEqual([
      '=HYPERLINK("http://evil")',
      '=1+1',
      "'tHart",
      "'tHart",
      '+33',
    ])
    expect(lines[4]?.username).toBe('-e')
  })

  it('a quote that is never closed is refused with its line', () => {
    expect(readCsv(utf8('username;nom\nada;Ada\nblaise;"Blaise\ncamille;C'))).toMatchObject({
      reason: 'import-malformed',
    })
  })

  it.each([
    ['letters', 'a', 'import-malformed'],
    ['quotes', '"', 'import-malformed'],
    ['letters and quotes', 'a"', 'import-malformed'],
    ['empty cells', ';', 'import-not-text'],
  ])('ten megabytes of %s are refused, and fail nothing', (_what, text, reason) => {
    expect(readCsv(utf8(text.repeat(IMPORT_BYTES_MAX / text.length)))).toMatchObject({ reason })
    expect(readCsv(utf8(`username\n${text.repeat(IMPORT_BYTES_MAX / text.length - 9)}`))).toMatchObject({
      reason: expect.stringMatching(/^import-/),
    })
  })

  it('quotes within a cell are kept', () => {
    expect(read('username;nom\nada;Ada "la comtesse" L').lines[0]?.displayName).toBe('Ada "la comtesse" L')
  })

  it('up to fifty thousand are taken, one more is refused', () => {
    const of = (count: number) => utf8(`username\n${Array.from({ length: count }, (_, n) => `p${n}`).join('\n')}`)
    expect(read(of(IMPORT_LINES_MAX)).lines).toHaveLength(IMPORT_LINES_MAX)
    expect(readCsv(of(IMPORT_LINES_MAX + 1))).toEqual({ reason: 'import-too-long' })
  })
})
