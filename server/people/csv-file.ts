// A file of people as spreadsheets write it: what its bytes mean, what its columns are, and its lines. Pure.
import { parse } from 'csv-parse/sync'
import { importedCell, isFormula } from './csv-cells.ts'

/** Lines of one import, the header not counted. */
export const IMPORT_LINES_MAX = 50_000
/** Bytes of one file. */
export const IMPORT_BYTES_MAX = 10 * 1024 * 1024

/** Longest record. */
const RECORD_CHARACTERS = 20_000
/** Fifty columns a line: ten million empty cells would take the process for seconds. */
const CELLS_MAX = 50 * IMPORT_LINES_MAX

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const
export type Encoding = (typeof ENCODINGS)[number]

const COLUMNS = ['username', 'display-name', 'first-name', 'last-name', 'email', 'groups', 'role'] as const
type Column = (typeof COLUMNS)[number]

/** A line that was read: cells by what they mean; null where the file has no such column, empty where the cell is. */
export interface CsvLine {
  /** Of the file, from 1: where the line ends, when a cell holds line breaks. */
  readonly line: number
  readonly username: string
  readonly displayName: string | null
  readonly email: string | null
  readonly groups: string | null
  readonly role: string | null
  /** The line has more cells than the header, or fewer than it needs. */
  readonly misshapen: boolean
  /** A name or a group begins as a formula does, and is not marked as text. */
  readonly formula: boolean
}

export interface CsvFile {
  readonly encoding: Encoding
  readonly delimiter: ',' | ';' | '\t'
  readonly ignoredColumns: readonly string[]
  readonly lines: readonly CsvLine[]
}

export type CsvFault =
  /** Not text at all: a workbook, say. */
  | { readonly reason: 'import-not-text' }
  /** Not UTF-8 and nothing else for certain: what it may be, and how a line with accents would read then. */
  | { readonly reason: 'import-encoding'; readonly maybe: Encoding; readonly sample: string }
  | { readonly reason: 'import-malformed'; readonly line: number }
  | { readonly reason: 'import-no-username'; readonly columns: readonly string[] }
  | { readonly reason: 'import-column-twice'; readonly column: string }
  | { readonly reason: 'import-empty' }
  | { readonly reason: 'import-too-long' }

/** Reads a file. `encoding`: what whoever sends it says it is; otherwise only what is certain is read. */
export function readCsv(bytes: Uint8Array, encoding?: Encoding): CsvFile | CsvFault {
  const decoded = decode(bytes, encoding)
  if ('reason' in decoded) return decoded
  const delimiter = delimiterOf(decoded.text)
  const records = recordsOf(decoded.text, delimiter)
  if ('reason' in records) return records
  const [header, ...rest] = records
  if (header === undefined || rest.length === 0) return { reason: 'import-empty' }
  if (rest.length > IMPORT_LINES_MAX) return { reason: 'import-too-long' }
  const names = header.cells.map((cell) => cell.trim())
  const columns = names.map(columnOf)
  const twice = columns.find((column, index) => column !== null && columns.indexOf(column) !== index)
  if (twice) return { reason: 'import-column-twice', column: names[columns.lastIndexOf(twice)] ?? twice }
  if (!columns.includes('username')) return { reason: 'import-no-username', columns: names.slice(0, 50) }
  return {
    encoding: decoded.encoding,
    delimiter,
    ignoredColumns: names.filter((name, index) => columns[index] === null && name !== ''),
    lines: rest.map((record) => lineOf(record, columns)),
  }
}

function decode(
  bytes: Uint8Array,
  asked: Encoding | undefined,
): { readonly text: string; readonly encoding: Encoding } | CsvFault {
  const marked = markOf(bytes)
  const encoding = marked ?? asked
  if (encoding !== undefined) {
    const text = textOf(bytes, encoding)
    if (text === null) return { reason: 'import-encoding', maybe: 'windows-1252', sample: sampleOf(bytes) }
    return text.includes('\0') ? { reason: 'import-not-text' } : { text, encoding }
  }
  const zeros = [0, 0]
  for (const [index, byte] of bytes.subarray(0, 4096).entries())
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (even + odd > 0) {
    // Text in UTF-16 of a European language has a zero in nearly every pair, always on one side.
    const pairs = Math.min(bytes.length, 4096) / 2
    if (even === 0 && odd > pairs / 2)
      return { reason: 'import-encoding', maybe: 'utf-16le', sample: sampleOf(bytes, 'utf-16le') }
    if (odd === 0 && even > pairs / 2)
      return { reason: 'import-encoding', maybe: 'utf-16be', sample: sampleOf(bytes, 'utf-16be') }
    return { reason: 'import-not-text' }
  }
  const text = textOf(bytes, 'utf-8')
  return text === null
    ? { reason: 'import-encoding', maybe: 'windows-1252', sample: sampleOf(bytes) }
    : { text, encoding: 'utf-8' }
}

