// The reference page of the route table, made from the table (docs/reference/treatment.md).
import { PREFIXES, ROUTES, type Row } from './routes.ts'

const PREFIX_NAMES: Readonly<Record<Row['prefix'], string>> = {
  client: '/_matrix/client/{old}/',
  'client-v1': '/_matrix/client/v1/',
  'client-unstable': '/_matrix/client/unstable/',
  media: '/_matrix/media/{version}/',
  root: '/',
}

const HEADINGS: readonly (readonly [Row['treatment'], string, string])[] = [
  ['metered', 'Metered', 'Counted and settled before the first byte is released.'],
  ['passed', 'Passed', "Forwarded as it is, with the homeserver's token in the place of the client's."],
  ['refused', 'Refused', 'Answered 403 `M_FORBIDDEN`; where it says *as absent*, 404 `M_UNRECOGNIZED`.'],
  ['control', 'Answered by the gateway', 'Signing in and out, user-interactive authentication, rewritten discovery.'],
  [
    'closed',
    'Closed',
    'Answered 404 as if it did not exist; rows marked *servers* or *legacy* are passed without a token when `PALIER_SERVER_ROUTES` or `PALIER_LEGACY_MEDIA` says so.',
  ],
]

/** docs/reference/treatment.md, whole. */
export function treatmentMarkdown(): string {
  const old = PREFIXES.client.map((prefix) => `\`/${prefix}/\``).join(', ')
  const media = PREFIXES.media.map((prefix) => `\`/${prefix}/\``).join(', ')
  const sections = HEADINGS.map(([treatment, title, text]) => {
    const rows = ROUTES.filter((row) => row.treatment === treatment)
    return `## ${title}\n\n${text}\n\n| route | id | counted in | limit | why | note |\n|---|---|---|---|---|---|\n${rows.map(line).join('\n')}\n`
  })
  return `# How each route is treated

Made from \`server/gateway/routes.ts\` by \`npm run docs\`; do not edit. What is not listed is refused with 404 \`M_UNRECOGNIZED\`.

\`{old}\` stands for every prefix on which a homeserver serves the older routes: ${old}. \`{version}\`: ${media}.
HEAD is treated as GET. Paths are matched byte for byte; a path or query that two parsers could read in two ways is refused with 400.
A limit reads: what the homeserver takes when the client says nothing / the most that is forwarded.

${sections.join('\n')}`
}

function line(row: Row): string {
  const limit = row.clamp ? `\`${row.clamp.parameter}\` ${row.clamp.default} / ${row.clamp.max}` : ''
  const marks = [row.absent ? '*as absent*' : '', row.serverRoute ? '*servers*' : '', row.legacyMedia ? '*legacy*' : '']
    .filter(Boolean)
    .join('; ')
  const path = `${row.methods.join(', ')} \`${PREFIX_NAMES[row.prefix]}${row.pattern.replaceAll('*}', '}')}\``
  return `| ${path} | ${row.id} | ${row.unit ?? ''} | ${limit} | ${row.reason} | ${marks} |`
}
