// Who gets which thresholds, over arbitrary documents, people and moments.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MeteringPolicy } from '../../../server/policy/defaults.ts'
import { RING_METERS } from '../../../server/policy/defaults.ts'
import { EVERYONE } from '../../../server/policy/document.ts'
import { resolver } from '../../../server/policy/resolve.ts'
import { meteringOf } from '../../../server/policy/shipped.ts'
import { documents, moments, START_MS, subjects } from './documents.ts'

const layout = (policy: MeteringPolicy) =>
  RING_METERS.map((meter) => policy.windows[meter].map(({ windowSeconds, buckets }) => [windowSeconds, buckets]))
const calm = documents.map((document) => ({ ...document, emergency: null }))

describe('the policy in force', () => {
  it('lays windows out alike for everybody, whatever the rules', () => {
    fc.assert(
      fc.property(documents, subjects, moments, (document, subject, atMs) => {
        const of = resolver(document, { version: 1 })
        expect(layout(of.for(subject, atMs).metering)).toEqual(layout(meteringOf(document)))
      }),
    )
  })

  it('is that of everybody for those in no group', () => {
    fc.assert(
      fc.property(calm, subjects, moments, (document, subject, atMs) => {
        const of = resolver(document, { version: 4 })
        const { metering, version } = of.for({ ...subject, groups: [] }, atMs)
        expect(metering).toBe(of.base())
        expect(version).toBe(4)
      }),
    )
  })

  it('gives each figure that the first rule of the person’s groups sets, a group’s newest date first', () => {
    fc.assert(
      fc.property(calm, subjects, moments, (document, subject, atMs) => {
        const order = [
          ...new Set(
            document.limits
              .filter((rule) => subject.groups.includes(rule.group) && (rule.from ?? 0) <= atMs)
              .map(({ group }) => group),
          ),
        ]
        const expected = order
          .flatMap((group) =>
            document.limits
              .filter((rule) => rule.group === group && (rule.from ?? 0) <= atMs)
              .sort((a, b) => (b.from ?? 0) - (a.from ?? 0)),
          )
          .find((rule) => rule.rooms !== undefined)?.rooms
        expect(resolver(document, { version: 1 }).for(subject, atMs).metering.rooms.limit).toBe(
          expected ?? document.rooms.limit,
        )
      }),
    )
  })

  it('is enforced as soon as one group of the person says so, and by default', () => {
    fc.assert(
      fc.property(calm, subjects, moments, (document, subject, atMs) => {
        const now = (group: string) =>
          document.enforcement
            .filter((rule) => rule.group === group && rule.from <= atMs)
            .sort((a, b) => b.from - a.from)[0]?.mode
        const own = subject.groups.map(now).filter((mode) => mode !== undefined)
        const expected =
          own.length > 0 ? (own.includes('enforce') ? 'enforce' : 'observe') : (now(EVERYONE) ?? 'enforce')
        expect(resolver(document, { version: 1 }).for(subject, atMs).enforce).toBe(expected)
      }),
    )
  })

  it('exempts whom an exemption names in everything it names, and only until its end', () => {
    fc.assert(
      fc.property(calm, subjects, moments, (document, subject, atMs) => {
        const isExempt = document.exemptions.some(
          ({ user, group, client, until }) =>
            atMs < until &&
            (user === undefined || user === subject.userId) &&
            (group === undefined || subject.groups.includes(group)) &&
            (client === undefined || subject.client.includes(client)),
        )
        expect(resolver(document, { version: 1 }).for(subject, atMs).exempt !== null).toBe(isExempt)
      }),
    )
  })

  it('in an emergency lets nobody read history without a tap: no exemption, no group, no outage', () => {
    fc.assert(
      fc.property(documents, subjects, moments, fc.boolean(), (document, subject, atMs, outage) => {
        const emergency = { since: START_MS, reason: 'a stolen session' }
        const applied = resolver({ ...document, emergency }, { version: 1 }).for(subject, atMs, outage)
        expect(applied).toMatchObject({ enforce: 'enforce', exempt: null })
        const calmly = resolver({ ...document, emergency: null }, { version: 1 }).for(subject, atMs).metering
        expect({ ...applied.metering, windows: null }).toEqual({ ...calmly, windows: null })
        expect(applied.metering.windows.joins).toEqual(calmly.windows.joins)
        for (const meter of ['archive', 'catch-up', 'key-backup'] as const)
          expect(applied.metering.windows[meter].map(({ limit }) => limit)).toEqual(
            applied.metering.windows[meter].map(() => 0),
          )
      }),
    )
  })

  it('in an outage withholds nothing from anybody, and the operator’s own switch is above everything', () => {
    fc.assert(
      fc.property(documents, subjects, moments, (document, subject, atMs) => {
        expect(resolver({ ...document, emergency: null }, { version: 1 }).for(subject, atMs, true).enforce).toBe(
          'observe',
        )
        expect(resolver(document, { version: 1, operator: 'observe' }).for(subject, atMs).enforce).toBe('observe')
      }),
    )
  })

  it('is the same object for the same thresholds, so that what is made of them can be remembered', () => {
    fc.assert(
      fc.property(documents, subjects, moments, (document, subject, atMs) => {
        const of = resolver(document, { version: 1 })
        expect(of.for(subject, atMs).metering).toBe(of.for({ ...subject, userId: '@x:y' }, atMs).metering)
      }),
    )
  })
})
