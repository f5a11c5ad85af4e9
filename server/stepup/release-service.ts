// Releases by two administrators, whatever is released: asked for by one, tapped by one, tapped over the same bytes by another.
import type { Config } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { shownText } from '../platform/shown-text.ts'
import { newToken } from '../platform/tokens.ts'
import { tapFor } from './release.ts'
import { canonicalReleaseIntent, type ReleaseIntent, releaseChallenge, releaseIntentSchema } from './release-intent.ts'
import type { ReleaseStore, ReleaseSubjects, StoredRelease, StoreRefusal } from './release-port.ts'
import { releaseTapFault } from './release-receipt.ts'
import { beginTap, type TapDeps } from './tap.ts'
import { type Administrator, administratorTap, receiptOfBoth, type TapAnswer, TELLING, tapperOf } from './two-taps.ts'

/** How long a release can be tapped, from its asking: the second administrator may be asleep. */
export const RELEASE_LIVES_SECONDS = 24 * 3600
const REASON_CHARACTERS = 500
const NAME_CHARACTERS = 100
const CLIENT_CHARACTERS = 200

export interface ReleaseDeps extends TapDeps {
  readonly config: Pick<Config, 'issuer' | 'rpId' | 'serverName'>
  readonly clock: Clock
  readonly log: Log
  readonly releases: ReleaseStore
  readonly subjects: ReleaseSubjects
}

/** What an administrator asks for. */
export type ReleaseDraft =
  | {
      readonly typ: 'export-release'
      readonly username: string
      /** `dev_…`, one that the person is signed in on. */
      readonly device: string
      /** Whether it may be read from anywhere, or only from the network where the device signed in. */
      readonly anyNetwork: boolean
      readonly rooms: readonly string[]
      /** Seconds since the epoch; `until` is not included. */
      readonly from: number
      readonly until: number
      readonly events: number
      readonly livesSeconds: number
      readonly reason: string
    }
  | { readonly typ: 'enforcement-off'; readonly livesSeconds: number; readonly reason: string }

/**
 * Asks for a release: stores the intent that both will sign. Nothing is released. Throws `Refusal` 400 `bad-reason`, 404
 * `unknown-person`, 409 `unknown-device`, 429 `too-many-releases`.
 */
export async function requestRelease(
  deps: Omit<ReleaseDeps, 'assertions' | 'credentials'>,
  by: string,
  draft: ReleaseDraft,
): Promise<string> {
  const nowMs = deps.clock.now()
  const iat = Math.floor(nowMs / 1000)
  const id = newToken('release', deps.random)
  const reason = shownText(draft.reason, REASON_CHARACTERS)
  if (reason === null) throw new Refusal(400, 'bad-reason')
  const intent: ReleaseIntent = {
    v: 1,
    jti: id,
    iss: deps.config.issuer,
    server_name: deps.config.serverName,
    reason,
    lives_seconds: draft.livesSeconds,
    iat,
    exp: iat + RELEASE_LIVES_SECONDS,
    ...(draft.typ === 'enforcement-off' ? { typ: draft.typ } : await exported(deps, draft, nowMs)),
  }
  const isCreated = await deps.releases.create({
    id,
    typ: intent.typ,
    serverName: intent.server_name,
    intent: canonicalReleaseIntent(intent),
    requestedBy: by,
    createdAt: new Date(nowMs),
    expiresAt: new Date(intent.exp * 1000),
    events: intent.typ === 'export-release' ? intent.max_events : null,
  })
  if (!isCreated) throw new Refusal(429, 'too-many-releases')
  deps.log.info('release.requested', { release: id, typ: intent.typ, person: by })
  return id
}

