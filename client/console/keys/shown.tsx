// How a key stands, in a word or two; and the model that it is of.
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { Tag } from '../kit/values.tsx'
import { catalogue } from './words.ts'

/** Of a key that was not asked for its model, or would not tell. */
export const NO_AAGUID = '00000000-0000-0000-0000-000000000000'

export type Row = Answer<'keys.list'>['items'][number]
export type Key = NonNullable<Row['key']>

export function Standing({ of: { person, key } }: { readonly of: Row }) {
  const words = catalogue[useLocale()]
  const isShort = person.keys < person.min_keys
  return (
    <span class="tags">
      {person.suspended && <Tag>{words.suspended}</Tag>}
      {key !== null && <KeyTags of={key} />}
      {isShort && !(key !== null && key.revoked_at !== null) && (
        <Tag kind={person.keys === 0 ? 'bad' : 'warn'}>{words.tooFew(person.keys, person.min_keys)}</Tag>
      )}
    </span>
  )
}

export function KeyTags({ of: key }: { readonly of: Key }) {
  const words = catalogue[useLocale()]
  if (key.cut_off) return <Tag kind="bad">{words.cutOff}</Tag>
  if (key.revoked_at !== null) return <Tag>{words.revoked}</Tag>
  return (
    <>
      <Tag kind={key.certified ? 'good' : 'plain'}>{key.certified ? words.certified : words.uncertified}</Tag>
      {key.kind === 'platform' && <Tag>{words.builtIn}</Tag>}
      {key.below.map((reason) => (
        <Tag key={reason} kind="warn">
          {words.below[reason]}
        </Tag>
      ))}
    </>
  )
}

export function ModelName({ of: { aaguid, description } }: { readonly of: Key['model'] }) {
  const words = catalogue[useLocale()]
  if (description !== null) return <bdi>{description}</bdi>
  return (
    <span class="soft" title={aaguid}>
      {aaguid === NO_AAGUID ? words.untoldModel : words.unknownModel}
    </span>
  )
}
