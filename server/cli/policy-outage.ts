// `palier policy outage request|list|end`: enforcement off for a while, which two administrators release with a tap each.
import { Command } from 'commander'
import { auditStore } from '../../db/stores/audit.ts'
import { releaseStore, releaseSubjects } from '../../db/stores/releases.ts'
import { auditLog } from '../audit/log.ts'
import { consoleOrigin } from '../config/config.ts'
import { releaseStateAt } from '../stepup/release.ts'
import type { ReleaseStore } from '../stepup/release-port.ts'
import { requestRelease } from '../stepup/release-service.ts'
import { signedAtConsole } from '../wiring/console-origin.ts'
import { aside, type CliContext, CliFailure, type OpenCli, print } from './context.ts'
import { personNamed } from './people-tools.ts'
import { peopleTools } from './people-wiring.ts'
import { reasonFrom, wholeNumber } from './policy-tools.ts'

/** An outage that lasts longer is decided again by two. */
const HOURS_AT_MOST = 24
const LISTED = 200

export function outageCommand(open: OpenCli): Command {
  const command = new Command('outage').description(
    'enforcement off for a while: asked for here, released by two owners with a tap each, ended by anyone',
  )

  command
    .command('request')
    .description('ask for it; nothing is off until two owners have tapped')
    .requiredOption('--hours <number>', `how long, 1 to ${HOURS_AT_MOST}, from the second tap`)
    .requiredOption('--reason <words>', 'why; both administrators see and sign it')
    .requiredOption('--by <username>', 'the owner who asks')
    .action(async (options: { hours: string; reason: string; by: string }) => {
      const hours = wholeNumber('--hours', options.hours, 1, HOURS_AT_MOST)
      const reason = reasonFrom(options.reason)
      const context = await open()
      const person = await personNamed(peopleTools(context), options.by)
      if (person.role !== 'owner' || person.suspendedAt !== null)
        throw new CliFailure(`${options.by} is not an owner in good standing.`, 2)
      const releases = releasesOf(context)
      const draft = { typ: 'enforcement-off', livesSeconds: hours * 3_600, reason } as const
      const id = await requestRelease(
        { ...signedAtConsole(context), releases, subjects: releaseSubjects(context.db) },
        person.id,
        draft,
      )
      print(`${consoleOrigin(context.config)}/console/release/${id}`)
      aside(`${id}: two different owners open that page within a day and tap. Until both have, thresholds hold.`)
    })

  command
    .command('list')
    .description('the outages asked for, the newest first')
    .action(async () => {
      const context = await open()
      const nowMs = context.clock.now()
      const asked = (await releasesOf(context).list(LISTED)).filter(({ typ }) => typ === 'enforcement-off')
      if (asked.length === 0) aside('No outage was ever asked for.')
      for (const release of asked) {
        const state = releaseStateAt({ state: release.state, expiresAtMs: release.expiresAt.getTime() }, nowMs)
        const isOver = state === 'granted' && (release.grantedUntil?.getTime() ?? 0) <= nowMs
        const by = [release.first?.username, release.second?.username].filter(Boolean).join(' and ')
        const until = release.grantedUntil?.toISOString() ?? ''
        print([release.id, isOver ? 'over' : state, until, by, reasonOf(release.intent)].join('\t'))
      }
    })

  command
    .command('end')
    .description('end it now, or take back what was asked for: one person is enough')
    .argument('[release]', 'rel_…; every outage that is asked for or under way when left out')
    .action(async (only: string | undefined) => {
      const context = await open()
      const releases = releasesOf(context)
      const at = new Date(context.clock.now())
      const ids = only === undefined ? (await releases.list(LISTED)).filter(isOutage).map(({ id }) => id) : [only]
      let ended = 0
      for (const id of ids) {
        const release = only === undefined ? null : await releases.get(id)
        if (only !== undefined && (release === null || !isOutage(release)))
          throw new CliFailure(`There is no outage "${only}". \`palier policy outage list\` shows which there are.`)
        if (await releases.withdraw(id, 'cli', at)) ended += 1
      }
      print(
        ended === 0 ? 'No outage is asked for or under way.' : 'Ended: within two seconds the thresholds hold again.',
      )
    })

  return command
}

function releasesOf({ db, clock }: CliContext): ReleaseStore {
  return releaseStore(db, { audit: auditLog({ store: auditStore(db), clock }) })
}

function isOutage({ typ }: { readonly typ: string }): boolean {
  return typ === 'enforcement-off'
}

function reasonOf(intent: string): string {
  return (JSON.parse(intent) as { reason: string }).reason
}
