// The console where it has an address of its own: the same process, database and keys, another host with cookies of its own.
import type { Hono } from 'hono'
import { consoleApp, type IdAppDeps } from '../app.ts'
import { type Config, consoleOrigin } from '../config/config.ts'
import type { ConsoleRouteDeps } from '../console/serve.ts'
import { CONSOLE_PAGES } from '../pages.ts'
import type { AssertionService } from '../webauthn/assertion.ts'
import type { RegistrationService } from '../webauthn/registration.ts'
import type { Ground } from './ground.ts'

/**
 * The same ground, standing at the console's address: cookies, the origin that may call and the origin of taps are that one's, and what
 * two administrators sign there names it. What is sent to people goes on naming the issuer.
 */
export function signedAtConsole<Standing extends { readonly config: Config }>(ground: Standing): Standing {
  return { ...ground, config: { ...ground.config, issuer: consoleOrigin(ground.config) } }
}

export interface OwnParts {
  readonly console: ConsoleRouteDeps
  /** Both made for the console's address: a tap or a new key of another page is none of its own. */
  readonly assertions: AssertionService
  readonly registrations: RegistrationService
}

/** The console's own app, from what id's is made of. */
export function consoleApart(ground: Ground, id: IdAppDeps, own: OwnParts): Hono {
  const { config } = signedAtConsole(ground)
  return consoleApp({
    ...id,
    console: own.console,
    signin: { ...id.signin, config, assertions: own.assertions },
    enrolment: { ...id.enrolment, config, registrations: own.registrations },
    pages: {
      ...id.pages,
      config,
      pages: CONSOLE_PAGES,
      home: { root: '/console', me: `${ground.config.issuer}/me` },
    },
  })
}
