// What binding a login keeps: from the client's redirect to the callback of the same browser, and the login token after it.

/** How long a person has between the redirect and the callback. */
export const BINDING_SECONDS = 900
/** How long a client has to redeem Palier's login token; Synapse's own lives as long. */
export const LOGIN_TOKEN_SECONDS = 120

/** A login that a client began. */
export interface LoginBinding {
  /** SHA-256 of the nonce in `{gateway}/palier/sso/<nonce>`. */
  readonly hash: string
  readonly serverName: string
  /** Allow-listed. */
  readonly redirectUrl: string
  readonly network: string
  readonly client: string
  readonly browserHash: string
  readonly stateHash: string
}

/** A user-interactive authentication that a homeserver asked for. */
export interface UiaBinding {
  /** SHA-256 of its session. */
  readonly hash: string
  readonly serverName: string
  readonly action: string
  /** In plain words. */
  readonly actionSubject: string
  /** Hash of the method, action and target. */
  readonly targetHash: string
  /** `dev_…`, the device that asked. */
  readonly device: string
  readonly network: string
  readonly client: string
}

/** A binding whose code came back to the browser that began it. */
export type Completed =
  | {
      readonly purpose: 'login'
      readonly hash: string
      readonly sid: string
      readonly redirectUrl: string
      readonly network: string
      readonly client: string
    }
  | { readonly purpose: 'uia'; readonly hash: string; readonly action: string; readonly actionSubject: string }

export interface BindingStore {
  /** Removes what is out of date, a little at a time, and keeps a login's binding. */
  beginLogin(binding: LoginBinding): Promise<void>
  /** Keeps a UIA's binding. False when its session is known for another device, action or target. */
  beginUia(binding: UiaBinding): Promise<boolean>
  /**
   * Gives a UIA to the browser that opened its page: one UPDATE that matches only a known session, from the network that
   * asked, not completed, and no other browser's. Called again by the same browser it only takes the new state.
   */
  openUia(hash: string, network: string, browserHash: string, stateHash: string): Promise<boolean>
  /** Whether `openUia` would match; asks nothing of the homeserver for a stranger's link. */
  mayOpenUia(hash: string, network: string, browserHash: string): Promise<boolean>
  /**
   * Completes a binding: one UPDATE that matches state, code, browser, and only once, while unexpired. Of any number of
   * parallel calls one gets it.
   */
  complete(stateHash: string, codeHash: string, browserHash: string): Promise<Completed | null>
  /** How a UIA stands for this device and target: unknown here, waiting for its tap, confirmed, or used. */
  uiaState(hash: string, device: string, targetHash: string): Promise<'unknown' | 'waiting' | 'confirmed' | 'used'>
  /** Uses a confirmed UIA up: one UPDATE; of parallel calls one gets true. */
  useUia(hash: string, device: string, targetHash: string): Promise<boolean>
}

/** A login token of Palier's own. */
export interface LoginToken {
  readonly hash: string
  readonly serverName: string
  readonly sid: string
  /** Sealed. */
  readonly homeserverLoginToken: string
  readonly network: string
}

export interface LoginTokenStore {
  /** Keeps it for LOGIN_TOKEN_SECONDS, by the database's clock; removes what is out of date. */
  insert(token: LoginToken): Promise<void>
  /** Takes it: one `DELETE … RETURNING`, so that of any number of parallel calls one gets it. */
  take(hash: string, serverName: string): Promise<LoginToken | null>
}
