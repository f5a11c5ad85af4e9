// Server notices through Synapse's admin API: PUT /_synapse/admin/v1/send_server_notice/{txnId} sends once for each id.
import type { NoticeSent, ServerNotices } from '../../notify/prompt.ts'
import { type HomeserverExchange, HomeserverUnreachable } from '../port.ts'

export interface ServerNoticesDeps {
  readonly exchange: HomeserverExchange
  /** The administrator's access token, read anew at each notice. Throws when it cannot be read. */
  readonly adminToken: () => Promise<string>
}

/** Sends notices. What cannot succeed however often it is tried (no such user, notices not enabled) is final. */
export function synapseNotices({ exchange, adminToken }: ServerNoticesDeps): ServerNotices {
  return {
    async send({ id, userId, text }): Promise<NoticeSent> {
      let token: string
      try {
        token = await adminToken()
      } catch (error) {
        return { ok: false, error: `the administrator's token: ${codeOf(error)}`, final: false }
      }
      try {
        const { status, text: answered } = await exchange({
          method: 'PUT',
          target: `/_synapse/admin/v1/send_server_notice/${encodeURIComponent(id)}`,
          token,
          body: { user_id: userId, content: { msgtype: 'm.text', body: text } },
        })
        if (status === 200) return { ok: true }
        // What does not serve the path at all says M_UNRECOGNIZED.
        const nobody = status === 404 && answered.includes('M_NOT_FOUND')
        return { ok: false, error: `status ${status}`, final: status === 400 || status === 404, nobody }
      } catch (error) {
        if (!(error instanceof HomeserverUnreachable)) throw error
        return { ok: false, error: error.message, final: false }
      }
    },
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'not readable'
}
