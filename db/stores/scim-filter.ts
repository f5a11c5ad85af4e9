// A SCIM filter as a condition. Every value is a parameter; each comparison is true or false, never null, so that `not` is exact.
import { and, not, or, type SQL, sql } from 'drizzle-orm'
import type { Filter } from '../../server/console/scim/filter.ts'

/** How an attribute is compared in the database. */
export type Column =
  | { readonly kind: 'text' | 'exact' | 'boolean' | 'instant'; readonly is: SQL }
  /** The same for everybody who has one: `present` says who does. */
  | { readonly kind: 'fixed'; readonly value: string | boolean; readonly present: SQL }
  /** Among several: whether `has` the value, and whether there are any. */
  | { readonly kind: 'several'; readonly has: (value: string) => SQL; readonly any: SQL }

type Comparison = Extract<Filter, { kind: 'compare' }>

/** The condition. */
export function conditionOf<Attribute extends string>(
  filter: Filter<Attribute>,
  columns: Readonly<Record<Attribute, Column>>,
): SQL {
  const inner = (of: readonly Filter<Attribute>[]) => of.map((one) => conditionOf(one, columns))
  if (filter.kind === 'and') return and(...inner(filter.of)) ?? sql`true`
  if (filter.kind === 'or') return or(...inner(filter.of)) ?? sql`false`
  if (filter.kind === 'not') return not(conditionOf(filter.of, columns))
  const column = columns[filter.attribute]
  return filter.kind === 'present' ? present(column) : compared(column, filter)
}

function present(column: Column): SQL {
  if (column.kind === 'fixed') return column.present
  return column.kind === 'several' ? column.any : sql`${column.is} IS NOT NULL`
}

function compared(column: Column, { operator, value }: Pick<Comparison, 'operator' | 'value'>): SQL {
  if (operator === 'ne') return not(compared(column, { operator: 'eq', value }))
  if (value === null) return not(present(column))
  if (column.kind === 'several') return column.has(String(value))
  if (column.kind === 'fixed')
    return and(column.present, sql`${fixed(column.value, operator, value)}::boolean`) ?? sql`false`
  const { is } = column
  // `AND IS NOT NULL` turns unknown into false, and leaves indexes in use.
  return sql`(${plain(column.kind, is, operator, value)} AND ${is} IS NOT NULL)`
}

function plain(kind: 'text' | 'exact' | 'boolean' | 'instant', is: SQL, operator: string, value: unknown): SQL {
  if (kind === 'boolean') return sql`${is} = ${value === true}`
  if (kind === 'instant') return sql`${is} ${SIGNS[operator] ?? sql`=`} ${String(value)}::timestamptz`
  const [have, wanted] = kind === 'text' ? [sql`lower(${is})`, sql`lower(${value}::text)`] : [is, sql`${value}::text`]
  if (operator === 'co') return sql`strpos(${have}, ${wanted}) > 0`
  if (operator === 'sw') return sql`starts_with(${have}, ${wanted})`
  if (operator === 'ew') return sql`right(${have}, length(${wanted})) = ${wanted}`
  return sql`${have} = ${wanted}`
}

const SIGNS: Readonly<Record<string, SQL>> = { gt: sql`>`, ge: sql`>=`, lt: sql`<`, le: sql`<=` }

function fixed(have: string | boolean, operator: string, wanted: unknown): boolean {
  if (typeof have === 'boolean') return have === wanted
  const text = String(wanted).toLowerCase()
  if (operator === 'co') return have.includes(text)
  if (operator === 'sw') return have.startsWith(text)
  return operator === 'ew' ? have.endsWith(text) : have === text
}
