// docs/reference/console-api.md and console-api.json, made from the list of verbs.
import {
  answerSchema,
  inputSchema,
  methodOf,
  nounOf,
  openApi,
  pathOf,
  type Schema,
  sorted,
  weightOf,
} from './openapi.ts'
import type { Verb } from './verb.ts'
import { VERBS } from './verbs.ts'

/** The OpenAPI document as it is kept with the documentation. */
export function apiDocument(verbs: readonly Verb[] = VERBS): string {
  return `${JSON.stringify(openApi(verbs, null), null, 1)}\n`
}

/** The whole page, in Markdown. */
export function apiReference(verbs: readonly Verb[] = VERBS): string {
  const all = sorted(verbs)
  const nouns = [...new Set(all.map(nounOf))]
  return [
    '# The console’s API',
    '',
    '<!-- Made by `npm run docs` from server/console/verbs.ts: change the verbs. -->',
    '',
    'What the console does, a script can do. The same as an OpenAPI 3.1 document: [console-api.json](console-api.json), and at',
    '`/api/console/openapi.json` for administrators. Directories have [SCIM](scim.md).',
    '',
    '```',
    'curl -H "Authorization: Bearer $TOKEN" "https://id.example.org/api/console/people/list?limit=10"',
    'curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d \'{"username":"anne"}\' https://id.example.org/api/console/people/create',
    '```',
    '',
    '- A token is made in the console by an owner who has just tapped, never with another token, and is shown once. It lives a day at',
    '  most; one that may do nothing but `scim.write`, 90 days. It does what it was given, as far as its maker’s role still holds that.',
    '- It ends with its time, with `tokens.revoke`, and when its maker is suspended, deleted or loses the role: at the next request.',
    '- What was done with it is in the audit log under `per_…/tok_…`.',
    '- `read` is a GET with a query, all else a POST with JSON. Unknown members are refused. Instants are ISO 8601 in UTC.',
    '- A list answers `items` and `next`; `next` goes back in as `after`. An edit names the `version` that it was made of.',
    '- A refusal is problem+json (RFC 9457) with a stable `reason`. A grave verb answers 202 with the `act` that two administrators sign.',
    ...nouns.flatMap((noun) => ['', `## ${noun}`, ...all.filter((verb) => nounOf(verb) === noun).flatMap(section)]),
    '',
  ].join('\n')
}

function section(verb: Verb): readonly string[] {
  const rows = Object.entries(inputSchema(verb).properties ?? {})
  const required = inputSchema(verb).required ?? []
  const answer = answerSchema(verb)
  return [
    '',
    `### ${verb.id}`,
    `\`${methodOf(verb)} ${pathOf(verb)}\` · permission \`${verb.permission}\` · ${weightOf(verb)}`,
    '',
    verb.summary,
    ...(rows.length === 0
      ? []
      : [
          '',
          '| takes | | |',
          '|---|---|---|',
          ...rows.map(
            ([name, schema]) =>
              `| \`${name}\` | ${cell(typeWords(schema))} | ${required.includes(name) ? 'required' : defaultWords(schema)} |`,
          ),
        ]),
    '',
    answer === null ? 'Answers a file or a stream.' : `Answers ${answerWords(answer)}.`,
  ]
}

function answerWords(answer: Schema): string {
  const names = Object.keys(answer.properties ?? {})
  return names.length === 0 ? cell(typeWords(answer)) : names.map((name) => `\`${name}\``).join(', ')
}

function defaultWords(schema: Schema): string {
  return schema.default === undefined ? '' : `\`${cell(JSON.stringify(schema.default))}\` where absent`
}

/** A schema in a few words. */
function typeWords(schema: Schema): string {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(typeWords))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((one) => `\`${String(one)}\``).join(', ')
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'anything')
  if (type === 'array')
    return `list of ${schema.items ? typeWords(schema.items) : 'anything'}${range('items', schema.minItems, schema.maxItems)}`
  if (type === 'string') return `text${range('characters', schema.minLength, schema.maxLength)}`
  if (type === 'integer' || type === 'number')
    return `${type === 'integer' ? 'whole number' : 'number'}${range('', schema.minimum, schema.maximum)}`
  if (type === 'object' && schema.properties) return `{ ${Object.keys(schema.properties).join(', ')} }`
  return type
}

/** Bounds that somebody set, not those of the number's own kind. */
function range(unit: string, least: number | undefined, most: number | undefined): string {
  const from = least !== undefined && least > Number.MIN_SAFE_INTEGER ? least : undefined
  const to = most !== undefined && most < Number.MAX_SAFE_INTEGER ? most : undefined
  const words = unit === '' ? '' : ` ${unit}`
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}${words}`
  if (to !== undefined) return `, at most ${to}${words}`
  return from === undefined ? '' : `, at least ${from}${words}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
