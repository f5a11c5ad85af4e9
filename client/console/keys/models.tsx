// /console/keys/models — models by maker, with what the metadata says of each; allowed and forbidden here.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Field, Filters, Select } from '../kit/form.tsx'
import { Page, Panel } from '../kit/page.tsx'
import { Empty, Loaded } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { Tag } from '../kit/values.tsx'
import { catalogue } from './model-words.ts'
import { Picture } from './picture.tsx'
import { NO_AAGUID } from './shown.tsx'

export type Model = Answer<'models.list'>['items'][number]
type Showing = 'enrolled' | 'certified' | 'forbidden' | 'all'
const SHOWING: readonly Showing[] = ['enrolled', 'certified', 'forbidden', 'all']

const IS_SHOWN: Readonly<Record<Showing, (model: Model) => boolean>> = {
  enrolled: ({ keys }) => keys > 0,
  certified: ({ certified }) => certified,
  forbidden: ({ allowed }) => !allowed,
  all: () => true,
}

export default function Models() {
  const locale = useLocale()
  const words = catalogue[locale]
  const models = useRead('models.list', {})
  const mayChange = useCan('keys.policy')
  const [showing, setShowing] = useState<Showing | null>(null)
  const [q, setQ] = useState('')
  const [changing, setChanging] = useState<Model | null>(null)
  const all = models.data?.items ?? []
  // Who has no keys yet looks for models to buy; who has some, at those.
  const shown = showing ?? (all.some(IS_SHOWN.enrolled) ? 'enrolled' : 'certified')
  const rows = byVendor(all.filter((model) => IS_SHOWN[shown](model) && matches(model, q)))
  return (
    <Page title={words.models} lead={words.modelsLead} above={<Link href="/keys">{words.back}</Link>}>
      <Loaded of={models}>
        {({ items, unknown }) =>
          items.length === 0 ? (
            <Empty title={words.noMetadata}>
              <p>{words.noMetadataText}</p>
              <p>
                <Link class="button" href="/keys/metadata">
                  {words.toMetadata}
                </Link>
              </p>
            </Empty>
          ) : (
            <>
              <Filters>
                <Field label={words.search} type="search" name="q" value={q} onInput={setQ} />
                <Select
                  label={words.show}
                  name="showing"
                  value={shown}
                  options={SHOWING.map((value) => ({ value, label: words.showing[value] }))}
                  onChange={setShowing}
                />
              </Filters>
              <DataTable
                caption={words.models}
                rows={rows}
                idOf={({ aaguid }) => aaguid}
                columns={[
                  {
                    id: 'model',
                    header: words.model,
                    names: true,
                    cell: ({ aaguid, description }) => (
                      <span class="key-model">
                        <Picture aaguid={aaguid} />
                        <bdi>{description}</bdi>
                      </span>
                    ),
                  },
                  { id: 'vendor', header: words.vendor, wideOnly: true, cell: ({ vendor }) => <bdi>{vendor}</bdi> },
                  {
                    id: 'level',
                    header: words.level,
                    wideOnly: true,
                    cell: ({ level }) =>
                      level === 0 ? <span class="soft">{words.notCertified}</span> : levelName(level),
                  },
                  { id: 'standing', header: words.standing, cell: (model) => <ModelTags of={model} /> },
                  {
                    id: 'keys',
                    header: words.keys,
                    align: 'end',
                    cell: ({ aaguid, keys }) =>
                      keys === 0 ? '0' : <Link href={`/keys?model=${aaguid}`}>{number(locale, keys)}</Link>,
                  },
                  ...(mayChange
                    ? [
                        {
                          id: 'change',
                          header: words.change,
                          cell: (model: Model) => (
                            <button
                              type="button"
                              class="quiet small"
                              data-action={model.allowed ? 'forbid' : 'allow'}
                              aria-label={`${model.allowed ? words.forbid : words.allow}, ${model.description}`}
                              onClick={() => setChanging(model)}
                            >
                              {model.allowed ? words.forbid : words.allow}
                            </button>
                          ),
                        },
                      ]
                    : []),
                ]}
                empty={
                  <Empty title={words.none}>
                    <p>{words.noneText}</p>
                  </Empty>
                }
              />
              {unknown.length > 0 && (
                <Panel title={words.unknownTitle}>
                  <p>{words.unknownText}</p>
                  <ul class="counts">
                    {unknown.map(({ aaguid, keys }) => (
                      <li key={aaguid}>
                        <Link href={`/keys?model=${aaguid}`}>
                          {aaguid === NO_AAGUID ? words.untold : <code>{aaguid}</code>}
                        </Link>{' '}
                        <span class="count">{number(locale, keys)}</span>
                      </li>
                    ))}
                  </ul>
                </Panel>
              )}
            </>
          )
        }
      </Loaded>
      {changing !== null && <AllowDialog of={changing} onClose={() => setChanging(null)} />}
    </Page>
  )
}

function ModelTags({ of: model }: { readonly of: Model }) {
  const words = catalogue[useLocale()]
  return (
    <span class="tags">
      {model.concerns.map((concern) => (
        <Tag key={concern} kind={concern === 'status-retired' ? 'warn' : 'bad'}>
          {words.concerns[concern]}
        </Tag>
      ))}
      {!model.hardware && <Tag kind="warn">{words.software}</Tag>}
      {model.built_in === true && <Tag>{words.builtIn}</Tag>}
      <Tag kind={model.allowed ? 'plain' : 'warn'}>{model.allowed ? words.allowed : words.forbidden}</Tag>
    </span>
  )
}

function AllowDialog({ of: model, onClose }: { readonly of: Model; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const allowing = !model.allowed
  const look = useRead('models.look', { aaguids: model.aaguid, allowed: allowing ? 'true' : 'false' })
  const change = useChange(allowing ? 'models.allow' : 'models.forbid', ['keys'])
  const { keys, people } = look.data?.uncertified ?? { keys: 0, people: 0 }
  return (
    <ChangeDialog
      name="model-allow"
      title={allowing ? words.allowTitle(model.description) : words.forbidTitle(model.description)}
      confirm={allowing ? words.allow : words.forbid}
      dangerous={!allowing}
      change={{ ...change, refusal: change.refusal ?? look.refusal }}
      why={words}
      run={(reason) => change.run({ aaguids: [model.aaguid], reason })}
      said={allowing ? words.allowedSaid : words.forbiddenSaid}
      onClose={onClose}
    >
      <p>{allowing ? words.allowText : words.forbidText}</p>
      {look.data !== null && !allowing && <p>{keys === 0 ? words.affectsNobody : words.affected(keys, people)}</p>}
    </ChangeDialog>
  )
}

/** `L1`, `L1+`: as FIDO writes the levels. */
function levelName(level: number): string {
  return Number.isInteger(level) ? `L${level}` : `L${Math.floor(level)}+`
}

function byVendor(models: readonly Model[]): readonly Model[] {
  return models.toSorted((a, b) => a.vendor.localeCompare(b.vendor) || a.description.localeCompare(b.description))
}

/** Whether a model is what somebody types. */
export function matches({ aaguid, description, vendor }: Model, q: string): boolean {
  const wanted = q.trim().toLowerCase()
  return [aaguid, description, vendor].some((text) => text.toLowerCase().includes(wanted))
}
