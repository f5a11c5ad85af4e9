// Puts id together on a database: stores, services and routes. Runtime-neutral: the Node entry and the Worker both use it.

import type { Context } from 'hono'
import { accountStore } from '../../db/stores/account.ts'
import { sweepAlerts } from '../../db/stores/alerts.ts'
import { approvalStore } from '../../db/stores/approvals.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { authorizationBindingsStore } from '../../db/stores/bindings.ts'
import { ceremoniesStore } from '../../db/stores/ceremonies.ts'
import { clientStore } from '../../db/stores/clients.ts'
import { codeStore } from '../../db/stores/codes.ts'
import { sweepUploads } from '../../db/stores/console-metadata.ts'
import { sweepGateways } from '../../db/stores/console-watch.ts'
import { credentialsStore } from '../../db/stores/credentials.ts'
import { owedLogoutsStore } from '../../db/stores/devices.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { keyPoliciesOfGroups } from '../../db/stores/key-policies.ts'
import { enqueueLogout, logoutDeliveryStore } from '../../db/stores/logout-deliveries.ts'
import { metadataStore } from '../../db/stores/metadata.ts'
import { meterStore } from '../../db/stores/metering.ts'
import { oidcTokenStore } from '../../db/stores/oidc-tokens.ts'
import { noteLanguage } from '../../db/stores/outbox.ts'
import { passStore } from '../../db/stores/passes.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { personExport } from '../../db/stores/person-export.ts'
import { receiptCredentials } from '../../db/stores/receipts.ts'
import { releaseStore, releaseSubjects } from '../../db/stores/releases.ts'
import { renewalStore } from '../../db/stores/renewals.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { serviceStore } from '../../db/stores/services.ts'
import { sidStore } from '../../db/stores/sids.ts'
import { signingKeyStore } from '../../db/stores/signing-keys.ts'
import { sweepId } from '../../db/stores/sweep.ts'
import { transactionStore } from '../../db/stores/transactions.ts'
import { CompanionWatch } from '../account/events.ts'
import { lostKeys } from '../account/lost-key.ts'
import { byHost, type IdAppDeps, idApp } from '../app.ts'
import { auditLog } from '../audit/log.ts'
import { renderErrorPage } from '../errors/page.ts'
import { authorizations } from '../oidc/complete.ts'
import { signOut } from '../oidc/end-session.ts'
import { keyring } from '../oidc/keys.ts'
import { logoutWorker } from '../oidc/logout-worker.ts'
import { ID_PAGES } from '../pages.ts'
import { workOnImports } from '../people/import-work.ts'
import { endExpiredPasses, passHash } from '../people/passes.ts'
import { ensureSetupLink, issueTicket } from '../people/tickets.ts'
import type { Assets } from '../platform/assets.ts'
import { localeOf } from '../platform/locale.ts'
import type { Metrics } from '../platform/metrics.ts'
import { clientAddress, networkOf } from '../platform/network.ts'
import { newToken } from '../platform/tokens.ts'
import { defaultPolicy } from '../policy/defaults.ts'
import { revocationService } from '../sessions/revocation.ts'
import { approvalUri } from '../stepup/request.ts'
import { assertionService } from '../webauthn/assertion.ts'
import { keyIdentity } from '../webauthn/identity.ts'
import { cutOffUnsafe } from '../webauthn/metadata.ts'
import { registrationService } from '../webauthn/registration.ts'
import { consoleParts } from './console.ts'
import { headPublisher } from './console-audit.ts'
import { consoleApart, signedAtConsole } from './console-origin.ts'
import { metadataDeps } from './cut-off.ts'
import { proofDeps } from './enrolment.ts'
import type { Ground } from './ground.ts'
import { leavingIncidents } from './incidents.ts'
import { disownedBy, toldOfGivenKeys, toldOfRevokedKeys } from './notify.ts'
import { metersInForce } from './policy.ts'
import { scimParts } from './scim.ts'

export interface IdInput {
  readonly metrics: Metrics
  readonly assets: Assets
  /** The peer's address of a request, from what the runtime hands to Hono as its environment. */
  readonly addressOf: (env: unknown) => string
  /** Whether a timer and a connection may serve several requests, as on Node. On Workers each ends with its request. */
  readonly requestsShare: boolean
}

