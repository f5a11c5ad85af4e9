// `palier policy check|show|diff|apply|history|emergency|outage|simulate|generate-traffic`.
import { Argument, Command } from 'commander'
import { RING_METERS } from '../policy/defaults.ts'
import { differences, loosens } from '../policy/diff.ts'
import { EVERYONE, type PolicyDocument, writePolicy } from '../policy/document.ts'
import { durationText, sizeText } from '../policy/values.ts'
import { type ApplyResult, applyPolicy, decodeVersion, type PolicyAt } from '../policy/versions.ts'
import { policyYaml } from '../policy/yaml.ts'
import { aside, type CliContext, CliFailure, type OpenCli, print } from './context.ts'
import { type ActOptions, askForAct, BY, FIRST, mayLoosenAlone } from './policy-act.ts'
import { generateTrafficCommand } from './policy-generate.ts'
import { outageCommand } from './policy-outage.ts'
import { simulateCommand } from './policy-simulate.ts'
import { changeLine, type PolicyTools, policyTools, readPolicyFile, reasonFrom, wholeNumber } from './policy-tools.ts'

/** The command and its parts. Every change is a new version, audited, in force everywhere within two seconds. */
export function policyCommand(open: OpenCli): Command {
  const command = new Command('policy')
    .description('who may read how much without a tap: one document, in versions')
    .addHelpText('after', '\nThe document: docs/reference/policy.md. A file to begin with: palier policy show --yaml')
  for (const part of [checkCommand, showCommand, diffCommand, applyCommand, historyCommand, emergencyCommand]) {
    command.addCommand(part(open))
  }
  command.addCommand(outageCommand(open))
  command.addCommand(simulateCommand(open))
  command.addCommand(generateTrafficCommand())
  return command
}

function checkCommand(open: OpenCli): Command {
  return new Command('check')
    .description('say every mistake of a policy file, with its line and column')
    .argument('<file>', 'a YAML file, or - for standard input')
    .action(async (file: string) => {
      const tools = await policyTools(await open())
      const { document } = await readPolicyFile(file, tools)
      const { length } = differences(tools.now.document, document)
      print(
        `${file} is good. It differs in ${length} ${length === 1 ? 'place' : 'places'} from ${versionName(tools.now)}.`,
      )
    })
}

function showCommand(open: OpenCli): Command {
  return new Command('show')
    .description('show the policy in force')
    .option('--yaml', 'as a file that can be edited and applied')
    .option('--number <number>', 'another version than the one in force')
    .action(async (options: { yaml?: boolean; number?: string }) => {
      const context = await open()
      const tools = await policyTools(context)
      const shown = options.number === undefined ? tools.now : await versionNumbered(tools, options.number)
      if (options.yaml) process.stdout.write(policyYaml(shown.document, tools.groups, shown.number))
      else for (const line of await summary(context, tools, shown)) print(line)
    })
}

function diffCommand(open: OpenCli): Command {
  return new Command('diff')
    .description('say what a policy file would change, and what of that lets more be read')
    .argument('<file>', 'a YAML file, or - for standard input')
    .action(async (file: string) => {
      const tools = await policyTools(await open())
      const { document } = await readPolicyFile(file, tools)
      const changes = differences(tools.now.document, document)
      if (changes.length === 0) aside(`${file} changes nothing: it says the same as ${versionName(tools.now)}.`)
      for (const change of changes) print(changeLine(change, tools.groups))
    })
}

function applyCommand(open: OpenCli): Command {
  return new Command('apply')
    .description(
      'bring a policy file into force, as a new version; what lets more be read is signed by two in the console',
    )
    .argument('<file>', 'a YAML file, or - for standard input')
    .requiredOption('--reason <words>', 'why; kept with the version and in the audit log')
    .option(...BY)
    .option(...FIRST)
    .action(async (file: string, options: { reason: string } & ActOptions) => {
      const reason = reasonFrom(options.reason)
      const context = await open()
      const tools = await policyTools(context)
      const { document, basedOn } = await readPolicyFile(file, tools)
      const from = basedOn ?? tools.now.number
      const isWider = from === tools.now.number && loosens(tools.now.document, document)
      if (isWider && !(await mayLoosenAlone(context, options))) {
        for (const change of differences(tools.now.document, document)) aside(changeLine(change, tools.groups))
        const input = { document: writePolicy(document) as Record<string, unknown>, based_on: from, reason }
        return askForAct(context, options, { verb: 'policy.apply', input, reason })
      }
      const result = await applyPolicy(
        { store: tools.store, clock: context.clock },
        { from, document, by: 'cli', reason },
      )
      await told(result, tools, from, document)
    })
}

function historyCommand(open: OpenCli): Command {
  return new Command('history')
    .description('list the versions, the newest first')
    .option('--limit <number>', 'how many', '20')
    .action(async (options: { limit: string }) => {
      const limit = wholeNumber('--limit', options.limit, 1, 10_000)
      const { store } = await policyTools(await open())
      const versions = await store.history(limit)
      if (versions.length === 0) aside('No version was applied yet: the thresholds are those that ship.')
      for (const { number, appliedAt, appliedBy, reason, sha256 } of versions)
        print([number, appliedAt.toISOString(), appliedBy, sha256.slice(0, 12), reason].join('\t'))
    })
}

