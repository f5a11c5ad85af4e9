// The common parts of a policy as fields. What is typed stays as it was typed; the server says what is wrong with it.

import { useLocale } from '../../shared/locale.ts'
import { Field, Select } from '../kit/form.tsx'
import { Panel } from '../kit/page.tsx'
import type { Written } from './document.ts'
import { amount, durationWords, SHOWN_RINGS, SHOWN_TAPS, withPlace } from './document.ts'
import { type Mistake, wrongAt } from './faults.ts'
import { catalogue } from './words.ts'

export interface FormProps {
  readonly document: Written
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly onChange: (document: Written) => void
  /** What is wrong, each told at its own field. */
  readonly mistakes: readonly Mistake[]
}

/** A number where one is meant; anything else goes to the server as it is. */
const figure = (text: string): number | string => (/^\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : text)
/** A size as the document writes it: French pages show octets, so they are typed. */
const size = (text: string): string => text.replace(/^\s*(\d+)\s*([TGMk]?)[oB]\s*$/, '$1 $2B')

export function PolicyForm(props: FormProps) {
  const { document, onChange, mistakes } = props
  const locale = useLocale()
  const words = catalogue[locale]
  const told = (name: string) => ({ name, wrong: wrongAt(locale, mistakes, name) })
  const set =
    (...path: (string | number)[]) =>
    (text: string) =>
      onChange(withPlace(document, path, path.includes('media-bytes') ? size(text) : figure(text)))
  return (
    <>
      <Panel title={words.limits}>
        {SHOWN_RINGS.map((meter) => (
          <fieldset key={meter} class="figures">
            <legend>{words.meters[meter]}</legend>
            {document.windows[meter].map((window, index) => (
              <Field
                key={window.window}
                label={words.within(durationWords(words, window.window))}
                {...told(`${meter}-${index}`)}
                value={meter === 'media-bytes' ? amount(locale, String(window.limit)) : String(window.limit)}
                onInput={set('windows', meter, index, 'limit')}
                maxLength={20}
              />
            ))}
          </fieldset>
        ))}
        <fieldset class="figures">
          <legend>{words.rooms}</legend>
          <Field
            label={words.within(durationWords(words, document.rooms.window))}
            {...told('rooms')}
            value={String(document.rooms.limit)}
            onInput={set('rooms', 'limit')}
            maxLength={20}
          />
        </fieldset>
        <fieldset class="figures">
          <legend>{words.firstSync}</legend>
          <Field
            label={words.tapUnits}
            {...told('first_sync')}
            value={String(document.first_sync)}
            onInput={set('first_sync')}
            maxLength={20}
          />
        </fieldset>
      </Panel>
      <Panel title={words.taps}>
        <p class="soft">{words.tapsText}</p>
        {SHOWN_TAPS.map((meter) => (
          <fieldset key={meter} class="figures">
            <legend>{words.meters[meter]}</legend>
            <Field
              label={words.tapUnits}
              {...told(`tap-${meter}`)}
              value={
                meter === 'media-bytes'
                  ? amount(locale, String(document.taps[meter].units))
                  : String(document.taps[meter].units)
              }
              onInput={set('taps', meter, 'units')}
              maxLength={20}
            />
            <Field
              label={words.tapFor}
              {...told(`tap-${meter}-for`)}
              value={document.taps[meter].for}
              onInput={(text) => onChange(withPlace(document, ['taps', meter, 'for'], text))}
              maxLength={20}
            />
          </fieldset>
        ))}
      </Panel>
      <Enforcement {...props} />
      <Exemptions {...props} />
      <p class="soft">{words.formMore}</p>
    </>
  )
}

/** Today, as the document writes a date. */
const today = () => new Date().toISOString().slice(0, 10)
/** The date of an instant, which is all that the form sets. */
const dateOf = (instant: string) => instant.slice(0, 10)

