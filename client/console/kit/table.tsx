// A table: real rows and cells, a caption, row selection where something can be done to many, and "more" under it.
import { type RowSelectionState, rowSelectionFeature, tableFeatures, useTable } from '@tanstack/preact-table'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import type { Listing } from './data.ts'
import { Failure, Loading } from './states.tsx'
import { catalogue } from './words.ts'

export interface Column<Row> {
  readonly id: string
  readonly header: string
  readonly cell: (row: Row) => ComponentChildren
  /** `end`: numbers. */
  readonly align?: 'end'
  /** Names the row: its cell is the row's header. One a table; the first where none says so. */
  readonly names?: boolean
  /** Left out below 40 rem, where a row is only what matters. */
  readonly wideOnly?: boolean
  /** Left out below 80 rem: whoever wants it finds it on the row's own page. */
  readonly widestOnly?: boolean
}

export interface Selection {
  readonly ids: readonly string[]
  readonly onChange: (ids: readonly string[]) => void
  /** What a row is called, for its box. */
  readonly nameOf: (id: string) => string
}

interface DataTableProps<Row> {
  /** What the table holds, for screen readers. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly idOf: (row: Row) => string
  readonly selection?: Selection
  /** What is drawn when there are no rows. */
  readonly empty: ComponentChildren
}

const features = tableFeatures({ rowSelectionFeature })

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { columns, rows, selection } = props
  const words = catalogue[useLocale()]
  const chosen = useMemo<RowSelectionState>(
    () => Object.fromEntries((selection?.ids ?? []).map((id) => [id, true as const])),
    [selection?.ids],
  )
  const table = useTable({
    features,
    data: rows as Row[],
    columns: useMemo(() => columns.map(({ id, header }) => ({ id, header, accessorFn: (row: Row) => row })), [columns]),
    getRowId: props.idOf,
    state: { rowSelection: chosen },
    onRowSelectionChange: (update) => {
      const next = typeof update === 'function' ? update(chosen) : update
      selection?.onChange(Object.keys(next).filter((id) => next[id] === true))
    },
  })
  if (rows.length === 0) return <>{props.empty}</>
  const naming = columns.find((column) => column.names === true) ?? columns[0]
  return (
    // A region that scrolls by itself is reached by the keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="table-scroll" tabIndex={0} aria-label={props.caption}>
      <table class="table">
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {selection !== undefined && (
              <th scope="col" class="select">
                <AllBox
                  label={words.selectAll}
                  all={table.getIsAllRowsSelected()}
                  some={table.getIsSomeRowsSelected()}
                  onChange={(all) => table.toggleAllRowsSelected(all)}
                />
              </th>
            )}
            {columns.map((column) => (
              <th key={column.id} scope="col" class={classOf(column)}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} data-row={row.id} class={row.getIsSelected() ? 'chosen' : ''}>
              {selection !== undefined && (
                <td class="select">
                  <input
                    type="checkbox"
                    aria-label={words.selectRow(selection.nameOf(row.id))}
                    checked={row.getIsSelected()}
                    onChange={(event) => row.toggleSelected(event.currentTarget.checked)}
                  />
                </td>
              )}
              {columns.map((column) =>
                column === naming ? (
                  <th key={column.id} scope="row" class={classOf(column)}>
                    {column.cell(row.original)}
                  </th>
                ) : (
                  <td key={column.id} class={classOf(column)}>
                    {column.cell(row.original)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function classOf<Row>(column: Column<Row>): string {
  return [
    column.align === 'end' ? 'end' : '',
    column.wideOnly ? 'wide-only' : '',
    column.widestOnly ? 'widest-only' : '',
  ]
    .filter(Boolean)
    .join(' ')
}

function AllBox(props: { label: string; all: boolean; some: boolean; onChange: (all: boolean) => void }) {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (box.current) box.current.indeterminate = props.some && !props.all
  }, [props.some, props.all])
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={props.label}
      checked={props.all}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  )
}

/** A list that is read page by page, as a table: its loading, empty and failed states, and "more". */
export function ListTable<Row extends object>({
  list,
  ...table
}: Omit<DataTableProps<Row>, 'rows'> & { readonly list: Listing<Row> }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { data } = list
  return (
    <>
      <Failure reason={list.refusal} again={list.again} focus={false} />
      {data === null && list.refusal === null && <Loading />}
      {data !== null && <DataTable {...table} rows={data} />}
      {data !== null && data.length > 0 && (
        <div class="table-foot">
          <p class="soft small">
            {words.shown(number(locale, data.length), list.total === null ? null : number(locale, list.total))}
          </p>
          {list.hasMore && (
            <button type="button" data-action="more" aria-disabled={list.loadingMore} onClick={list.more}>
              {words.more}
            </button>
          )}
        </div>
      )}
    </>
  )
}
