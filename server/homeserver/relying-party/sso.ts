// What Synapse's redirects and pages mean, as a relying party of id. Pure: its answers in, what the gateway does out.
import { z } from 'zod'
import type { HomeserverAnswer, HomeserverLogin, SsoEnd, SsoStart } from '../port.ts'

const LOGIN_ANSWER = z.object({
  user_id: z.string().min(1),
  access_token: z.string().min(1),
  device_id: z.string().min(1),
})

/** Detours of Synapse for people it does not know, and the setting that turns each on. */
const DETOURS: readonly (readonly [path: string, setting: string])[] = [
  ['/_synapse/client/pick_username', 'user_mapping_provider.config: localpart_template and confirm_localpart: false'],
  ['/_synapse/client/new_user_consent', 'user_consent.require_at_registration: false'],
  ['/_synapse/client/sso_register', 'user_mapping_provider.config: confirm_localpart: false'],
  ['/_synapse/client/pick_idp', 'oidc_providers: exactly one, id'],
]

/** Synapse's answer to the start of a login: its redirect to id. */
export function readLoginStart(answer: HomeserverAnswer, issuer: string): SsoStart {
  const start = authorizeRequest(answer.location, issuer)
  if (start) return { ok: true, ...start, setCookies: oidcCookies(answer.setCookies) }
  return { ok: false, reason: 'not-at-id', detail: detourOf(answer.location) ?? `status ${answer.status}` }
}

/** Synapse's page before a UIA's single sign-on: the link on it leads to id. */
export function readUiaStart(answer: HomeserverAnswer, issuer: string): SsoStart {
  if (answer.status >= 400) return { ok: false, reason: 'session-unknown', detail: `status ${answer.status}` }
  for (const [, href] of answer.text.matchAll(/\shref\s*=\s*"([^"]*)"/gi)) {
    const start = authorizeRequest(unescapeHtml(href ?? ''), issuer)
    if (start) return { ok: true, ...start, setCookies: oidcCookies(answer.setCookies) }
  }
  return { ok: false, reason: 'not-at-id', detail: 'no link to id on the page' }
}

/** Synapse's answer to the callback: a redirect that carries its login token, or, for a UIA, its page of success. */
export function readEnd(answer: HomeserverAnswer, returnPrefix: string | null): SsoEnd {
  const detour = detourOf(answer.location)
  if (detour) return { ok: false, reason: 'setting', detail: detour }
  if (returnPrefix === null) {
    return answer.status === 200
      ? { ok: true, kind: 'uia', page: answer.text, setCookies: oidcCookies(answer.setCookies) }
      : { ok: false, reason: 'refused', detail: `status ${answer.status}` }
  }
  if (answer.location?.startsWith(returnPrefix) && URL.canParse(answer.location)) {
    const loginToken = new URL(answer.location).searchParams.get('loginToken')
    const returnedTo = answer.location.slice(returnPrefix.length).split('?')[0] ?? ''
    if (loginToken) return { ok: true, kind: 'login', loginToken, returnedTo }
  }
  // A page instead of a redirect: Synapse asks for a confirmation because the gateway is not on its list.
  if (answer.status === 200) {
    return { ok: false, reason: 'setting', detail: 'sso.client_whitelist: the gateway with /palier/sso/' }
  }
  return { ok: false, reason: 'refused', detail: `status ${answer.status}` }
}

/** The answer to `POST /login`; null when the login was refused or the answer is not one. */
export function readLogin(answer: HomeserverAnswer): HomeserverLogin | null {
  if (answer.status !== 200) return null
  const parsed = LOGIN_ANSWER.safeParse(parseJson(answer.text))
  if (!parsed.success) return null
  return { userId: parsed.data.user_id, deviceId: parsed.data.device_id, token: parsed.data.access_token }
}

/** JSON of a text, or undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function authorizeRequest(location: string | null, issuer: string): { authorizeUrl: string; state: string } | null {
  if (!location?.startsWith(`${issuer}/oidc/authorize?`) || !URL.canParse(location)) return null
  const states = new URL(location).searchParams.getAll('state')
  const state = states[0]
  return states.length === 1 && state ? { authorizeUrl: location, state } : null
}

function detourOf(location: string | null): string | null {
  if (location === null) return null
  // Synapse's detours are relative or at its public address: the path decides.
  const path = URL.canParse(location, 'http://relative.invalid')
    ? new URL(location, 'http://relative.invalid').pathname
    : ''
  return DETOURS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? null
}

// Only the cookies of the OIDC round: nothing else that a homeserver sets is passed on.
function oidcCookies(setCookies: readonly string[]): readonly string[] {
  return setCookies.filter((cookie) => /^oidc_session(?:_no_samesite)?=/.test(cookie))
}

function unescapeHtml(text: string): string {
  return text
    .replace(/&#(\d{1,6});/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]{1,5});/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}
