// Element Web's own dialog for terms to agree to, as a way to a prompt: 403 M_CONSENT_NOT_GIVEN with the approval's link as
// `consent_uri`, at which matrix-js-sdk clients tell their page (HttpApiEvent.NoConsent). An operator's choice, because a 403 makes
// Element Desktop's search index give up a room for good: only browsers are answered so, and once a prompt.
import type { Config } from '../config/config.ts'
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { MeteredRequest } from './metered-port.ts'
import type { Ask, PendingApproval } from './ports.ts'

/** Prompts that are remembered to have been shown. */
const REMEMBERED = 10_000
const SHOWN_FOR_MS = 15 * 60_000
/** What somebody looks at and waits for; what a client does by itself opens no dialog. */
const DIRECTIONS: ReadonlySet<string> = new Set(['backward', 'forward', 'around', 'event', 'search'])

/** The answer that opens the dialog, or null where the ladder goes on as ever. */
export type ConsentDialog = (request: MeteredRequest, ask: Ask, approval: PendingApproval) => MatrixError | null

/** The rung of the ladder that a configuration asks for. */
export function consentDialog(config: Partial<Pick<Config, 'consentDialog'>>): ConsentDialog {
  if (config.consentDialog !== true) return () => null
  const shown = lastUsed<string, true>(REMEMBERED, SHOWN_FOR_MS)
  return (request, ask, approval) => {
    if (!DIRECTIONS.has(ask.direction) || !isBrowserPage(request)) return null
    // Asked again while the dialog is open: held, so that it goes through with the tap.
    if (shown.has(approval.approvalHash)) return null
    shown.set(approval.approvalHash, true)
    return matrixError('M_CONSENT_NOT_GIVEN', 403, 'Older messages wait for a tap of your security key.', {
      consent_uri: approval.approvalUri,
    })
  }
}

/**
 * Whether a page in a browser asks: it sends Origin to another site (Fetch §3.2), and a browser's User-Agent. Element Web has none of
 * its own; Element Desktop names Electron in it and opens no dialog here.
 */
function isBrowserPage({ headers }: Pick<MeteredRequest, 'headers'>): boolean {
  const one = (name: string) => headers.find(([other]) => other === name)?.[1] ?? ''
  return (
    /^https?:\/\//.test(one('origin')) &&
    /^Mozilla\/5\.0 /.test(one('user-agent')) &&
    !/Electron|Element/i.test(one('user-agent'))
  )
}
