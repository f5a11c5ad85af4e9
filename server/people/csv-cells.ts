// Cells of a CSV file that people read with a spreadsheet. Pure.

/** Between the groups in one cell. */
export const GROUP_SEPARATOR = '|'

/** Groups in one cell. A single name that holds a comma gets a bar, so that it is not taken for two. */
export function groupsCell(names: readonly string[]): string {
  const [only = ''] = names
  return names.length === 1 && /[;,\n]/.test(only) ? `${only}${GROUP_SEPARATOR}` : names.join(GROUP_SEPARATOR)
}

/** What a spreadsheet would take for a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

/** Whether a cell of an import would be calculated by whoever opens it: spaces before it are no matter, an apostrophe is. */
export function isFormula(cell: string): boolean {
  return FORMULA.test(cell.trim())
}

/** A cell as it is written: an apostrophe in front of what a spreadsheet would calculate, and of what has one. */
export function exportedCell(text: string): string {
  return FORMULA.test(text) || /^'/.test(text) ? `'${text}` : text
}

/** A cell as it is meant: text, always. One apostrophe is taken off where an export puts one. */
export function importedCell(text: string): string {
  const isEscaped = text.startsWith("'") && (FORMULA.test(text.slice(1)) || text.startsWith("''"))
  return (isEscaped ? text.slice(1) : text).trim()
}
