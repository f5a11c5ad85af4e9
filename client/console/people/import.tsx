// /console/people/import — a file of people: the dry run, then the plan applied in the background. `?id=` names an import.
import { useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { type Answer, save } from '../api.ts'
import { type Change, useChange, useRead } from '../kit/data.ts'
import { Check } from '../kit/form.tsx'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Failure } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { When } from '../kit/values.tsx'
import { Plan } from './import-plan.tsx'
import { catalogue } from './import-words.ts'

/** The server's limit (server/people/csv-file.ts). */
const FILE_MAX_BYTES = 10 * 1024 * 1024
type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

export default function ImportPage() {
  const words = catalogue[useLocale()]
  const [params, setParams] = useSearchParams()
  const id = params.get('id')
  const open = (found: string | null) => setParams(found === null ? {} : { id: found })
  return (
    <Page
      title={words.title}
      lead={words.lead}
      above={<Link href="/people">{words.back}</Link>}
      actions={
        id !== null && (
          <button type="button" data-action="another" onClick={() => open(null)}>
            {words.another}
          </button>
        )
      }
    >
      {id === null ? <Choose onPlanned={open} /> : <Plan key={id} id={id} />}
      {id === null && <Earlier onOpen={open} />}
    </Page>
  )
}

function Choose({ onPlanned }: { readonly onPlanned: (id: string) => void }) {
  const words = catalogue[useLocale()]
  const preview = useChange('imports.preview')
  const [file, setFile] = useState<File | null>(null)
  const [makeGroups, setMakeGroups] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  const send = async (encoding?: Encoding) => {
    if (file === null) return setWrong(words.fileMissing)
    if (file.size > FILE_MAX_BYTES) return setWrong(words.fileTooLarge)
    setWrong(null)
    const content = base64Url(new Uint8Array(await file.arrayBuffer()))
    const outcome = await preview.run({
      file_name: file.name.slice(0, 200),
      content,
      make_groups: makeGroups,
      encoding,
    })
    if (outcome?.done === true) onPlanned(outcome.answer.id)
  }
  return (
    <div class="panels">
      <Panel title={words.fileTitle}>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void send()
          }}
        >
          <div class="field">
            <label for="people-file">{words.file}</label>
            <input
              id="people-file"
              name="file"
              type="file"
              accept=".csv,.txt,.tsv,text/csv,text/plain"
              aria-describedby="people-file-hint"
              aria-invalid={wrong !== null}
              onChange={(event) => {
                setFile(event.currentTarget.files?.[0] ?? null)
                setWrong(null)
                preview.clear()
              }}
            />
            {wrong !== null && (
              <p class="wrong" role="alert">
                {wrong}
              </p>
            )}
            <p class="hint" id="people-file-hint">
              {words.fileHint}
            </p>
          </div>
          <Check name="make_groups" label={words.makeGroups} checked={makeGroups} onChange={setMakeGroups} />
          <Refused preview={preview} onEncoding={(encoding) => void send(encoding)} />
          <button type="submit" class="accent" data-action="preview" aria-disabled={preview.busy}>
            {preview.busy ? words.previewing : words.preview}
          </button>
        </form>
      </Panel>
      <Panel title={words.columnsTitle}>
        <Facts of={words.columns.map(([name = '', text = '']) => [name, text] as const)} />
        <p class="soft">{words.columnsText}</p>
        <p class="page-actions">
          <button type="button" data-action="sample" onClick={() => save(sample(words.sampleLines), words.sampleName)}>
            {words.sample}
          </button>
        </p>
      </Panel>
    </div>
  )
}

/** With the mark by which spreadsheets know UTF-8. */
function sample(lines: readonly string[]): Blob {
  return new Blob([`\ufeff${lines.join('\r\n')}\r\n`], { type: 'text/csv' })
}

/** Why the file was not read, with what the server found: the line, the columns, or how it would read in another encoding. */
function Refused({
  preview,
  onEncoding,
}: {
  readonly preview: Change<'imports.preview'>
  readonly onEncoding: (encoding: Encoding) => void
}) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { line, columns, column, maybe, sample } = (preview.refused?.members ?? {}) as {
    readonly line?: number
    readonly columns?: readonly string[]
    readonly column?: string
    readonly maybe?: Encoding
    readonly sample?: string
  }
  return (
    <Failure reason={preview.refusal}>
      {line !== undefined && <p>{words.atLine(number(locale, line))}</p>}
      {columns !== undefined && <p>{words.columnsFound(columns.join(', '))}</p>}
      {column !== undefined && <p>{words.columnsFound(column)}</p>}
      {maybe !== undefined && (
        <>
          <p>{words.encodingText}</p>
          <blockquote>
            <bdi>{sample}</bdi>
          </blockquote>
          <p>
            <button type="button" data-action="encoding" onClick={() => onEncoding(maybe)}>
              {words.encodingUse(words.encodings[maybe])}
            </button>
          </p>
        </>
      )}
    </Failure>
  )
}

function Earlier({ onOpen }: { readonly onOpen: (id: string) => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { data } = useRead('imports.list', {})
  if (data === null || data.items.length === 0) return null
  return (
    <Panel title={words.earlier}>
      <DataTable
        caption={words.earlier}
        rows={data.items}
        idOf={(row: Answer<'imports.list'>['items'][number]) => row.id}
        columns={[
          {
            id: 'file',
            header: words.file,
            cell: ({ id, file_name }) => (
              <button type="button" class="quiet" onClick={() => onOpen(id)}>
                <bdi>{file_name || id}</bdi>
              </button>
            ),
          },
          { id: 'lines', header: words.lines, align: 'end', cell: ({ lines }) => number(locale, lines) },
          { id: 'state', header: words.status, cell: ({ state }) => words.statuses[state] },
          { id: 'at', header: words.begun, cell: ({ created_at }) => <When at={created_at} /> },
        ]}
        empty={null}
      />
    </Panel>
  )
}

/** Bytes as base64url; a piece at a time, since a call takes only so many arguments. */
function base64Url(bytes: Uint8Array): string {
  let text = ''
  for (let from = 0; from < bytes.length; from += 0x8000)
    text += String.fromCharCode(...bytes.subarray(from, from + 0x8000))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
