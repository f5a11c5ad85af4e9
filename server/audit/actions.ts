// Every action that the audit log names, by its noun: docs/reference/audit.md says what each entry holds, the console what it means.
// A test holds the three, and what the sources append, against each other.

export const AUDIT_ACTIONS = {
  person: ['created', 'changed', 'role-set', 'suspended', 'resumed', 'deleted'],
  people: ['import-begun', 'import-finished', 'exported'],
  admin: ['recovered'],
  token: ['created', 'revoked'],
  enrolment: ['issued', 'withdrawn', 'proved', 'proof-refused'],
  key: ['enrolled', 'expected', 'unexpected', 'renamed', 'reported-lost', 'revoked', 'cut-off', 'counter-regression'],
  pass: ['issued', 'used', 'revoked'],
  approval: ['asked', 'approved', 'denied', 'not-me'],
  session: ['ended'],
  sessions: ['ended-many'],
  alert: ['handled'],
  detection: ['raised'],
  release: ['requested', 'first-tap', 'granted', 'refused', 'denied', 'withdrawn', 'expired'],
  act: [
    'requested',
    'first-tap',
    'granted',
    'delayed',
    'started',
    'done',
    'failed',
    'refused',
    'denied',
    'withdrawn',
    'expired',
  ],
  policy: ['applied', 'emergency-on', 'emergency-off'],
  group: ['created', 'changed', 'renamed', 'removed', 'member-added', 'member-removed'],
  'key-policy': ['set', 'removed'],
  metadata: ['imported'],
  models: ['allowed', 'forbidden'],
  service: ['added', 'renewed', 'revoked'],
  privacy: ['looked', 'room-revealed', 'exported', 'erased'],
  audit: ['exported'],
  secret: ['rotated'],
} as const

type Actions = typeof AUDIT_ACTIONS
export type AuditNoun = keyof Actions
/** `key.revoked` */
export type AuditAction = { [Noun in AuditNoun]: `${Noun}.${Actions[Noun][number]}` }[AuditNoun]
