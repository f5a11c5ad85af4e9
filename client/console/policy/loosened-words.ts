// The words of what a move between groups loosens, beside those of the policy's places.
import type { Catalogue } from '../../shared/locale.ts'

const fr = {
  whats: {
    exemption: 'Exemption',
    enforcement: 'Application des limites',
    existing_logins: 'Jour où les connexions d’avant prennent fin',
    'keys.policy': 'Clés admises',
    'keys.models': 'Modèles de clés admis',
    'keys.built_in': 'Clés intégrées permises',
  },
  values: {
    observe: 'compter seulement',
    enforce: 'appliquer',
    any: 'toute clé',
    'device-bound': 'clé matérielle',
    attested: 'clé certifiée',
  },
  nothing: 'rien',
  anyModel: 'tout modèle admis',
  yes: 'oui',
  no: 'non',
}

const en: typeof fr = {
  whats: {
    exemption: 'Exemption',
    enforcement: 'Enforcement of the limits',
    existing_logins: 'Day on which sign-ins from before end',
    'keys.policy': 'Keys admitted',
    'keys.models': 'Models of keys admitted',
    'keys.built_in': 'Built-in keys allowed',
  },
  values: {
    observe: 'count only',
    enforce: 'enforce',
    any: 'any key',
    'device-bound': 'device-bound key',
    attested: 'certified key',
  },
  nothing: 'nothing',
  anyModel: 'any admitted model',
  yes: 'yes',
  no: 'no',
}

export const catalogue: Catalogue<typeof fr> = { fr, en }

/** A word of a list that the server may be ahead of. */
export function known(words: Readonly<Record<string, string>>, id: string): string | null {
  return Object.hasOwn(words, id) ? (words[id] ?? null) : null
}
