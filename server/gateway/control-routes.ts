// The routes that the gateway answers itself, by the id of their row in the route table: one table, one classification.

import { matrixFailure } from './control-answer.ts'
import type { Control } from './control-port.ts'
import { type LoginDeps, login } from './login.ts'
import { type LogoutDeps, logout, logoutAll } from './logout.ts'
import { type RefreshDeps, refresh } from './refresh.ts'
import { palierPage, type SsoDeps, ssoCallback, ssoRedirect, uiaPage } from './sso.ts'
import { type UiaDeps, uia } from './uia.ts'

export type ControlDeps = LoginDeps & LogoutDeps & RefreshDeps & SsoDeps & UiaDeps

/** What the data path calls for rows of treatment `control`. */
export function controlRoutes(deps: ControlDeps): Control {
  const confirm: Control = (request, context) => uia(deps, request, context)
  const rows: Readonly<Record<string, Control>> = {
    login: (request, context) => login(deps, request, context),
    'login.sso': (request, context) => ssoRedirect(deps, request, context),
    'login.sso.idp': (request, context) => ssoRedirect(deps, request, context),
    refresh: (request) => refresh(deps, request),
    logout: (_, context) => logout(deps, context),
    'logout.all': (_, context) => logoutAll(deps, context),
    'auth.sso': (request, context) => uiaPage(deps, request, context),
    'sso.callback': (request, context) => ssoCallback(deps, request, context),
    palier: (request) => palierPage(deps, request),
    'devices.delete': confirm,
    'devices.delete.many': confirm,
    'keys.device_signing': confirm,
    'unstable.keys.device_signing': confirm,
    'account.deactivate': confirm,
    'account.3pid.add': confirm,
  }
  return (request, context) => {
    const answer = rows[context.route.row.id]
    // A link preview asks with HEAD: it must neither begin nor finish anything.
    if (!answer || request.method === 'HEAD')
      return matrixFailure('M_UNRECOGNIZED', answer ? 405 : 404, 'Unrecognized request')
    return answer(request, context)
  }
}
