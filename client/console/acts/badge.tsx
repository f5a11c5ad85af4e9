// In the navigation: how many acts wait for the reader's signature.
import { number, useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Tag } from '../kit/values.tsx'
import { catalogue } from './words.ts'

const EVERY_MS = 60_000

export default function ActsBadge() {
  const locale = useLocale()
  const { data } = useRead('acts.list', { state: 'open', limit: 1 }, { everyMs: EVERY_MS })
  if (data === null || data.waiting === 0) return null
  return (
    <>
      {' '}
      <Tag kind="warn">
        {number(locale, data.waiting)} <span class="visually-hidden">{catalogue[locale].waitingBadge}</span>
      </Tag>
    </>
  )
}
