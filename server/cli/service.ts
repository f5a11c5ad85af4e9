// `palier service add|list|renew|revoke`: bots, bridges and application services, which hold a token and no key.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import ipaddr from 'ipaddr.js'
import { auditStore } from '../../db/stores/audit.ts'
import { serviceStore } from '../../db/stores/services.ts'
import { auditLog } from '../audit/log.ts'
import { homeserverExchange } from '../homeserver/relying-party/exchange.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { hashToken, newToken } from '../platform/tokens.ts'
import { RING_METERS } from '../policy/defaults.ts'
import { mayActAs } from '../sessions/service.ts'
import { SERVICE_DAYS_AT_MOST, type SponsoredService } from '../sessions/service-port.ts'
import { aside, askedWrongly, type CliContext, CliFailure, type OpenCli, print, whyUnreadable } from './context.ts'
import { personNamed } from './people-tools.ts'
import { peopleTools } from './people-wiring.ts'

const DAY_MS = 86_400_000
/** What a limit of its own can be about. */
const LIMITED: readonly string[] = [...RING_METERS.filter((meter) => meter !== 'tap-release'), 'rooms']

interface AddOptions {
  readonly user: string
  readonly tokenFile: string
  readonly network: readonly string[]
  readonly sponsor: string
  readonly room?: readonly string[]
  readonly actsFor?: readonly string[]
  readonly limit?: readonly string[]
  readonly days: string
}

/** The command. */
export function serviceCommand(open: OpenCli): Command {
  const command = new Command('service').description('bots, bridges and application services: tokens of their own')

  command
    .command('add <name>')
    .description('give a service a token; it is printed once, and the homeserver’s own token is never an argument')
    .requiredOption('--user <user>', 'the Matrix user that it is, such as @bot:example.org')
    .requiredOption('--token-file <file>', 'a file with the homeserver’s token of that user; - reads standard input')
    .requiredOption('--network <cidr...>', 'where it may call from, such as 192.0.2.0/24; give several')
    .requiredOption('--sponsor <username>', 'the person who answers for it and taps for its renewal')
    .option('--room <room...>', 'the only rooms that it may see, by id; every room its user is in when left out')
    .option(
      '--acts-for <user...>',
      'for an application service: users it may name in user_id; a * before the server is any',
    )
    .option('--limit <meter=number...>', 'a limit of its own by the day, such as archive=5000, for each meter named')
    .option('--days <number>', `how long the token holds, 1 to ${SERVICE_DAYS_AT_MOST}`, String(SERVICE_DAYS_AT_MOST))
    .action(async (name: string, options: AddOptions) => add(await open(), name, options))

  command
    .command('list')
    .description('list services: user, sponsor, networks, rooms, when last used and until when')
    .action(async () => {
      const context = await open()
      const services = await storeOf(context).list(context.config.serverName)
      if (services.length === 0) aside('There is no service. Next: palier service add')
      for (const service of services) print(line(service, context.clock.now()))
    })

  command
    .command('renew <name>')
    .description('print where its sponsor taps for its renewal: nobody else can')
    .action(async (name: string) => {
      const context = await open()
      const service = await named(context, name)
      if (service.endedAt !== null) throw new CliFailure(`${name} was revoked: add it anew under another name.`)
      print(`${context.config.issuer}/me#services`)
      aside(`${service.sponsor.username} opens that page and taps; ${name} holds until ${day(service.expiresAt)}.`)
    })

  command
    .command('revoke <name>')
    .description('end a service for good: its requests end within a second')
    .action(async (name: string) => {
      const context = await open()
      const service = await named(context, name)
      const ended = await storeOf(context).revoke(service.id, 'cli', 'revoked')
      print(ended ? `${name} is revoked.` : `${name} was revoked already.`)
      aside('Its token at the homeserver is still good there: end it with the homeserver’s own means.')
    })

  return command
}

function storeOf({ db, clock }: CliContext) {
  return serviceStore(db, auditLog({ store: auditStore(db), clock }))
}

async function named(context: CliContext, name: string): Promise<SponsoredService> {
  const service = await storeOf(context).byName(context.config.serverName, name)
  if (service === null)
    throw new CliFailure(`There is no service "${name}". \`palier service list\` shows which there are.`)
  return service
}

