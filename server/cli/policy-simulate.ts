// `palier policy simulate`: what a policy would do to recorded traffic, or to that of a generated organisation.
import { Command } from 'commander'
import type { PolicyDocument } from '../policy/document.ts'
import { resolver } from '../policy/resolve.ts'
import { shippedPolicy } from '../policy/shipped.ts'
import type { TrafficRecord } from '../policy/simulation/record.ts'
import { busiestOf, type Distribution, report, type SimulationReport } from '../policy/simulation/report.ts'
import { Simulation } from '../policy/simulation/simulate.ts'
import { thiefTake } from '../policy/simulation/thief.ts'
import { generateTraffic } from '../policy/traffic/generate.ts'
import { sizeText } from '../policy/values.ts'
import { CliFailure, type OpenCli, print } from './context.ts'
import { policyTools, readPolicyFile, wholeNumber } from './policy-tools.ts'
import { type TrafficCounts, trafficFile } from './traffic-file.ts'

interface Options {
  readonly traffic?: string
  readonly people?: string
  readonly weeks: string
  readonly seed: string
  readonly warmUp: string
  readonly json?: boolean
}

/** How long the thief of the report holds a session, in hours. */
const THIEF_HOURS = [1, 24, 7 * 24, 30 * 24]

export function simulateCommand(open: OpenCli): Command {
  return new Command('simulate')
    .description('say what a policy would do to recorded traffic: taps, the take of a thief, people who stand out')
    .argument('<policy>', 'a YAML file, `in-force`, or `shipped` for the thresholds in the code')
    .option('--traffic <file>', 'a log with decision lines (JSON Lines), recorded in observe mode')
    .option('--people <number>', 'instead of a file: a generated organisation of so many')
    .option('--weeks <number>', 'generated: weeks that are counted', '1')
    .option('--seed <text>', 'generated: the same seed gives the same traffic', 'palier')
    .option(
      '--warm-up <weeks>',
      'weeks played first and not counted, so that 30-day windows are as full as they get',
      '0',
    )
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      '\nRecording traffic: docs/reference/decision-lines.md. The generated one: docs/reference/traffic.md',
    )
    .action(async (policy: string, options: Options) => {
      const warmUp = wholeNumber('--warm-up', options.warmUp, 0, 520)
      const counts: TrafficCounts = { lines: 0, used: 0, malformed: 0 }
      const traffic = trafficOf(options, warmUp, counts)
      const resolve = resolver(await documentOf(policy, open), { version: 0 })
      const simulation = new Simulation(resolve)
      for await (const record of traffic(false)) simulation.add(record)
      const weeks = simulation.weeks(warmUp)
      if (weeks.length === 0) throw new CliFailure('There is no traffic in it after the warm-up.')
      const made = report(weeks, await thief(resolve, weeks, traffic, simulation))
      if (options.json)
        print(JSON.stringify({ ...(options.traffic !== undefined && { lines: counts }), ...made }, null, 2))
      else for (const line of told(made, options.traffic === undefined ? null : counts)) print(line)
    })
}

type Traffic = (again: boolean) => Iterable<TrafficRecord> | AsyncIterable<TrafficRecord>

function trafficOf(options: Options, warmUp: number, counts: TrafficCounts): Traffic {
  if ((options.traffic === undefined) === (options.people === undefined))
    throw new CliFailure(
      `got ${options.people === undefined ? 'neither' : 'both'}; simulate wants one of --traffic FILE and --people NUMBER`,
      2,
    )
  if (options.traffic !== undefined) {
    const file = options.traffic
    return (again) => trafficFile(file, again ? { lines: 0, used: 0, malformed: 0 } : counts, again)
  }
  const people = wholeNumber('--people', options.people ?? '', 1, 100_000)
  const weeks = wholeNumber('--weeks', options.weeks, 1, 520) + warmUp
  return () => generateTraffic({ people, weeks, seed: options.seed })
}

async function documentOf(policy: string, open: OpenCli): Promise<PolicyDocument> {
  if (policy === 'shipped') return shippedPolicy()
  const tools = await policyTools(await open())
  return policy === 'in-force' ? tools.now.document : (await readPolicyFile(policy, tools)).document
}

// The busiest account's records are read in a second pass: which one it is is known only after the first.
async function thief(
  resolve: ReturnType<typeof resolver>,
  weeks: ReturnType<Simulation['weeks']>,
  traffic: Traffic,
  simulation: Simulation,
) {
  const personId = busiestOf(weeks)
  if (personId === null) return []
  const records: TrafficRecord[] = []
  for await (const record of traffic(true)) if (record.person === personId) records.push(record)
  const groups = records.at(-1)?.groups ?? []
  return thiefTake(resolve, { personId, groups }, records, simulation.span().startMs, THIEF_HOURS)
}

function told(made: SimulationReport, counts: TrafficCounts | null): string[] {
  const { taps, personWeeks, outliers } = made
  const share = (weeks: number) => `${((100 * weeks) / Math.max(1, personWeeks)).toFixed(1)} %`
  const row = (name: string, { mean, median, p95, p99, most, weeksWithAny }: Distribution) =>
    [name.padEnd(12), mean.toFixed(2), median, p95, p99, most, share(weeksWithAny)].join('\t')
  const read =
    counts === null
      ? ''
      : ` from ${counts.used.toLocaleString('en')} of ${counts.lines.toLocaleString('en')} lines, ${counts.malformed} malformed`
  return [
    `${made.people.toLocaleString('en')} people, ${personWeeks.toLocaleString('en')} person-weeks${read}`,
    '',
    ['taps a week '.padEnd(12), 'mean', 'median', '95 %', '99 %', 'most', 'weeks with any'].join('\t'),
    row('archive', taps.archive),
    row('catch-up', taps.catchUp),
    row('other', taps.other),
    row('in all', taps.stepUp),
    row('idle', taps.idle),
    row('sign-in', taps.signIn),
    ...(Object.keys(made.others).length > 0
      ? [
          `other: ${Object.entries(made.others)
            .map(([kind, number]) => `${number} for ${kind}`)
            .join(', ')}`,
        ]
      : []),
    ...(made.beyondTaps > 0
      ? [`${made.beyondTaps} person-weeks with something past what taps release: two administrators`]
      : []),
    '',
    `a thief with the session of ${made.busiest ?? 'nobody'}, the busiest, that nobody ends:`,
    ...made.thief.map(({ hours, taken }) => {
      const { archive, directory, 'media-files': files, 'media-bytes': bytes, 'key-backup': keys } = taken
      const figures = [
        `${archive.toLocaleString('en')} messages`,
        `${directory.toLocaleString('en')} directory entries`,
        `${files.toLocaleString('en')} files or ${sizeTextRounded(bytes)}`,
        `${keys.toLocaleString('en')} keys`,
      ]
      return `  in ${hours < 48 ? `${hours} h` : `${hours / 24} d`}: ${figures.join(', ')}`
    }),
    '',
    outliers.length === 0 ? 'nobody stands out' : 'people who stand out (history and taps a week):',
    ...outliers.map(
      ({ person, history, taps: some, timesMedian }) =>
        `  ${person}\t${Math.round(history).toLocaleString('en')} messages (${timesMedian.toFixed(1)} times the median)\t${some.toFixed(1)} taps`,
    ),
  ]
}

function sizeTextRounded(bytes: number): string {
  return sizeText(bytes >= 1e9 ? Math.round(bytes / 1e8) * 1e8 : Math.round(bytes / 1e6) * 1e6).replace(
    /^(\d+)00 MB$/,
    (_, hundreds: string) => `${Number(hundreds) / 10} GB`,
  )
}
