// `palier policy generate-traffic`: a generated organisation's decision lines, for simulation, tests and the bench.
import { once } from 'node:events'
import { Command } from 'commander'
import { PERSONAS, type Persona } from '../policy/traffic/assumptions.ts'
import { generateTraffic, trafficLine } from '../policy/traffic/generate.ts'
import { askedWrongly } from './context.ts'
import { wholeNumber } from './policy-tools.ts'

interface Options {
  readonly people: string
  readonly weeks: string
  readonly seed: string
  readonly add?: readonly string[]
}

/** The command; it needs neither configuration nor database. */
export function generateTrafficCommand(): Command {
  return new Command('generate-traffic')
    .description('print generated decision lines: the same seed gives the same traffic')
    .option('--people <number>', 'people of an ordinary organisation', '1000')
    .option('--weeks <number>', 'weeks', '1')
    .option('--seed <text>', 'the seed', 'palier')
    .option('--add <persona=number...>', `people of one kind beside them: ${PERSONAS.join(', ')}`)
    .action(async (options: Options) => {
      const people = wholeNumber('--people', options.people, 0, 100_000)
      const weeks = wholeNumber('--weeks', options.weeks, 1, 520)
      const personas = Object.fromEntries((options.add ?? []).map(personaFrom))
      let isRead = true
      // Whoever reads it has had enough.
      process.stdout.on('error', () => {
        isRead = false
      })
      for (const record of generateTraffic({ people, weeks, seed: options.seed, personas })) {
        if (!isRead) return
        if (!process.stdout.write(`${trafficLine(record)}\n`))
          await once(process.stdout, 'drain').catch(() => undefined)
      }
    })
}

function personaFrom(text: string): [Persona, number] {
  const [name, number = ''] = text.split('=')
  const persona = PERSONAS.find((known) => known === name)
  if (!persona) throw askedWrongly('--add', text, `one of ${PERSONAS.join(', ')}, such as thief=1`)
  return [persona, wholeNumber(`--add ${persona}`, number, 0, 100_000)]
}
