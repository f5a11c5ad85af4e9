// Who redeems a link says who they are at another provider first, where one is configured: a link that was stolen, forwarded or sent
// to the wrong person then opens nothing. Verifier and nonce are derived from the state, so that nothing secret is kept in between.
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { equalInConstantTime, hmacSha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { hashToken } from '../platform/tokens.ts'
import type { Claimed, ProofProvider, ProofStore } from './proof-port.ts'
import type { LiveTicket } from './tickets.ts'

/** How long somebody may take at the other provider, and then for the keys. */
export const PROOF_SECONDS = 30 * 60

export interface ProofDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly proofs: ProofStore
  readonly provider: ProofProvider
}

/** Whether this ticket waits for a proof: those that somebody was given. Who has a key, or sits at the desk, has proved enough. */
export async function awaitsProof(
  deps: Pick<ProofDeps, 'clock' | 'proofs'> | null,
  { ticket }: Pick<LiveTicket, 'ticket'>,
  browserHash: string,
): Promise<boolean> {
  if (deps === null || ticket.kind !== 'enrol') return false
  return !(await deps.proofs.isProved(ticket.hash, browserHash, new Date(deps.clock.now())))
}

/** Begins a proof: where to send the browser. Throws `Refusal` 503 `proof-unreachable`. */
export async function beginProof(deps: ProofDeps, { ticket }: LiveTicket, browserHash: string): Promise<string> {
  const state = base64Url(deps.random.bytes(32))
  const now = deps.clock.now()
  let address: string
  try {
    address = await deps.provider.address(askedOf(deps, state))
  } catch (error) {
    deps.log.error('enrolment.proof-unreachable', { issuer: deps.provider.issuer, detail: messageOf(error) })
    throw new Refusal(503, 'proof-unreachable')
  }
  await deps.proofs.begin({
    stateHash: hashToken(state),
    ticketHash: ticket.hash,
    browserHash,
    createdAt: new Date(now),
    expiresAt: new Date(now + PROOF_SECONDS * 1000),
  })
  return address
}

export type ProofOutcome = 'proved' | 'proof-refused' | 'proof-other-person' | 'proof-email-unverified' | 'proof-gone'

/** Takes the provider's answer, for the ticket in the browser's cookie. Never throws for what the other side says. */
export async function takeProof(
  deps: ProofDeps,
  answer: URL,
  live: LiveTicket,
  browserHash: string,
): Promise<ProofOutcome> {
  const state = answer.searchParams.get('state') ?? ''
  const stateHash = hashToken(state)
  const now = new Date(deps.clock.now())
  const begun = state === '' ? null : await deps.proofs.answer(stateHash, browserHash, now)
  if (begun === null || begun.ticketHash !== live.ticket.hash || live.person === null) return 'proof-gone'
  const { provider, proofs } = deps
  const person = live.person.id
  const decide = (outcome: ProofOutcome) =>
    proofs.decide(stateHash, outcome === 'proved' ? now : null, {
      action: outcome === 'proved' ? 'enrolment.proved' : 'enrolment.proof-refused',
      actor: person,
      subject: person,
      detail: { issuer: provider.issuer, claim: provider.claim, outcome },
    })
  let claimed: Claimed
  try {
    claimed = await provider.claimed(answer, askedOf(deps, state))
  } catch (error) {
    deps.log.warn('enrolment.proof-refused', { person, issuer: provider.issuer, detail: messageOf(error) })
    await decide('proof-refused')
    return 'proof-refused'
  }
  const outcome = fitting(claimed, (await proofs.known(person))?.[provider.claim] ?? null)
  // Neither what was claimed nor what is known goes into the log: either may be somebody else's address.
  if (outcome !== 'proved') {
    const detail = 'text' in claimed ? 'another person' : WANTING[claimed.missing](provider.claim)
    deps.log.warn('enrolment.proof-refused', { person, issuer: provider.issuer, detail })
  }
  await decide(outcome)
  return outcome
}

/** For the log: what an answer lacked. */
const WANTING = {
  claim: (claim: string) => `no ${claim} in the answer`,
  verification: () => 'the provider does not say that it verified the address (PALIER_PROOF_EMAILS)',
} as const

function fitting(claimed: Claimed, known: string | null) {
  if ('missing' in claimed) return claimed.missing === 'verification' ? 'proof-email-unverified' : 'proof-other-person'
  return known !== null && equalInConstantTime(plain(claimed.text), plain(known)) ? 'proved' : 'proof-other-person'
}

function askedOf({ sealer }: Pick<ProofDeps, 'sealer'>, state: string) {
  const derived = (use: string) => base64Url(hmacSha256(sealer.macKey(`enrolment-proof-${use}`), state))
  return { state, nonce: derived('nonce'), verifier: derived('verifier') }
}

const plain = (text: string) => text.trim().normalize('NFC').toLowerCase()

function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).slice(0, 200)
}