/** id's app and the work that goes on beside it. */
export async function idParts(ground: Ground, input: IdInput) {
  const { clock, random, log, db } = ground
  const audit = auditLog({ store: auditStore(db, { gathers: input.requestsShare }), clock })
  const idSessions = idSessionStore(db)
  const enrolment = enrolmentStore(db, audit, toldOfGivenKeys(ground))
  const ceremonies = ceremoniesStore(db)
  const people = peopleStore(db, audit)
  const meters = meterStore(db, defaultPolicy)
  const limited = metersInForce(ground, meters)
  const keys = keyring({ ...ground, signingKeys: signingKeyStore(db) })
  const revoker = leavingIncidents(
    revocationService({
      ...ground,
      audit,
      enqueueLogout,
      told: disownedBy(ground),
      revocations: revocationsStore(db),
      owedLogouts: owedLogoutsStore(db),
      homeserver: null,
    }),
    { ...ground, meters },
  )
  const assertions = assertionService({ ...ground, ceremonies, audit, credentials: credentialsStore(db) })
  const releases = releaseStore(db, { audit })
  const tickets = { ...ground, enrolment }
  const passes = passStore(db, audit)
  const links = { uri: (approval: Parameters<typeof approvalUri>[1]) => approvalUri(ground, approval) }
  const account = accountStore(db, audit)
  const newWatch = () => new CompanionWatch({ account, links, clock })
  const watch = newWatch()
  const networkOfRequest = (c: Context) =>
    networkOf(clientAddress(input.addressOf(c.env), c.req.header('X-Forwarded-For'), ground.config.trustedProxies))
  const oidc = {
    ...ground,
    keys,
    idSessions,
    errorPage,
    networkOf: networkOfRequest,
    clients: clientStore(db),
    transactions: transactionStore(db),
    codes: codeStore(db),
    sids: sidStore(db),
    oidcTokens: oidcTokenStore(db),
    bindings: authorizationBindingsStore(db),
    revoker,
  }
  // Where the console stands: id's own address, or one of its own.
  const desk = signedAtConsole(ground)
  const isApart = ground.config.consoleUrl !== null
  const deskAssertions = assertionService({ ...desk, ceremonies, audit, credentials: credentialsStore(db) })
  const registrationsAt = (standing: Ground) =>
    registrationService({ ...standing, ceremonies, models: metadataStore(db), groups: keyPoliciesOfGroups(db) })
  const administration = consoleParts(ground, {
    audit,
    keys,
    assertions: deskAssertions,
    revoker,
    requestsShare: input.requestsShare,
  })
  await keys.rotateKeys(clock.now())
  const parts: IdAppDeps = {
    log,
    idSessions,
    oidc,
    signin: {
      ...oidc,
      assertions,
      transactions: authorizations(oidc),
      signOut: (hash) => signOut(oidc, hash),
      usePass: async (code, expectedPersonId) => {
        const hash = passHash(code)
        return hash === null ? null : passes.use(hash, expectedPersonId, new Date(clock.now()))
      },
      speaks: (personId, locale) => noteLanguage(db, personId, locale, new Date(clock.now())),
    },
    enrolment: {
      ...tickets,
      people,
      networkOf: networkOfRequest,
      identify: (registration, at) => keyIdentity(metadataStore(db), registration, at),
      proof: proofDeps(ground, audit),
      registrations: registrationsAt(ground),
    },
    approvals: {
      ...ground,
      assertions,
      approvals: approvalStore(db, { audit, meters: limited }),
      credentials: receiptCredentials(db),
      endDevice: {
        end: async ({ device, personId, serverName }, reason) => {
          await revoker.revoke('device', device, reason)
          await meters.giveBack({
            incident: newToken('incident', random),
            device,
            personId,
            serverName,
            reason,
          })
        },
      },
    },
    releases: {
      ...desk,
      assertions: deskAssertions,
      releases,
      subjects: releaseSubjects(db),
      credentials: receiptCredentials(db),
    },
    renewals: {
      ...ground,
      assertions,
      services: serviceStore(db, audit),
      renewals: renewalStore(db, audit),
      credentials: receiptCredentials(db),
    },
    account: {
      clock,
      account,
      links,
      consoleUri: `${desk.config.issuer}/console`,
      watch: input.requestsShare ? watch : { listen: (listener) => newWatch().listen(listener) },
      meters: {
        readings: async (personId) => limited.remaining(ground.config.serverName, personId),
      },
      devices: { endOwn: async (device) => void (await revoker.revoke('device', device, 'revoked')) },
      keys: lostKeys({ account, revoker, audit, told: toldOfRevokedKeys(ground) }),
      data: {
        take: async (personId) => {
          await audit.append({ action: 'privacy.exported', actor: personId, subject: personId, detail: {} })
          return personExport(db).pieces(personId, 'own')
        },
      },
      languages: { speaks: (personId, locale) => noteLanguage(db, personId, locale, new Date(clock.now())) },
      enrolment: {
        link: async (personId) => (await issueTicket(tickets, { kind: 'self', personId, createdBy: personId })).url,
      },
    },
    console: isApart ? null : administration,
    scim: scimParts(ground, { ...administration, audit }),
    pages: { config: ground.config, assets: input.assets, ...(isApart ? { pages: ID_PAGES } : {}) },
  }
  const app = idApp(parts)
  const own = { console: administration, assertions: deskAssertions, registrations: registrationsAt(desk) }
  return {
    app: isApart ? byHost(new URL(desk.config.issuer).host, consoleApart(ground, parts, own), app) : app,
    keyring: keys,
    logoutWorker: logoutWorker({ ...ground, keys, logoutDeliveries: logoutDeliveryStore(db) }),
    setupLink: () => ensureSetupLink(tickets),
    /** Ends what passes opened that are over; each second. */
    endExpiredPasses: () => endExpiredPasses({ clock, log, passes, revoker }),
    /** Signs where the audit log stands, and sends that out. */
    publishHead: headPublisher(ground, keys),
    /** Runs grave acts that are due. */
    runDueActs: administration.runDue,
    /** Works on imports of people for so long at most. */
    workOnImports: (forMs: number) => workOnImports({ clock, imports: administration.people.imports }, forMs),
    /** Takes away what has expired; hourly. */
    sweep: async () => {
      const now = new Date(clock.now())
      // Written down also when nobody looks.
      await releases.expire(now)
      await sweepAlerts(db)
      await sweepGateways(db)
      // A status of a model takes effect on its date, with nothing imported then.
      const cutOff = await cutOffUnsafe(metadataDeps(ground, audit))
      if (cutOff > 0) log.warn('metadata.cut-off', { keys: cutOff })
      await sweepUploads(db, now)
      return sweepId(db, now)
    },
  }
}

function errorPage(c: Context, status: number, reason: string): Response {
  return renderErrorPage({ reason, status, locale: localeOf(c.req.raw.headers) })
}
