import { describe, expect, it } from 'vitest'
import { type Releasing, releaseStateAt, tapFor, withdrawable } from '../../../server/stepup/release.ts'
import { releaseChallenge } from '../../../server/stepup/release-intent.ts'
import {
  type AdministratorTap,
  type ReleaseReceipt,
  verifyReleaseReceipt,
} from '../../../server/stepup/release-receipt.ts'
import { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { genuineReleaseReceipt, sampleExport } from '../../support/release-receipt.ts'

const release: Releasing = { state: 'requested', expiresAtMs: 1_000, firstPerson: null, subjectPerson: 'per_reader' }
const awaiting: Releasing = { ...release, state: 'awaiting-second', firstPerson: 'per_a' }

describe('the state machine', () => {
  it.each([
    ['the first tap is anyone’s', release, 'per_a', { ok: true, tap: 'first' }],
    ['the second is another’s', awaiting, 'per_b', { ok: true, tap: 'second' }],
    ['and not the same person’s', awaiting, 'per_a', { ok: false, reason: 'same-person' }],
    ['nor ever the reader’s, first', release, 'per_reader', { ok: false, reason: 'subject-person' }],
    ['or second', awaiting, 'per_reader', { ok: false, reason: 'subject-person' }],
    ['nothing once granted', { ...awaiting, state: 'granted' }, 'per_b', { ok: false, reason: 'already-decided' }],
    ['nor denied', { ...awaiting, state: 'denied' }, 'per_b', { ok: false, reason: 'already-decided' }],
    ['nor withdrawn', { ...awaiting, state: 'withdrawn' }, 'per_b', { ok: false, reason: 'already-decided' }],
    ['nor expired', { ...awaiting, expiresAtMs: 500 }, 'per_b', { ok: false, reason: 'release-expired' }],
  ] as const)('%s', (_, of, person, expected) => {
    expect(tapFor(of, person, 500)).toEqual(expected)
  })

  it('expires at its time, and only while undecided', () => {
    expect(releaseStateAt(release, 999)).toBe('requested')
    expect(releaseStateAt(release, 1_000)).toBe('expired')
    expect(releaseStateAt({ ...release, state: 'granted' }, 1_000)).toBe('granted')
  })

  it('is withdrawn while it waits and while what it granted lives', () => {
    expect(withdrawable({ ...awaiting, grantedUntilMs: null }, 999)).toBe(true)
    expect(withdrawable({ ...awaiting, grantedUntilMs: null }, 1_000)).toBe(false)
    expect(withdrawable({ ...awaiting, state: 'granted', grantedUntilMs: 5_000 }, 4_999)).toBe(true)
    expect(withdrawable({ ...awaiting, state: 'granted', grantedUntilMs: 5_000 }, 5_000)).toBe(false)
    expect(withdrawable({ ...awaiting, state: 'denied', grantedUntilMs: null }, 1)).toBe(false)
  })
})

describe('the challenge', () => {
  it('is another for each kind of release, nonce and intent', () => {
    const nonce = new Uint8Array(32)
    const of = (...args: Parameters<typeof releaseChallenge>) => Buffer.from(releaseChallenge(...args)).toString('hex')
    const all = [
      of(nonce, 'export-release', '{}'),
      of(nonce, 'enforcement-off', '{}'),
      of(nonce.with(0, 1), 'export-release', '{}'),
      of(nonce, 'export-release', '{ }'),
    ]
    expect(new Set(all).size).toBe(4)
  })
})

describe('the receipt of two', () => {
  const genuine = genuineReleaseReceipt()

  it('is verified with nothing but its own bytes', async () => {
    expect(await verifyReleaseReceipt(genuine)).toMatchObject({ ok: true, intent: { typ: 'export-release' } })
    expect(await verifyReleaseReceipt(JSON.parse(JSON.stringify(genuine)))).toMatchObject({ ok: true })
  })

  it('is refused when any byte of the intent differs', async () => {
    for (let at = 0; at < genuine.intent.length; at += 7) {
      const changed =
        genuine.intent.slice(0, at) + (genuine.intent[at] === 'x' ? 'y' : 'x') + genuine.intent.slice(at + 1)
      expect(await verifyReleaseReceipt({ ...genuine, intent: changed }), String(at)).toMatchObject({ ok: false })
    }
  })

  it('is refused with one tap, or three', async () => {
    const [first, second] = genuine.taps
    for (const taps of [[], [first], [first, second, second]])
      expect(await verifyReleaseReceipt({ ...genuine, taps })).toEqual({ ok: false, fault: 'not-a-receipt', tap: null })
  })

  it('is refused for one key under two names, and one person with two keys', async () => {
    const key = new SoftwareAuthenticator()
    const one = genuineReleaseReceipt({ keys: [key, key] })
    expect(await verifyReleaseReceipt(one)).toEqual({ ok: false, fault: 'same-key', tap: 'second' })
    const [first, second] = genuine.taps
    expect(await verifyReleaseReceipt({ ...genuine, taps: [first, { ...second, person: first.person }] })).toEqual({
      ok: false,
      fault: 'same-person',
      tap: 'second',
    })
    expect(await verifyReleaseReceipt({ ...genuine, taps: [first, first] })).toMatchObject({ ok: false })
  })

  it('is refused when the one who reads is one of the two', async () => {
    const [first, second] = genuine.taps
    const reader = sampleExport.subject.person
    const with1 = { ...genuine, taps: [{ ...first, person: reader }, second] }
    const with2 = { ...genuine, taps: [first, { ...second, person: reader }] }
    expect(await verifyReleaseReceipt(with1)).toEqual({ ok: false, fault: 'subject-person', tap: 'first' })
    expect(await verifyReleaseReceipt(with2)).toEqual({ ok: false, fault: 'subject-person', tap: 'second' })
  })

  it('is refused when either tap was over another intent, or without presence or verification', async () => {
    const elsewhere = genuineReleaseReceipt({ intent: { ...sampleExport, max_events: 1 } })
    const mixed = (which: 0 | 1): ReleaseReceipt => {
      const taps: [AdministratorTap, AdministratorTap] = [...genuine.taps]
      taps[which] = elsewhere.taps[which]
      return { ...genuine, taps }
    }
    expect(await verifyReleaseReceipt(mixed(0))).toEqual({ ok: false, fault: 'wrong-challenge', tap: 'first' })
    expect(await verifyReleaseReceipt(mixed(1))).toEqual({ ok: false, fault: 'wrong-challenge', tap: 'second' })
    for (const [second, fault] of [
      [{ userPresent: false }, 'no-presence'],
      [{ userVerified: false }, 'no-verification'],
    ] as const)
      expect(await verifyReleaseReceipt(genuineReleaseReceipt({ second }))).toEqual({
        ok: false,
        fault,
        tap: 'second',
      })
  })

  it('is refused when it is something else', async () => {
    for (const input of [null, 1, 'x', [], {}, { ...genuine, more: 1 }, { ...genuine, v: 2 }, { ...genuine, taps: {} }])
      expect(await verifyReleaseReceipt(input)).toMatchObject({ ok: false, fault: 'not-a-receipt' })
  })
})