/** The encoding that a byte order mark tells for certain. */
function markOf(bytes: Uint8Array): Encoding | undefined {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined
}

function textOf(bytes: Uint8Array, encoding: Encoding): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The first line of a person with something beyond ASCII, as it would read; failing that the headings. */
function sampleOf(bytes: Uint8Array, encoding: Encoding = 'windows-1252'): string {
  const [header = '', ...lines] = new TextDecoder(encoding).decode(bytes.subarray(0, 256 * 1024)).split(/\r\n|\n|\r/)
  return [...(lines.find((line) => /[^\p{ASCII}]/u.test(line)) ?? header)].slice(0, 200).join('')
}

/** What separates the cells of the header: whichever of the three it has most of, outside quotes. */
function delimiterOf(text: string): ',' | ';' | '\t' {
  // No header is longer than a record may be, and a file without a line in it is deeper than an expression goes.
  const start = text.slice(0, RECORD_CHARACTERS)
  const header = (/^(?:[^"\r\n]|"(?:[^"]|"")*")*/.exec(start)?.[0] ?? '').replaceAll(/"(?:[^"]|"")*"/g, '')
  const count = (sign: string) => header.split(sign).length
  const byCount = ([',', ';', '\t'] as const).toSorted((a, b) => count(b) - count(a))
  return byCount[0] ?? ','
}

interface CsvRecord {
  readonly cells: readonly string[]
  readonly line: number
}

function recordsOf(text: string, delimiter: string): readonly CsvRecord[] | CsvFault {
  let cells = 0
  for (let at = text.indexOf(delimiter); at !== -1; at = text.indexOf(delimiter, at + 1)) cells += 1
  if (cells > CELLS_MAX) return { reason: 'import-not-text' }
  try {
    const records = parse(text, {
      delimiter,
      info: true,
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: RECORD_CHARACTERS,
      // One more than may be: enough to know that there are too many.
      to: IMPORT_LINES_MAX + 2,
    }) as unknown as readonly { readonly record: string[]; readonly info: { readonly lines: number } }[]
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }))
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? Number(error.lines) : 0
    return { reason: 'import-malformed', line: Number.isInteger(line) ? line : 0 }
  }
}

const NAMES: Readonly<Record<Column, readonly string[]>> = {
  username: [
    'username',
    'user',
    'userid',
    'login',
    'identifiant',
    'utilisateur',
    'nomutilisateur',
    'nomdutilisateur',
    'matricule',
  ],
  'display-name': [
    'displayname',
    'name',
    'fullname',
    'nomaffiche',
    'nomcomplet',
    'nometprenom',
    'prenometnom',
    'nomprenom',
    'prenomnom',
    'affichage',
  ],
  'first-name': ['firstname', 'givenname', 'prenom'],
  'last-name': ['lastname', 'surname', 'familyname', 'nom', 'nomdefamille'],
  email: [
    'email',
    'mail',
    'emailaddress',
    'courriel',
    'adresseelectronique',
    'adresseemail',
    'adressemail',
    'adressecourriel',
    'mel',
  ],
  groups: ['group', 'groups', 'groupe', 'groupes', 'service', 'services', 'team', 'equipe', 'direction', 'unite'],
  role: ['role', 'roles'],
}

/** What a column is, by its name in French or English, however it is written. */
function columnOf(name: string): Column | null {
  const plain = name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
  return COLUMNS.find((column) => NAMES[column].includes(plain)) ?? null
}

/** Free text, which other people open in a spreadsheet one day. */
function isText(column: Column | null): boolean {
  return column === 'display-name' || column === 'first-name' || column === 'last-name' || column === 'groups'
}

function lineOf({ cells, line }: CsvRecord, columns: readonly (Column | null)[]): CsvLine {
  const at = (column: Column) => {
    const index = columns.indexOf(column)
    return index === -1 ? null : importedCell(cells[index] ?? '')
  }
  const [first, last] = [at('first-name'), at('last-name')]
  // `nom` alone is the whole name; beside `prénom` it is the family's.
  const parts = [first, last].filter((part) => part !== null)
  return {
    line,
    username: at('username') ?? '',
    displayName: at('display-name') ?? (parts.length === 0 ? null : parts.join(' ').trim()),
    email: at('email'),
    groups: at('groups'),
    role: at('role'),
    formula: columns.some((column, index) => isText(column) && isFormula(cells[index] ?? '')),
    misshapen: cells.length < columns.length || cells.slice(columns.length).some((cell) => cell.trim() !== ''),
  }
}
