// The audit log as the console and the command line read it: the chain, its signed heads, receipts.
import { decodeJwt } from 'jose'
import { auditStore } from '../../db/stores/audit.ts'
import { auditHeadStore } from '../../db/stores/audit-heads.ts'
import { auditConsoleStore } from '../../db/stores/console-audit.ts'
import { outboxStore } from '../../db/stores/outbox.ts'
import { firstMissing, HEAD_TYP, type HeadSigner, headPayload, readHead, signHead } from '../audit/heads.ts'
import type { Audit } from '../audit/port.ts'
import { verifyAudit } from '../audit/verify.ts'
import type { AuditConsole } from '../console/audit/port.ts'
import { Refusal } from '../errors/failure.ts'
import type { Keyring } from '../oidc/keys.ts'
import type { LineFile } from '../platform/lines-node.ts'
import { oneByOne } from '../platform/one-by-one.ts'
import { newToken } from '../platform/tokens.ts'
import { loneReceiptSchema, verifyLoneReceipt } from '../stepup/act-receipt.ts'
import { receiptDigest, verifyReceipt } from '../stepup/receipt.ts'
import { releaseReceiptSchema, verifyReleaseReceipt } from '../stepup/release-receipt.ts'
import type { Ground } from './ground.ts'

/** Heads that were signed here and that a verification holds the chain against: as many as a month of quarter hours. */
const HEADS_CHECKED = 3_000
const HEADS_WRITTEN = 500
const VERIFICATIONS_WAITING = 3

/** Signs heads with id's own key, which the key set publishes while it lives. */
export function headSigner(keys: Pick<Keyring, 'sign' | 'verify'>, issuer: string): HeadSigner {
  return {
    sign: (claims) => keys.sign('ES256', HEAD_TYP, claims),
    verify: (jws) => keys.verify(jws, { algorithm: 'ES256', typ: HEAD_TYP, issuer, ignoreTimes: true }),
  }
}

/** Signs the chain's head, keeps it, and owes it to every webhook. */
export function headPublisher({ config, clock, random, db }: Ground, keys: Keyring): () => Promise<unknown> {
  const outbox = outboxStore(db)
  return () =>
    signHead({
      issuer: config.issuer,
      clock,
      heads: auditHeadStore(db),
      signer: headSigner(keys, config.issuer),
      owe: async (head, tx) => {
        for (const { name } of config.webhooks) {
          await outbox.enqueue(
            {
              id: newToken('notification', random),
              channel: 'webhook',
              target: name,
              about: `audit-head/${head.sequence}`,
              payload: headPayload(head),
              serverName: null,
            },
            tx,
          )
        }
      },
    })
}

/** Adds to a file what was signed since its last line: also heads that another process signed, or that were signed while it was away. */
export async function writeHeads(db: Ground['db'], file: LineFile): Promise<void> {
  const heads = auditHeadStore(db)
  const last = await file.last()
  let after = last === null ? 0 : sequenceOf(last)
  for (;;) {
    const page = await heads.after(after, HEADS_WRITTEN)
    await file.append(page.map(({ jws }) => jws))
    if (page.length < HEADS_WRITTEN) return
    after = page.at(-1)?.sequence ?? after
  }
}

/** The number in a line that we wrote; not a check of its signature. Zero where it cannot be read: then all are written again. */
function sequenceOf(jws: string): number {
  try {
    const { sequence } = decodeJwt(jws)
    return typeof sequence === 'number' ? sequence : 0
  } catch {
    return 0
  }
}

/** What the console's audit verbs stand on. */
export function auditConsole({ config, db }: Ground, keys: Keyring, audit: Audit): AuditConsole {
  const store = auditConsoleStore(db)
  const heads = auditHeadStore(db)
  const signer = headSigner(keys, config.issuer)
  return {
    ...store,
    readHead: (text) => readHead(text, signer),
    // The whole log is read each time.
    verify: oneByOne(
      (known: string | null) => verifyAudit(auditStore(db), known),
      VERIFICATIONS_WAITING,
      () => new Refusal(429, 'verification-busy'),
    ),
    async missingHead(known) {
      const kept = await store.heads(HEADS_CHECKED)
      const all = known === null ? kept : [...kept, known]
      return { checked: all.length, missing: (await firstMissing(heads, all))?.sequence ?? null }
    },
    exported: async ({ actor }, detail) =>
      void (await audit.append({ action: 'audit.exported', actor, subject: 'audit', detail })),
    async verifyReceipt(receipt) {
      const ofTwo = releaseReceiptSchema.safeParse(receipt).success
      const ofOne = loneReceiptSchema.safeParse(receipt).success
      const verdict = ofTwo
        ? await verifyReleaseReceipt(receipt)
        : ofOne
          ? await verifyLoneReceipt(receipt)
          : await verifyReceipt(receipt)
      const digest = receiptDigest(receipt)
      const subject = verdict.ok ? verdict.intent.jti : ''
      return {
        fault: verdict.ok ? null : verdict.fault,
        digest,
        sequence: verdict.ok ? await store.entryOfReceipt(digest, subject) : null,
      }
    },
  }
}