function Enforcement({ document, groups, onChange, mistakes }: FormProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const told = (name: string) => ({ name, wrong: wrongAt(locale, mistakes, name) })
  const rules = document.enforcement
  const put = (next: typeof rules) => onChange({ ...document, enforcement: next })
  const everyone = { value: 'everyone', label: words.everyone }
  return (
    <Panel title={words.enforcement}>
      {rules.length === 0 && <p>{words.enforcementEmpty}</p>}
      {rules.map((rule, index) => {
        const change = (part: Partial<typeof rule>) =>
          put(rules.map((one, place) => (place === index ? { ...one, ...part } : one)))
        return (
          <fieldset key={index} class="figures" data-rule={index}>
            <legend class="visually-hidden">{`${words.enforcement} ${index + 1}`}</legend>
            <Select
              label={words.group}
              {...told(`enforcement-${index}-group`)}
              value={rule.group}
              options={[everyone, ...groups.map(({ id, name }) => ({ value: id, label: name }))]}
              onChange={(group) => change({ group })}
            />
            <Select
              label={words.mode}
              {...told(`enforcement-${index}-mode`)}
              value={rule.mode}
              options={(['enforce', 'observe'] as const).map((mode) => ({ value: mode, label: words.modes[mode] }))}
              onChange={(mode) => change({ mode })}
            />
            <Field
              label={words.from}
              {...told(`enforcement-${index}-from`)}
              type="date"
              value={dateOf(rule.from)}
              onInput={(from) => change({ from })}
            />
            <Remove name={`${words.enforcement} ${index + 1}`} onRemove={() => put(without(rules, index))} />
          </fieldset>
        )
      })}
      <button
        type="button"
        data-action="add-enforcement"
        onClick={() => put([...rules, { group: 'everyone', from: today(), mode: 'enforce' }])}
      >
        {words.add}
      </button>
    </Panel>
  )
}

function Exemptions({ document, groups, onChange, mistakes }: FormProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const told = (name: string) => ({ name, wrong: wrongAt(locale, mistakes, name) })
  const rules = document.exemptions
  const put = (next: typeof rules) => onChange({ ...document, exemptions: next })
  return (
    <Panel title={words.exemptions}>
      {rules.length === 0 && <p>{words.exemptionsEmpty}</p>}
      {rules.map((rule, index) => {
        const change = (part: Partial<Record<keyof typeof rule, string>>) =>
          put(rules.map((one, place) => (place === index ? cleaned({ ...one, ...part }) : one)))
        return (
          <fieldset key={index} class="figures" data-rule={index}>
            <legend class="visually-hidden">{`${words.exemptions} ${index + 1}`}</legend>
            <Select
              label={words.group}
              {...told(`exemption-${index}-group`)}
              value={rule.group ?? ''}
              options={[
                { value: '', label: words.noGroup },
                ...groups.map(({ id, name }) => ({ value: id, label: name })),
              ]}
              onChange={(group) => change({ group })}
            />
            <Field
              label={words.user}
              {...told(`exemption-${index}-user`)}
              value={rule.user ?? ''}
              onInput={(user) => change({ user })}
              required={false}
            />
            <Field
              label={words.client}
              {...told(`exemption-${index}-client`)}
              value={rule.client ?? ''}
              onInput={(client) => change({ client })}
              required={false}
            />
            <Field
              label={words.until}
              {...told(`exemption-${index}-until`)}
              type="date"
              value={dateOf(rule.until)}
              onInput={(until) => change({ until })}
            />
            <Field
              label={words.reason}
              {...told(`exemption-${index}-reason`)}
              value={rule.reason}
              onInput={(reason) => change({ reason })}
              maxLength={300}
            />
            <Remove name={`${words.exemptions} ${index + 1}`} onRemove={() => put(without(rules, index))} />
          </fieldset>
        )
      })}
      <button type="button" data-action="add-exemption" onClick={() => put([...rules, { until: today(), reason: '' }])}>
        {words.add}
      </button>
    </Panel>
  )
}

function Remove({ name, onRemove }: { readonly name: string; readonly onRemove: () => void }) {
  const words = catalogue[useLocale()]
  return (
    <button type="button" class="quiet" aria-label={words.removeNamed(name)} onClick={onRemove}>
      {words.remove}
    </button>
  )
}

const without = <Rule,>(rules: readonly Rule[], index: number): Rule[] => rules.filter((_, place) => place !== index)

/** Nothing said is left out, as the document has it. */
function cleaned<Rule extends Written['exemptions'][number]>(rule: Rule): Rule {
  const copy = { ...rule }
  for (const name of ['user', 'group', 'client'] as const) if (copy[name] === '') delete copy[name]
  return copy
}
