// /console names commands: each of them exists, and takes what the page says it takes.
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../../client/console/commands.ts'
import { alertsCommand } from '../../../server/cli/alerts.ts'
import { auditCommand } from '../../../server/cli/audit.ts'
import { doctorCommand } from '../../../server/cli/doctor.ts'
import { enrolCommand } from '../../../server/cli/enrol.ts'
import { groupCommand } from '../../../server/cli/group.ts'
import { keyCommand } from '../../../server/cli/key.ts'
import { metadataCommand } from '../../../server/cli/metadata.ts'
import { opener } from '../../../server/cli/open.ts'
import { policyCommand } from '../../../server/cli/policy.ts'
import { receiptCommand } from '../../../server/cli/receipt.ts'
import { secretCommand } from '../../../server/cli/secret.ts'
import { serviceCommand } from '../../../server/cli/service.ts'
import { userCommand } from '../../../server/cli/user.ts'

// Commands are described, not run.
const { open } = opener({})
const tools = () => {
  throw new Error('nothing is opened')
}
const program: readonly Command[] = [
  userCommand(open, tools),
  groupCommand(open, tools),
  policyCommand(open),
  alertsCommand(open, tools),
  enrolCommand(open, tools),
  keyCommand(open, tools),
  metadataCommand(open, tools),
  doctorCommand(open),
  secretCommand(open),
  auditCommand(open),
  receiptCommand(),
  serviceCommand(open),
]
const commands = Object.values(COMMANDS).flatMap((group) => Object.values(group) as string[])

test.each(commands)('npx palier %s', (text) => {
  const words = text.split(' ')
  const options = words.filter((word) => word.startsWith('--'))
  const values = options.filter((option) => words[words.indexOf(option) + 1]?.match(/^"?[A-Z]+"?$/))
  const given = words.filter((word) => !word.startsWith('--'))
  const names = given.filter((word) => word !== word.toUpperCase() && word !== 'on')
  let among = program
  let command: Command | undefined
  for (const name of names) {
    command = among.find((one) => one.name() === name)
    expect(command, name).toBeDefined()
    among = command?.commands ?? []
  }
  const required = command?.registeredArguments.filter((argument) => argument.required) ?? []
  expect(required).toHaveLength(given.length - names.length - values.length)
  expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(options))
  // What the command cannot do without is on the page.
  const mandatory = command?.options.filter((option) => option.mandatory).map(({ long }) => long)
  expect(options).toEqual(expect.arrayContaining(mandatory ?? []))
  expect(among).toHaveLength(0)
})