async function add(context: CliContext, name: string, options: AddOptions): Promise<void> {
  const { config, clock, random, sealer } = context
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    throw askedWrongly('name', name, '1 to 64 of a-z, 0-9 and . _ -, beginning with a letter or digit')
  const userId = userFrom(options.user, config.serverName)
  const networks = options.network.map(networkFrom)
  const rooms = options.room?.map(roomFrom) ?? null
  const namespace = (options.actsFor ?? []).map((pattern) => namespaceFrom(pattern, config.serverName))
  const limits = Object.fromEntries((options.limit ?? []).map(limitFrom))
  const days = Number(options.days)
  if (!Number.isInteger(days) || days < 1 || days > SERVICE_DAYS_AT_MOST)
    throw askedWrongly('--days', options.days, `a whole number from 1 to ${SERVICE_DAYS_AT_MOST}`)
  const sponsor = await personNamed(peopleTools(context), options.sponsor)
  if (sponsor.suspendedAt !== null)
    throw new CliFailure(`${options.sponsor} is suspended: nobody answers for it then.`, 2)
  const homeserverToken = tokenFrom(options.tokenFile)
  await checkOwner(context, homeserverToken, userId, namespace)

  const token = newToken('serviceToken', random)
  const id = newToken('service', random)
  const createdAt = new Date(clock.now())
  const expiresAt = new Date(createdAt.getTime() + days * DAY_MS)
  const added = await storeOf(context).add(
    {
      id,
      serverName: config.serverName,
      name,
      userId,
      namespace,
      homeserverToken: sealer.seal('homeserver-token', sealPlace('services', id), homeserverToken),
      tokenHash: hashToken(token),
      networks,
      rooms,
      limits,
      sponsorId: sponsor.id,
      createdAt,
      expiresAt,
    },
    'cli',
  )
  if (!added) throw new CliFailure(`The name "${name}" is taken.`)
  print(token)
  aside(
    `${name} (${id}) holds until ${day(expiresAt)}, then ${sponsor.username} renews it at ${config.issuer}/me. This token is shown once.`,
  )
}

/** The token is whose it should be, as far as the homeserver can be asked. */
async function checkOwner(context: CliContext, token: string, userId: string, namespace: readonly string[]) {
  const { homeserverUrl, gatewayUrl } = context.config
  if (homeserverUrl === null) return
  const exchange = homeserverExchange({ homeserverUrl, gatewayUrl })
  const answer = await exchange({ method: 'GET', target: '/_matrix/client/v3/account/whoami', token }).catch(() => null)
  if (answer === null || answer.status >= 500)
    return aside('The homeserver does not answer: the token was not checked.')
  if (answer.status !== 200) throw new CliFailure(`The homeserver does not know this token (${answer.status}).`, 2)
  const { user_id: owner } = JSON.parse(answer.text) as { user_id?: string }
  if (owner !== userId && !mayActAs(namespace, userId))
    throw new CliFailure(`The homeserver says that this token is ${owner ?? 'nobody'}’s, not ${userId}’s.`, 2)
}

function tokenFrom(file: string): string {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  } catch (error) {
    throw new CliFailure(`--token-file: cannot read ${file}: ${whyUnreadable(error)}`, 2)
  }
  if (!/^[\x21-\x7e]{8,4096}$/.test(text))
    throw new CliFailure('--token-file wants one token of 8 characters or more, and nothing else in the file.', 2)
  return text
}

function userFrom(text: string, serverName: string): string {
  if (!/^@[^:\s]{1,200}:/.test(text) || !text.endsWith(`:${serverName}`))
    throw askedWrongly('--user', text, `a user of this homeserver, such as @bot:${serverName}`)
  return text
}

function namespaceFrom(text: string, serverName: string): string {
  // A star anywhere else, or in the place of the server, would name users that nobody meant.
  const local = text.endsWith(`:${serverName}`) ? text.slice(0, -(serverName.length + 1)) : ''
  if (/^@[^:*\s]{1,200}\*?$/.test(local)) return text
  throw askedWrongly('--acts-for', text, `users such as @_irc_*:${serverName} or @_irc_bob:${serverName}`)
}

function networkFrom(text: string): string {
  if (ipaddr.isValidCIDR(text) || ipaddr.isValid(text)) return text
  throw askedWrongly('--network', text, 'an address, or a range such as 192.0.2.0/24')
}

function roomFrom(text: string): string {
  if (/^![^\s*]{1,254}$/.test(text)) return text
  throw askedWrongly('--room', text, 'a room’s id, such as !abc:example.org')
}

function limitFrom(text: string): [string, number] {
  const [meter = '', number = ''] = text.split('=')
  if (!LIMITED.includes(meter) || !/^[0-9]{1,12}$/.test(number))
    throw askedWrongly('--limit', text, `a meter and a number, such as archive=5000; meters: ${LIMITED.join(', ')}`)
  return [meter, Number(number)]
}

function line(service: SponsoredService, nowMs: number): string {
  const state =
    service.endedAt !== null
      ? 'revoked'
      : service.expiresAt.getTime() <= nowMs
        ? 'expired'
        : service.sponsor.suspended
          ? 'sponsor suspended'
          : 'active'
  return [
    service.name,
    service.userId,
    state,
    `sponsor ${service.sponsor.username}`,
    service.networks.join(','),
    service.rooms === null ? 'every room' : `${service.rooms.length} rooms`,
    service.lastUsedAt === null ? 'never used' : `used ${service.lastUsedAt.toISOString()}`,
    `until ${day(service.expiresAt)}`,
    service.id,
  ].join('\t')
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10)
}
