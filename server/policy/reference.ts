// docs/reference/policy.md, made from the schema so that it cannot say otherwise.
import * as z from 'zod'
import { policySchema, writePolicy } from './document.ts'
import { shippedPolicy } from './shipped.ts'

/** What each section is for. */
const SECTIONS: Readonly<Record<keyof typeof policySchema.shape, string>> = {
  windows:
    'Never more than `limit` in any `window`, a person, over all devices. A limit of 0: nothing without a tap. `live` only alarms; `tap-release` bounds what taps release. Lengths and sub-buckets are how windows are laid out in the database: they are the same for everybody and cannot be changed.',
  rooms: 'Distinct rooms whose archive is read.',
  first_sync: 'Messages that a new device’s first /sync may carry.',
  taps: 'What one tap releases, and for how long. Bytes and files of media are released together.',
  weights: 'Units that a message costs: readable by the server, or ciphertext.',
  live_window: 'A message older than this is history.',
  idle_after: 'A device without activity or tap for longer has no history until a tap.',
  give_backs: 'How often in 30 days what an ended device consumed is given back to its person.',
  limits:
    'Other limits for a group, from a date on (`from`; always, when left out). `windows` has a limit a window, in their order. Of a person’s groups the first in the list that sets a figure decides it; of a group, the newest date that has come.',
  enforcement:
    '`observe` withholds nothing and logs what it would have withheld. Of a group the newest date that has come counts; a person in several groups is enforced as soon as one is; `everyone` is for those in no group named here. Without a rule: enforced.',
  exemptions:
    'Nothing is withheld from whom an exemption names, in all that it names, until its end. It is counted and logged all the same. `client` is text in the User-Agent that the device signed in with: what a stolen token cannot choose, but a phished person’s client can.',
  existing_logins: 'Clients from before the gateway are asked to sign in again, softly, from that date on.',
  detection:
    'What is looked for beyond budgets, and what is done: `off`, `alert`, `tap` (no history until a tap), `end` the device. `together`: signals that mean more when all hold within an hour.',
  emergency:
    'Nobody reads history without a tap: archive, catch-up and key backup have nothing left, whatever else the policy says. Switched with `palier policy emergency on|off`, not in a file.',
}

/** The whole page, in Markdown. */
export function policyReference(): string {
  const written = writePolicy(shippedPolicy()) as Readonly<Record<string, unknown>>
  const sections = Object.entries(policySchema.shape).flatMap(([name, schema]) => [
    `## \`${name}\``,
    '',
    SECTIONS[name as keyof typeof SECTIONS],
    '',
    '| name | wants | as it ships |',
    '|---|---|---|',
    ...rows(name, schema, written[name]),
    '',
  ])
  return [...INTRODUCTION, ...sections].join('\n')
}

function rows(path: string, schema: z.ZodType, shipped: unknown): string[] {
  if (schema instanceof z.ZodOptional) return rows(`${path}?`, schema.unwrap() as z.ZodType, shipped)
  if (schema instanceof z.ZodNullable) return rows(path, schema.unwrap() as z.ZodType, shipped)
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, inner]) =>
      rows(`${path}.${name}`, inner as z.ZodType, shippedAt(shipped, name)),
    )
  }
  if (schema instanceof z.ZodArray) {
    const element = schema.element as z.ZodType
    if (element instanceof z.ZodObject && !Array.isArray(shipped)) return rows(`${path}[]`, element, undefined)
    if (element instanceof z.ZodObject) {
      // As many as ship, each figure beside the others.
      return Object.entries(element.shape).flatMap(([name, inner]) =>
        rows(
          `${path}[].${name}`,
          inner as z.ZodType,
          (shipped as unknown[]).map((entry) => shippedAt(entry, name)),
        ),
      )
    }
    return [row(`${path}[]`, element, shipped)]
  }
  return [row(path, schema, shipped)]
}

function row(path: string, schema: z.ZodType, shipped: unknown): string {
  const { wants = '' } = (schema.meta() ?? {}) as { wants?: string }
  const cells = [`\`${path}\``, wants, text(shipped)]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function text(shipped: unknown): string {
  if (shipped === undefined || shipped === null) return ''
  return Array.isArray(shipped) ? shipped.map(text).join(', ') : String(shipped)
}

function shippedAt(shipped: unknown, name: string): unknown {
  return typeof shipped === 'object' && shipped !== null ? (shipped as Record<string, unknown>)[name] : undefined
}

const INTRODUCTION = [
  '# The policy',
  '',
  '<!-- Made by `npm run docs` from server/policy/{document,reference}.ts: change it there. -->',
  '',
  'Who may read how much without a tap is one document, kept in versions. Until one is applied, what ships is in force; [decision',
  '15](../decisions/0015-thresholds-by-simulation.md) says how its figures were found.',
  '',
  '```sh',
  'palier policy show --yaml > policy.yaml    # what is in force, as a file; based_on is its number',
  'palier policy check policy.yaml            # every mistake at once, with line and column',
  'palier policy diff policy.yaml             # what would change, and what of that lets more be read',
  'palier policy simulate policy.yaml --traffic log.jsonl',
  'palier policy apply policy.yaml --reason "pilots are enforced from October"',
  'palier policy history',
  '```',
  '',
  'A version is added and never changed; each is in the [audit log](audit.md) with its SHA-256, its reason and what it lets more be read.',
  'What lets more be read is not one person’s to apply: `apply` and `emergency off` then ask for it (`--by USERNAME`), and [two administrators sign',
  'it in the console](../operations/two-administrators.md); with a single owner it waits a day. `--first` applies it, only until an owner has a key.',
  'What cannot be put in order counts as letting more be read: a rule that moves, one taken away.',
  'Back to what ships: the policy’s page in the console begins the editor with it; from there it is a change like any other.',
  '',
  'It is applied if and only if the version that the file was made from (`based_on`) is still in force: otherwise nothing changes, and what',
  'changed in between is shown. Every instance reads the policy each second and keeps the last good one when the database is away; a version',
  'whose hash is not its own is not followed, and no process starts on one.',
  '',
  '**What stands above what.** From the strongest: `PALIER_ENFORCE=observe` of a process, the emergency level, an outage, an exemption, the rules of',
  'the person’s groups, the thresholds for everybody.',
  '',
  '**In an emergency** `palier policy emergency on --reason "…"` closes history to everybody within two seconds: each reading takes a tap. `off` ends it, once two have signed.',
  'A file cannot switch it, so that one made earlier cannot end it unseen.',
  '',
  '**In an outage** thresholds can be suspended for 1 to 24 hours, by two administrators and never by one: `palier policy outage request --hours 2',
  '--reason "…" --by USERNAME` prints the page on which two different ones [tap over the same intent](../operations/releases.md). Meanwhile everything is counted, nothing withheld, and a line a minute',
  'says so (`policy.enforcement-off`). `palier policy outage end` ends it at once. It is no part of the document.',
  '',
  '**Groups** are named by name or by id (`palier group add|list|members|join|leave|remove`); versions keep ids, so that a new name changes',
  'nothing. A group that the policy in force names cannot be removed. Who is in which group counts within ten seconds.',
  '',
  '**Writing it.** Durations and sizes have units: `30 d`, `8 h`, `10 min`, `2 GB`. Dates begin in UTC. What a file leaves out is as it ships. Anchors,',
  'aliases, tags and repeated names are refused, as are two rules for the same figure, group and date, and a shorter window that allows more than a',
  'longer one.',
  '',
]
