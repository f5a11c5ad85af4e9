// id as one app: everything mounted in the order in which a request meets it. The readable map of id.
import { Hono } from 'hono'
import { type AccountRouteDeps, accountRoutes } from './account/routes.ts'
import { type ScimDeps, scimRoutes } from './console/scim/routes.ts'
import { type ConsoleRouteDeps, consoleRoutes } from './console/serve.ts'
import { renderErrorPage } from './errors/page.ts'
import { problemHandler } from './errors/problem.ts'
import { streamedAnswers } from './errors/streamed.ts'
import { type OidcDeps, oidcRoutes } from './oidc/routes.ts'
import { type PageDeps, pageRoutes } from './pages.ts'
import { type EnrolmentRouteDeps, enrolmentRoutes } from './people/routes.ts'
import { jsonApi } from './platform/json-api.ts'
import { localeOf } from './platform/locale.ts'
import type { Log } from './platform/log.ts'
import { browserCookie } from './sessions/browser.ts'
import { type IdSessionStore, sessionCookie } from './sessions/id-session.ts'
import { type SigninDeps, signinRoutes } from './signin/routes.ts'
import { releaseRoutes } from './stepup/release-routes.ts'
import type { ReleaseDeps } from './stepup/release-service.ts'
import { type RenewalDeps, renewalRoutes } from './stepup/renewal.ts'
import { type ApprovalRouteDeps, approvalRoutes } from './stepup/routes.ts'

export interface IdAppDeps {
  readonly log: Log
  readonly idSessions: IdSessionStore
  readonly oidc: OidcDeps
  readonly signin: SigninDeps
  readonly enrolment: EnrolmentRouteDeps
  readonly approvals: ApprovalRouteDeps
  readonly releases: ReleaseDeps
  readonly renewals: RenewalDeps
  readonly account: AccountRouteDeps
  /** Null: it has an address of its own (`consoleApp`), and this one refuses it. */
  readonly console: ConsoleRouteDeps | null
  readonly scim: ScimDeps
  readonly pages: PageDeps
}

/** The app that both runtimes serve. */
export function idApp(deps: IdAppDeps): Hono {
  const { config, random } = deps.enrolment
  const app = new Hono()
  app.onError(problemHandler(deps.log))
  app.notFound((c) => renderErrorPage({ reason: 'not-found', locale: localeOf(c.req.raw.headers), status: 404 }))
  // Relying parties first: no cookie is theirs.
  app.route('/', oidcRoutes(deps.oidc))
  // Directories next: a token of their own, and no cookie either.
  app.route('/', scimRoutes(deps.scim))
  // The pages' JSON APIs: only from id's own origin, with the browser's cookie and, where there is one, its session.
  app.use(
    '/api/*',
    streamedAnswers(deps.log),
    jsonApi(config),
    browserCookie({ config, random }),
    sessionCookie({ ...deps.approvals, idSessions: deps.idSessions }),
  )
  app.route('/', enrolmentRoutes(deps.enrolment))
  app.route('/', signinRoutes(deps.signin))
  app.route('/', approvalRoutes(deps.approvals))
  app.route('/', renewalRoutes(deps.renewals))
  app.route('/', accountRoutes(deps.account))
  if (deps.console !== null) {
    app.route('/', releaseRoutes(deps.releases))
    app.route('/', consoleRoutes(deps.console))
  }
  app.route('/', pageRoutes(deps.pages))
  return app
}

export type ConsoleAppDeps = Pick<IdAppDeps, 'log' | 'idSessions' | 'signin' | 'enrolment' | 'releases' | 'pages'> & {
  readonly console: ConsoleRouteDeps
}

/** The console at an address of its own: signing in there, its API, and the desk where a key is added in the administrator's browser. */
export function consoleApp(deps: ConsoleAppDeps): Hono {
  const { config, random } = deps.enrolment
  const app = new Hono()
  app.onError(problemHandler(deps.log))
  app.notFound((c) => renderErrorPage({ reason: 'not-found', locale: localeOf(c.req.raw.headers), status: 404 }))
  app.use(
    '/api/*',
    streamedAnswers(deps.log),
    jsonApi(config),
    browserCookie({ config, random }),
    sessionCookie({ ...deps.signin }),
  )
  app.route('/', enrolmentRoutes(deps.enrolment))
  app.route('/', signinRoutes(deps.signin))
  app.route('/', releaseRoutes(deps.releases))
  app.route('/', consoleRoutes(deps.console))
  app.route('/', pageRoutes(deps.pages))
  return app
}

/** Each request to the app of the host that it names (RFC 9110 §7.2): `own` for that host, the other for all others. */
export function byHost(host: string, own: Hono, others: Hono): Hono {
  const app = new Hono()
  app.all('*', (c) => (new URL(c.req.url).host === host ? own : others).fetch(c.req.raw, c.env))
  return app
}