async function exported(
  deps: Pick<ReleaseDeps, 'subjects' | 'config'>,
  draft: ReleaseDraft & { typ: 'export-release' },
  nowMs: number,
) {
  const subject = await deps.subjects.find(draft.username, deps.config.serverName, new Date(nowMs))
  if (subject === null) throw new Refusal(404, 'unknown-person')
  const device = subject.devices.find(({ id }) => id === draft.device)
  if (device === undefined) throw new Refusal(409, 'unknown-device')
  return {
    typ: draft.typ,
    subject: { person: subject.id, username: subject.username, user_id: device.userId },
    device: {
      key: device.id,
      id: device.deviceId,
      name: shownText(device.displayName ?? '', NAME_CHARACTERS),
      client: shownText(device.client, CLIENT_CHARACTERS) ?? '',
      network: device.network,
      signed_in_at: Math.floor(device.signedInAt.getTime() / 1000),
    },
    network: draft.anyNetwork ? null : device.network,
    rooms: [...new Set(draft.rooms)].sort(),
    dates: { from: draft.from, until: draft.until },
    max_events: draft.events,
  }
}

/** A release and the tap that this person may make of it; throws the refusal when they may make none. */
async function tappable(deps: ReleaseDeps, who: Administrator, id: string, shown: string) {
  const release = await find(deps, id)
  const intent = releaseIntentSchema.parse(JSON.parse(release.intent))
  const subjectPerson = intent.typ === 'export-release' ? intent.subject.person : null
  const may = tapFor(releasing(release, subjectPerson), who.id, deps.clock.now())
  if (!may.ok) throw await refusedTap(deps, who, release, may.reason)
  // What the page showed and what would be signed are the same bytes, or nothing is signed.
  if (shown !== release.intent) throw await refusedTap(deps, who, release, 'intent-changed')
  return { release, intent, tap: may.tap }
}

/** A challenge for the tap that this person may make. `shown`: the intent as their page shows it. */
export async function beginReleaseTap(deps: ReleaseDeps, who: Administrator, id: string, shown: string) {
  const { release, intent } = await tappable(deps, who, id, shown)
  return beginTap(deps, tapperOf(who, release.id), (nonce) => releaseChallenge(nonce, intent.typ, release.intent))
}

/** Takes a tap: the first makes it wait for another administrator's, the second grants it. */
export async function finishReleaseTap(
  deps: ReleaseDeps,
  who: Administrator,
  answer: TapAnswer,
): Promise<{ readonly state: 'awaiting-second' } | { readonly state: 'granted'; readonly until: Date }> {
  const { release, intent, tap: which } = await tappable(deps, who, answer.id, answer.shown)
  const { credentialId, tap, place } = await administratorTap(deps, who, release, answer)
  const tapper = { personId: who.id, credentialId }
  const at = new Date(deps.clock.now())
  if (which === 'first') {
    const fault = await releaseTapFault(tap, place, intent)
    if (fault !== null) throw new Refusal(403, 'tap-refused', `receipt: ${fault}`)
    const result = await deps.releases.firstTap({ ...tapper, id: release.id, tap, at })
    if (!result.ok) throw await refusedTap(deps, who, release, result.reason)
    deps.log.info('release.tapped', { release: release.id, typ: release.typ, person: who.id })
    return { state: 'awaiting-second' }
  }
  if (release.firstTap === null) throw new Error('a release that awaits the second tap has the first')
  const both = await receiptOfBoth(place, release.firstTap, tap)
  if (!both.ok) throw await refusedTap(deps, who, release, both.reason, both.detail)
  const result = await deps.releases.grant({
    ...tapper,
    id: release.id,
    firstCredentialId: release.firstTap.credential.id,
    receipt: both.receipt,
    receiptDigest: both.receiptDigest,
    at,
    livesSeconds: intent.lives_seconds,
    allowance: allowanceOf(deps, intent),
  })
  if (!result.ok) throw await refusedTap(deps, who, release, result.reason)
  deps.log.warn('release.granted', {
    release: release.id,
    typ: release.typ,
    first: release.first?.id,
    second: who.id,
    until: result.until.toISOString(),
  })
  return { state: 'granted', until: result.until }
}

