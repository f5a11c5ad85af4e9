// Cells of a CSV file that people read with a spreadsheet. Pure.

/** Between the groups in one cell. */
export const GROUP_SEPARATOR = '|'

/** What a spreadsheet would take for a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

/** A cell as it is written: an apostrophe in front of what a spreadsheet would calculate, and of what has one. */
export function exportedCell(text: string): string {
  return FORMULA.test(text) || /^'/.test(text) ? `'${text}` : text
}

/** A cell as it is meant: text, always. One apostrophe is taken off where an export puts one. */
export function importedCell(text: string): string {
  const isEscaped = text.startsWith("'") && (FORMULA.test(text.slice(1)) || text.startsWith("''"))
  return (isEscaped ? text.slice(1) : text).trim()
}
