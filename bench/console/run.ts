// The console at a hundred thousand people: what the first page of each list takes, an import of five thousand, and ending everybody's
// sessions, on an embedded Postgres with durable settings. Usage: node bench/console/run.ts [--json] [what a list's name begins
// with]; exits 1 when a limit is missed.
import { openDatabase } from '../../db/client.ts'
import { base64Url } from '../../server/platform/encoding.ts'
import { openBenchDatabase } from '../devices.ts'
import { type Figure, type Figures, figureOf, missed, table } from '../figure.ts'
import { type Console, consoleOn } from './api.ts'
import { endEverybody } from './ending.ts'
import { fillOrganisation, PEOPLE } from './fill.ts'
import { LISTS } from './lists.ts'
import { fillPast } from './past.ts'

/** Milliseconds of a first page, and seconds of the import, at most. */
const FIRST_PAGE_MS = 200
/** Of what is counted before a dialog that ends sessions: no list, and every device that lives is in it. */
const REACH_MS = 1000
const IMPORT_SECONDS = 60
const IMPORTED = 5_000
const RUNS = 7

async function figures(): Promise<Figures> {
  const database = await openBenchDatabase()
  const { db, sql, close } = openDatabase(database.url, { max: 10 })
  try {
    const filled = await timed(async () => {
      await fillOrganisation(sql)
      await fillPast(sql)
      await sql`VACUUM ANALYZE`
    })
    process.stderr.write(`bench: filled in ${Math.round(filled / 1000)} s\n`)
    const id = await consoleOn(db)
    // As an import leaves the tables, not swept up after it.
    const imported = await importOf(id)
    const lists: Record<string, Figure> = {}
    for (const [name, path, input] of LISTS.filter(([each]) => each.startsWith(only))) {
      await id.get(path, input)
      const runs: number[] = []
      for (let run = 0; run < RUNS; run++) runs.push(await timed(() => id.get(path, input)))
      const limit = path === 'sessions/reach' ? REACH_MS : FIRST_PAGE_MS
      lists[`${name}_ms`] = figureOf(runs, limit, `first page at ${PEOPLE} people`)
    }
    return { ...lists, ...imported, ...(only === '' && (await endEverybody(db, sql))) }
  } finally {
    await close()
    await database.stop()
  }
}

/** Five thousand people in ten groups, from the file to the last of them: dry run, and application in the background. */
async function importOf(id: Console): Promise<Record<string, Figure>> {
  const lines = Array.from(
    { length: IMPORTED },
    (_, n) => `new${n};Nouvelle Personne ${n};new${n}@example.org;Import ${n % 10}`,
  )
  const content = base64Url(new TextEncoder().encode(`identifiant;nom;courriel;groupes\n${lines.join('\n')}`))
  let planned = ''
  const preview = await timed(async () => {
    const answer = (await id.post('imports/preview', { content, make_groups: true })) as { id: string }
    planned = answer.id
  })
  const applied = await timed(async () => {
    await id.post('imports/apply', { id: planned })
    await id.workOnImports(10 * IMPORT_SECONDS * 1000)
  })
  const { states } = (await id.get('imports/show', { id: planned })) as { states: { applied: number } }
  if (states.applied !== IMPORTED) throw new Error(`${states.applied} of ${IMPORTED} were imported`)
  const figure = (ms: number) => figureOf([ms / 1000], IMPORT_SECONDS, `${IMPORTED} people by CSV, an audit entry each`)
  return { import_dry_run_s: figure(preview), import_s: figure(preview + applied) }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

const only = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? ''
const found = await figures()
process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(found) : table(found)}\n`)
for (const name of missed(found)) {
  process.stderr.write(`bench: ${name} is past its limit\n`)
  process.exitCode = 1
}
