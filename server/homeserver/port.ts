// What the gateway asks of a homeserver deployment. One implementation a kind of deployment (relying-party first).

/** Where the client's request came from: becomes `X-Forwarded-For`. */
export interface ClientAddress {
  readonly address: string
}

/** A request to the homeserver on a control path. Never the client's own headers: only what is named here is sent. */
export interface HomeserverRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query, as sent. */
  readonly target: string
  readonly origin?: ClientAddress
  /** The homeserver's own token, sent as a Bearer header. */
  readonly token?: string
  readonly cookie?: string
  /** Sent as application/json. */
  readonly body?: unknown
}

/** The homeserver's answer, never followed when it redirects, at most 1 MiB. */
export interface HomeserverAnswer {
  readonly status: number
  readonly location: string | null
  readonly setCookies: readonly string[]
  readonly contentType: string
  readonly text: string
}

/** The homeserver could not be reached, took too long or sent too much. Never carries what it sent. */
export class HomeserverUnreachable extends Error {
  constructor(detail: string) {
    super(detail)
    this.name = 'HomeserverUnreachable'
  }
}

/** The raw exchange: the Host and scheme of the gateway's public address are sent along. Throws HomeserverUnreachable. */
export type HomeserverExchange = (request: HomeserverRequest) => Promise<HomeserverAnswer>

/** Whom the homeserver signed in, and its token: the token is sealed at once and never leaves the server side. */
export interface HomeserverLogin {
  readonly userId: string
  readonly deviceId: string
  readonly token: string
}

export type SsoStart =
  | {
      readonly ok: true
      /** The authorize request at id. */
      readonly authorizeUrl: string
      readonly state: string
      readonly setCookies: readonly string[]
    }
  | { readonly ok: false; readonly reason: 'unreachable' | 'not-at-id' | 'session-unknown'; readonly detail: string }

export type SsoEnd =
  /** `returnedTo`: what follows the prefix in the place it redirects to, without the query. */
  | { readonly ok: true; readonly kind: 'login'; readonly loginToken: string; readonly returnedTo: string }
  /** The homeserver's page that says the operation is confirmed. */
  | { readonly ok: true; readonly kind: 'uia'; readonly page: string; readonly setCookies: readonly string[] }
  | {
      readonly ok: false
      /** `setting`: a detour for new users that a setting of the homeserver turned on; `detail` names the setting. */
      readonly reason: 'unreachable' | 'setting' | 'refused'
      readonly detail: string
    }

/** A homeserver that signs people in at id and mints tokens which only the gateway holds. */
export interface Homeserver {
  /** Starts a login. `returnTo` is the gateway's own `/palier/sso/<nonce>`; `idp` the identity provider the client chose. */
  startLogin(returnTo: string, idp: string | null, origin: ClientAddress): Promise<SsoStart>
  /** Starts the single sign-on stage of a user-interactive authentication. */
  startUia(session: string, origin: ClientAddress): Promise<SsoStart>
  /** Brings code and state to the homeserver with its own cookies. `returnPrefix` null for a UIA. */
  finish(
    answer: { readonly code: string; readonly state: string; readonly cookie: string },
    returnPrefix: string | null,
    origin: ClientAddress,
  ): Promise<SsoEnd>
  /** Redeems the homeserver's login token. Null when it was refused. Throws HomeserverUnreachable. */
  login(
    loginToken: string,
    device: { readonly deviceId: string | null; readonly displayName: string | null },
    origin: ClientAddress,
  ): Promise<HomeserverLogin | null>
  /** A client-server request with the homeserver's token. Throws HomeserverUnreachable. */
  request(request: HomeserverRequest): Promise<HomeserverAnswer>
  /** Ends the device that the token belongs to; true when it is gone (also when it was). Throws HomeserverUnreachable. */
  endDevice(token: string): Promise<boolean>
}
