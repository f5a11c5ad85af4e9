// What a policy says, in plain words: for those who decide about it, not only for those who write YAML.
import { useLocale } from '../../shared/locale.ts'
import { Facts, Panel } from '../kit/page.tsx'
import { DataTable } from '../kit/table.tsx'
import { When } from '../kit/values.tsx'
import { amount, durationWords, SHOWN_RINGS, SHOWN_TAPS, type Written } from './document.ts'
import { catalogue } from './words.ts'

interface Props {
  readonly document: Written
  /** A group by its id. */
  readonly nameOf: (group: string) => string
}

export function Summary({ document, nameOf }: Props) {
  const locale = useLocale()
  const words = catalogue[locale]
  const limit = (value: number | string) => (value === 0 || value === '0 B' ? words.nothing : amount(locale, value))
  return (
    <>
      <Panel title={words.limits}>
        <p class="soft">{words.limitsText}</p>
        <Facts
          of={[
            ...SHOWN_RINGS.map(
              (meter) =>
                [
                  words.meters[meter],
                  document.windows[meter]
                    .map((window) => `${limit(window.limit)} ${words.within(durationWords(words, window.window))}`)
                    .join(', '),
                ] as const,
            ),
            [
              words.rooms,
              words.roomsIn(amount(locale, document.rooms.limit), durationWords(words, document.rooms.window)),
            ],
            [words.firstSync, amount(locale, document.first_sync)],
          ]}
        />
        <p class="soft">{words.groupRules(document.limits.length)}</p>
      </Panel>
      <Panel title={words.taps}>
        <p class="soft">{words.tapsText}</p>
        <Facts
          of={SHOWN_TAPS.map(
            (meter) =>
              [
                words.meters[meter],
                `${amount(locale, document.taps[meter].units)}, ${durationWords(words, document.taps[meter].for)}`,
              ] as const,
          )}
        />
      </Panel>
      <Panel title={words.enforcement}>
        <DataTable
          caption={words.enforcement}
          rows={document.enforcement}
          idOf={(rule) => `${rule.group} ${rule.from}`}
          columns={[
            { id: 'group', header: words.group, cell: ({ group }) => <bdi>{nameOf(group)}</bdi> },
            { id: 'mode', header: words.mode, cell: ({ mode }) => words.modes[mode] },
            { id: 'from', header: words.from, cell: ({ from }) => <When at={new Date(from).toISOString()} /> },
          ]}
          empty={<p>{words.enforcementEmpty}</p>}
        />
      </Panel>
      <Panel title={words.exemptions}>
        <DataTable
          caption={words.exemptions}
          rows={document.exemptions}
          idOf={(rule) => JSON.stringify(rule)}
          columns={[
            {
              id: 'who',
              header: words.who,
              cell: ({ user, group, client }) => (
                <bdi>{[user, group === undefined ? undefined : nameOf(group), client].filter(Boolean).join(', ')}</bdi>
              ),
            },
            { id: 'until', header: words.until, cell: ({ until }) => <When at={new Date(until).toISOString()} /> },
            { id: 'reason', header: words.reason, cell: ({ reason }) => <bdi>{reason}</bdi> },
          ]}
          empty={<p>{words.exemptionsEmpty}</p>}
        />
      </Panel>
    </>
  )
}
