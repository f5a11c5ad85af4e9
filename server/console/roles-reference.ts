// docs/reference/roles.md, made from the list of verbs and from what each role holds, so that it cannot say otherwise.
import { ADMINISTRATOR_ROLES, holds, PERMISSIONS, SESSION_ONLY } from './permissions.ts'
import type { Verb } from './verb.ts'
import { VERBS } from './verbs.ts'

/** The whole page, in Markdown. */
export function rolesReference(verbs: readonly Verb[] = VERBS): string {
  const head = `| ${ADMINISTRATOR_ROLES.join(' | ')} |`
  const rule = ADMINISTRATOR_ROLES.map(() => ':-:').join('|')
  const cells = (permission: Verb['permission']) =>
    ADMINISTRATOR_ROLES.map((role) => (holds(role, permission) ? '✓' : '·')).join(' | ')
  const sorted = verbs.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return [
    '# Roles of the console',
    '',
    '<!-- Made by `npm run docs` from server/console/permissions.ts and server/console/verbs.ts: change them there. -->',
    '',
    'A person holds one role. Four of them are administrators’; `person`, the fifth, has no business in the console and is refused all',
    'of it. Each verb of the API, and each page, checks one permission; `test/unit/console/roles.test.ts` calls every verb as every role.',
    '',
    '| weight | what it takes |',
    '|---|---|',
    '| read | the permission |',
    '| ask | the same; sent as a POST because of what it carries, or because a tap comes with it |',
    '| change | a tap at most five minutes old, or an API token with that permission |',
    '| grave | two administrators who both hold the permission, each with a tap over the same words |',
    '| depends | a change, or grave where it loosens a limit, asks less of keys, or touches an owner |',
    '',
    '## Permissions',
    `No API token holds ${SESSION_ONLY.map((one) => `\`${one}\``).join(', ')}, whatever it was given, nor does one change, sign out or disarm anybody who has a role.`,
    '',
    `| permission ${head}`,
    `|---|${rule}|`,
    ...PERMISSIONS.map((permission) => `| \`${permission}\` | ${cells(permission)} |`),
    '',
    '## Verbs',
    '',
    `| verb | what it does | permission | weight ${head}`,
    `|---|---|---|---|${rule}|`,
    ...sorted.map((verb) => {
      const weight = typeof verb.weight === 'string' ? verb.weight : 'depends'
      const summary = verb.summary.replaceAll('|', '\\|')
      return `| \`${verb.id}\` | ${summary} | \`${verb.permission}\` | ${weight} | ${cells(verb.permission)} |`
    }),
    '',
  ].join('\n')
}