function emergencyCommand(open: OpenCli): Command {
  return new Command('emergency')
    .description(
      'on: nobody reads history without a tap, exemptions and outages included; off: as before, signed by two in the console',
    )
    .addArgument(new Argument('<state>').choices(['on', 'off']))
    .requiredOption('--reason <words>', 'why; kept with the version and in the audit log')
    .option(...BY)
    .option(...FIRST)
    .action(async (state: 'on' | 'off', options: { reason: string } & ActOptions) => {
      const reason = reasonFrom(options.reason)
      const context = await open()
      // Somebody else's version in between does not matter here: the switch is thrown on whatever is in force.
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const tools = await policyTools(context)
        const { number: from, document } = tools.now
        if ((document.emergency !== null) === (state === 'on')) return print(`The emergency level is ${state} already.`)
        if (state === 'off' && !(await mayLoosenAlone(context, options)))
          return askForAct(context, options, { verb: 'policy.emergency', input: { state, reason }, reason })
        const emergency = state === 'on' ? { since: context.clock.now(), reason } : null
        const result = await applyPolicy(
          { store: tools.store, clock: context.clock },
          { from, document: { ...document, emergency }, by: 'cli', reason, kind: `emergency-${state}` },
        )
        if (result.state !== 'applied') continue
        if (context.config.enforce === 'observe')
          aside('PALIER_ENFORCE=observe is set here: processes that run with it withhold nothing, emergency or not.')
        return print(
          state === 'on'
            ? `Version ${result.number}: within two seconds nobody reads history without a tap.`
            : `Version ${result.number}: the thresholds hold again as before.`,
        )
      }
      throw new CliFailure('Others are changing the policy at the same time. Please try again.')
    })
}

async function told(result: ApplyResult, tools: PolicyTools, from: number, document: PolicyDocument): Promise<void> {
  switch (result.state) {
    case 'applied':
      for (const change of result.changes) print(changeLine(change, tools.groups))
      return print(`Version ${result.number} is in force within two seconds.`)
    case 'unchanged':
      return print(`Nothing to do: version ${result.number} says the same.`)
    case 'unknown-group':
      throw new CliFailure('A group that it names was taken away meanwhile. Nothing was changed.')
    case 'conflict': {
      const { inForce } = result
      const { version } = inForce
      const who = version ? `, by ${version.appliedBy} at ${version.appliedAt.toISOString()}: ${version.reason}` : ''
      const old = from === 0 || from > inForce.number ? null : await tools.store.get(from)
      const theirs = old ? differences(decodeVersion(old).document, inForce.document) : []
      const undone = differences(inForce.document, document)
      // Applied a second time, or by two people: there is nothing to bring together.
      if (undone.length === 0) return print(`Nothing to do: version ${inForce.number} says the same.`)
      throw new CliFailure(
        [
          `Nothing was changed: the file was made from version ${from}, and ${versionName(inForce)} is in force${who}.`,
          ...(theirs.length > 0
            ? ['What was changed since:', ...theirs.map((change) => `  ${changeLine(change, tools.groups)}`)]
            : []),
          'What applying the file now would change:',
          ...undone.map((change) => `  ${changeLine(change, tools.groups)}`),
          `Bring both together in the file, set \`based_on: ${inForce.number}\`, and apply it again.`,
        ].join('\n'),
      )
    }
  }
}

async function versionNumbered({ store }: PolicyTools, text: string): Promise<PolicyAt> {
  const number = wholeNumber('--number', text, 1, 2 ** 31 - 1)
  const version = await store.get(number)
  if (version === null) throw new CliFailure(`There is no version ${number}. \`palier policy history\` lists them.`)
  return decodeVersion(version)
}

function versionName({ number }: PolicyAt): string {
  return number === 0 ? 'what ships' : `version ${number}`
}

async function summary(context: CliContext, { store, groups, now }: PolicyTools, shown: PolicyAt): Promise<string[]> {
  const { document, version } = shown
  const lines = [
    version === null
      ? 'Version 0: the thresholds as they ship. Nothing was applied yet.'
      : `Version ${version.number}, by ${version.appliedBy} at ${version.appliedAt.toISOString()}: ${version.reason}`,
  ]
  if (context.config.enforce === 'observe')
    lines.push('PALIER_ENFORCE=observe is set here: nothing is withheld by processes that run with it.')
  const { outage } = await store.now(now.number, context.config.serverName)
  if (document.emergency)
    lines.push(`EMERGENCY since ${new Date(document.emergency.since).toISOString()}: ${document.emergency.reason}`)
  if (outage && shown.number === now.number)
    lines.push(
      `OUTAGE: enforcement is off until ${new Date(outage.untilMs).toISOString()} (${outage.release}): ${outage.reason}`,
    )
  for (const meter of RING_METERS) {
    const say = (limit: number) => (meter === 'media-bytes' ? sizeText(limit) : limit.toLocaleString('en'))
    const windows = document.windows[meter].map(({ window, limit }) => `${say(limit)} in ${durationText(window)}`)
    lines.push(`${meter}: ${windows.join(', ')}`)
  }
  lines.push(`rooms: ${document.rooms.limit} in ${durationText(document.rooms.window)}`)
  const enforced = document.enforcement.map(({ group, from, mode }) => {
    const name = group === EVERYONE ? EVERYONE : groups.nameOf(group)
    return `${mode} for ${name} from ${new Date(from).toISOString().slice(0, 10)}`
  })
  lines.push(`enforcement: ${enforced.join(', ') || 'everybody'}`)
  lines.push(
    `rules: ${document.limits.length} limits of groups, ${document.exemptions.length} exemptions. All of it: palier policy show --yaml`,
  )
  return lines
}
