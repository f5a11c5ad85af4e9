// What `npm start` says: what to open next, in the order a newcomer needs it.
import { type Config, consoleOrigin } from '../config/config.ts'

export interface Started {
  readonly config: Config
  readonly notes: readonly string[]
  /** The first administrator's one-time link, while nobody is enrolled. */
  readonly setupLink: string | null
  readonly tryOut: { readonly kind: 'configured' | 'sample' | 'synapse'; readonly reader: string | null }
}

/** The lines, first to last. */
export function whatToOpen({ config, notes, setupLink, tryOut }: Started): string[] {
  const steps: string[] = []
  if (setupLink !== null) steps.push(`enrol your security key (one-time link):  ${setupLink}`)
  if (tryOut.reader !== null) steps.push(`read as a Matrix client would:            ${tryOut.reader}`)
  if (config.roles.includes('id')) steps.push(`keep your own page open for prompts:      ${config.issuer}/me`)
  if (config.roles.includes('id'))
    steps.push(`administer, with the same key:            ${consoleOrigin(config)}/console`)
  return [
    '',
    'Palier is running.',
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    ...(config.roles.includes('gateway')
      ? ['', `  Matrix clients: homeserver ${config.gatewayUrl} (${HOMESERVER[tryOut.kind]})`]
      : []),
    ...notes.map((note) => `  Note: ${note}`),
    ...(config.enforce === 'observe' ? ['  Note: PALIER_ENFORCE=observe: nothing is withheld, only logged.'] : []),
    '  Stop with Ctrl-C.',
    '',
  ]
}

const HOMESERVER = {
  configured: 'the configured homeserver',
  sample: 'SAMPLE homeserver: generated messages, nobody else is there',
  synapse: 'a real Synapse on this machine, for trying out',
} as const