/** A second administrator says no. Throws the refusal where there is nothing of theirs to deny. */
export async function denyRelease(deps: ReleaseDeps, who: Administrator, id: string): Promise<void> {
  const release = await find(deps, id)
  const intent = releaseIntentSchema.parse(JSON.parse(release.intent))
  const subjectPerson = intent.typ === 'export-release' ? intent.subject.person : null
  const may = tapFor(releasing(release, subjectPerson), who.id, deps.clock.now())
  if (!may.ok) throw await refusedTap(deps, who, release, may.reason)
  if (!(await deps.releases.deny(id, who.id, new Date(deps.clock.now())))) throw new Refusal(409, 'already-decided')
  deps.log.info('release.denied', { release: id, typ: release.typ, person: who.id })
}

/** Takes a release back, granted or not: any administrator may; less is read, never more. */
export async function withdrawRelease(deps: ReleaseDeps, who: Administrator, id: string): Promise<void> {
  const release = await find(deps, id)
  if (!(await deps.releases.withdraw(id, who.id, new Date(deps.clock.now())))) throw new Refusal(409, 'already-decided')
  deps.log.warn('release.withdrawn', { release: id, typ: release.typ, person: who.id })
}

/** The release of that id; expired ones are written down first. Throws 404 `unknown-release`. */
export async function find(deps: Pick<ReleaseDeps, 'releases' | 'clock'>, id: string): Promise<StoredRelease> {
  await deps.releases.expire(new Date(deps.clock.now()))
  const release = await deps.releases.get(id)
  if (release === null) throw new Refusal(404, 'unknown-release')
  return release
}

/** What decides about a release, of a stored one. */
export function releasing(release: StoredRelease, subjectPerson: string | null) {
  return {
    state: release.state,
    expiresAtMs: release.expiresAt.getTime(),
    firstPerson: release.first?.id ?? null,
    subjectPerson,
  }
}

type TapRefused = StoreRefusal | 'release-expired' | 'subject-person' | 'intent-changed' | 'tap-refused'

async function refusedTap(
  deps: ReleaseDeps,
  who: Administrator,
  release: StoredRelease,
  reason: TapRefused,
  detail?: string,
): Promise<Refusal> {
  deps.log.warn('release.refused', { release: release.id, person: who.id, reason, detail })
  if (TELLING.has(reason)) await deps.releases.refused(release.id, who.id, reason)
  switch (reason) {
    case 'release-expired':
      return new Refusal(410, 'release-expired')
    case 'already-decided':
      return new Refusal(409, 'already-decided')
    case 'intent-changed':
      return new Refusal(409, 'intent-changed', detail)
    case 'first-tap-void':
      return new Refusal(409, 'first-tap-void')
    case 'key-given-by-the-other':
      return new Refusal(403, 'key-given-by-the-other')
    case 'device-ended':
      return new Refusal(409, 'unknown-device')
    case 'same-person':
      return new Refusal(403, 'same-person')
    case 'subject-person':
      return new Refusal(403, 'subject-person')
    case 'owners-only':
      return new Refusal(403, 'owners-only')
    case 'person-suspended':
      return new Refusal(403, 'person-suspended')
    case 'credential-revoked':
      return new Refusal(403, 'credential-revoked')
    case 'tap-refused':
      return new Refusal(403, 'tap-refused', detail)
  }
}

function allowanceOf(deps: ReleaseDeps, intent: ReleaseIntent) {
  if (intent.typ !== 'export-release') return null
  return {
    id: newToken('allowance', deps.random),
    personId: intent.subject.person,
    device: intent.device.key,
    network: intent.network,
    rooms: intent.rooms,
    fromMs: intent.dates.from * 1000,
    untilMs: intent.dates.until * 1000,
    events: intent.max_events,
  }
}
