// On an owner's overview until they are done: what a new installation still needs, in the order in which it matters.
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useMe, useRead } from '../kit/data.ts'
import { Panel } from '../kit/page.tsx'
import { catalogue } from './words.ts'

/** Two, so that a lost one locks nobody out, and so that what is grave need not wait. */
const ENOUGH = 2

export default function FirstSteps() {
  const { steps } = catalogue[useLocale()]
  const me = useMe()
  const owners = useRead('people.list', { role: 'owner', limit: 20 }).data?.items
  const people = useRead('people.list', { limit: ENOUGH }).data?.items
  const imports = useRead('metadata.show', {}).data?.imports
  if (me === null || owners === undefined || people === undefined || imports === undefined) return null
  const mine = owners.find(({ id }) => id === me.id)
  // Without a key they sign nothing: the first is alone until they have one.
  const keyless = owners.find(({ id, keys }) => keys === 0 && id !== me.id)
  const isAlone = owners.filter(({ keys }) => keys > 0).length < ENOUGH
  const left = [
    mine !== undefined && mine.keys < ENOUGH && { to: '/me', words: steps.secondKey, away: true },
    isAlone && keyless === undefined && { to: '/people', words: steps.secondOwner, away: false },
    isAlone && keyless !== undefined && { to: `/people/${keyless.id}`, words: steps.secondOwnersKey, away: false },
    people.length < ENOUGH && { to: '/people/import', words: steps.people, away: false },
    imports.length === 0 && { to: '/keys/metadata', words: steps.metadata, away: false },
  ].filter((step) => step !== false)
  if (left.length === 0) return null
  return (
    <Panel title={steps.title}>
      <ol class="first-steps">
        {left.map(({ to, words, away }) => (
          <li key={to}>
            {away ? <a href={to}>{words.what}</a> : <Link href={to}>{words.what}</Link>}
            <br />
            <span class="soft">{words.why}</span>
            {words === steps.secondOwner && (
              <>
                <br />
                <span class="soft" data-on-server>
                  {steps.onServer} <code>npx palier user add {steps.username} --owner</code> {steps.next}{' '}
                  <code>npx palier enrol {steps.username}</code>
                </span>
              </>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
