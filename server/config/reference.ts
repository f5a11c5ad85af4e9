// docs/reference/configuration.md, made from the table of settings so that it cannot say otherwise.
import { SETTINGS, type Setting } from './settings.ts'

/** The whole page, in Markdown. */
export function configurationReference(): string {
  const rows = Object.values(SETTINGS).map((setting: Setting<unknown>) => {
    const cells = [`\`${setting.name}\``, setting.purpose, setting.wants, setting.fallback]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [
    '# Configuration',
    '',
    '<!-- Made by `npm run docs` from server/config/settings.ts: change it there. -->',
    '',
    'Every setting is an environment variable. A file named by `PALIER_CONFIG` (YAML or JSON) may hold the same names in lower',
    'case, such as `palier_issuer: https://id.example.org`; lists may be written as lists. The environment wins over the file,',
    'and an empty value is an unset one. All is read once, at start: every mistake is reported together, with the name, what',
    'was found and what is wanted. A name that starts with `PALIER_` and is not in this table is a mistake. Secrets are never',
    'repeated back.',
    '',
    'An issuer may be plain http on `localhost` only; a public one is https, with a secret of its own. `palier doctor` checks the',
    'result against the world outside.',
    '',
    '| name | what it is for | what it wants | default |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
