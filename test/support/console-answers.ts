// What the console's API would answer about a small installation, typed as the server types it: for looking at pages and dialogs with
// something in them. Names are as long as people's are.
import { PERMISSIONS } from '../../server/console/permissions.ts'
import type { ConsoleApi } from '../../server/console/verbs.ts'
import { writePolicy } from '../../server/policy/document.ts'
import { shippedPolicy } from '../../server/policy/shipped.ts'

export type Answers = { readonly [Id in keyof ConsoleApi]?: ConsoleApi[Id]['answer'] }

const AT = '2026-11-23T09:12:00.000Z'
const SOON = '2026-11-24T09:12:00.000Z'
const AAGUID = 'ee882879-721c-4913-9775-3dfcce97072a'

const brief = {
  id: 'per_2',
  username: 'anne-charlotte.de-la-rochefoucauld',
  display_name: 'Anne-Charlotte de La Rochefoucauld-Montmorency',
} as const
const person = {
  ...brief,
  role: 'person',
  state: 'active',
  email: 'anne-charlotte.de-la-rochefoucauld@prefecture.gouv.example',
  external_id: 'RH-0042-117',
  created_at: AT,
  suspended_at: null,
  deleted_at: null,
  version: 3,
} as const
const short = { ...person, id: 'per_3', username: 'li', display_name: 'Li', email: null } as const
const group = {
  id: 'grp_1',
  name: 'Direction de la citoyenneté et de la légalité',
  external_id: null,
  members: 117,
  created_at: AT,
  version: 2,
} as const
const key = {
  id: 'key_1',
  name: 'YubiKey du bureau',
  kind: 'security-key',
  serial: '18204417',
  model: { aaguid: AAGUID, description: 'YubiKey 5 Series with Lightning and Enterprise Attestation' },
  certified: false,
  acr: 'phr',
  policy: 'device-bound',
  enrolled_at: AT,
  last_used_at: AT,
  last_network: '2001:db8:1203::/48',
  last_client: 'Firefox',
  revoked_at: null,
  revoked_reason: null,
  cut_off: false,
  below: ['uncertified', 'model-not-listed'],
  version: 1,
} satisfies ConsoleApi['keys.show']['answer']['item']['key']
const keyRow = { person: { ...brief, role: 'person', suspended: false, keys: 1, min_keys: 2 }, key }
const session = {
  kind: 'device',
  id: 'dev_1',
  person: brief,
  server_name: 'matrix.prefecture.gouv.example',
  user_id: '@anne-charlotte.de-la-rochefoucauld:prefecture.gouv.example',
  device_id: 'QXJTVBNLPW',
  name: 'Element sur le téléphone de permanence',
  sid: 'sid_1',
  client: 'Element X iOS/1.8.2 (iPhone 15)',
  network: '203.0.113.0/24',
  acr: 'phr',
  key: key.name,
  created_at: AT,
  last_active_at: AT,
  last_tap_at: AT,
  expires_at: SOON,
  ended_at: null,
  ended_reason: null,
} as const
const alert = {
  id: 'alr_1',
  kind: 'machine-pace',
  action: 'alert',
  server_name: 'matrix.prefecture.gouv.example',
  person: brief,
  device: { id: 'dev_1', name: session.name, client: session.client, network: session.network, live: true },
  explanation: {
    fr: '412 messages par minute pendant 12 minutes, sans une pause : aucune personne ne lit ainsi.',
    en: '412 messages a minute for 12 minutes without a pause: no person reads like that.',
  },
  evidence: { minutes: 12, events: 412 },
  raised_at: AT,
  state: 'open',
  handled_at: null,
  handled_by: null,
  handled_how: null,
  note: null,
  told: null,
} satisfies ConsoleApi['alerts.show']['answer']
const model = {
  aaguid: AAGUID,
  description: key.model.description,
  vendor: 'Yubico',
  level: 2,
  hardware: true,
  built_in: false,
  concerns: [],
  allowed: true,
  certified: true,
  keys: 41,
} satisfies ConsoleApi['models.list']['answer']['items'][number]
const forbidden = {
  ...model,
  aaguid: '00000000-0000-4000-8000-000000000001',
  description: 'Titan Security Key v2',
  vendor: 'Titan',
  concerns: ['status-retired'],
  allowed: false,
  certified: false,
  keys: 3,
} satisfies ConsoleApi['models.list']['answer']['items'][number]
const token = {
  id: 'tok_1',
  name: 'Annuaire des agents (LDAP de la préfecture)',
  person: { id: 'per_1', username: 'ada' },
  permissions: ['scim.write'],
  created_at: AT,
  expires_at: SOON,
  last_used_at: null,
  revoked_at: null,
  state: 'live',
} satisfies ConsoleApi['tokens.list']['answer']['items'][number]
const version = {
  number: 4,
  applied_by: { id: brief.id, username: brief.username },
  applied_at: AT,
  reason: 'Le service des archives lit davantage depuis octobre.',
  sha256: 'c4'.repeat(32),
} as const
const YAML = 'windows:\n  archive:\n    - { window: 30 d, limit: 2000 }\n'
const planned = {
  id: 'imp_1',
  state: 'planned',
  file_name: 'agents-au-2026-11-23-version-definitive.csv',
  encoding: 'windows-1252',
  delimiter: ';',
  lines: 5000,
  ignored_columns: ['Téléphone', 'Bureau'],
  new_groups: [group.name],
  created_at: AT,
  applied_at: null,
  finished_at: null,
  outcomes: { create: 4812, update: 100, unchanged: 80, refused: 8 },
  states: { pending: 4912, applied: 0, passed_over: 0 },
} satisfies ConsoleApi['imports.show']['answer']
const nobody = { keys: 0, people: 0, models: [], named: [] }

export const act = {
  id: 'act_1',
  verb: 'sessions.end-everyone',
  state: 'awaiting-second',
  reason: 'La base de données a été copiée dans la nuit.',
  asked_by: brief,
  created_at: AT,
  expires_at: SOON,
  first: { ...brief, at: AT },
  second: null,
  not_before: null,
  ended_at: null,
  failure: null,
  you: { tap: 'second', why: null, can_withdraw: true },
  intent: '{"v":1,"verb":"sessions.end-everyone"}',
  input: { reason: 'La base de données a été copiée dans la nuit.' },
  has_receipt: false,
  answer: null,
} satisfies ConsoleApi['acts.show']['answer']

export const suspended: ConsoleApi['people.show']['answer'] = {
  ...person,
  state: 'suspended',
  suspended_at: AT,
  groups: [],
}

export const answers: Answers = {
  'me.show': { id: 'per_1', username: 'ada', role: 'owner', permissions: [...PERMISSIONS] },
  'people.list': {
    items: [
      { ...person, keys: 1 },
      { ...short, keys: 0, role: 'supervisor' },
      { ...person, id: 'per_4', username: 'mo', display_name: 'Mo', keys: 2, state: 'suspended', suspended_at: AT },
    ],
    next: null,
    total: 3,
  },
  'people.show': { ...person, groups: [{ id: group.id, name: group.name }] },
  'groups.list': { items: [group, { ...group, id: 'grp_2', name: 'Cabinet', members: 4 }], next: null },
  'groups.show': group,
  'groups.members': { items: [{ ...brief, suspended_at: null, added_at: AT }], next: null },
  'key-policies.list': {
    items: [
      {
        group: { id: group.id, name: group.name, members: group.members },
        policy: 'attested',
        aaguids: [AAGUID],
        platform_allowed: false,
        min_keys: 2,
        updated_at: AT,
        version: 1,
      },
    ],
    setting: 'device-bound',
  },
  'keys.list': { items: [keyRow], next: null },
  'keys.show': {
    item: keyRow,
    rule: { policy: 'attested', aaguids: [AAGUID], platform_allowed: false, min_keys: 2, from: 'groups' },
    opened: { sessions: 3, devices: 2 },
  },
  'models.list': { items: [model, forbidden], unknown: [{ aaguid: '00000000-0000-0000-0000-000000000000', keys: 2 }] },
  'models.look': {
    cut_off: nobody,
    uncertified: { ...nobody, keys: 41, people: 39 },
    left_with_none: { people: 0, named: [] },
    owners_left_with_none: [],
    locks_out_every_owner: false,
    shown: 'x',
  },
  'enrolment.list': {
    items: [
      {
        id: 'lnk_1',
        kind: 'enrol',
        created_by: 'per_1',
        policy: null,
        uses_left: 1,
        created_at: AT,
        expires_at: SOON,
      },
    ],
    sends_mail: true,
    address: person.email,
  },
  'lost.show': {
    person: { ...brief, suspended: false },
    keys: [{ id: key.id, name: key.name, aaguid: AAGUID, serial: key.serial, created_at: AT, last_used_at: AT }],
    passes: [{ id: 'pas_1', issued_by: 'per_1', created_at: AT, expires_at: SOON, used_at: null }],
  },
  'expected.list': {
    items: [
      { id: 'exp_1', serial: '18204417', aaguid: null, batch: null, created_at: AT, matched_at: null, key: null },
    ],
  },
  'reading.person': {
    items: [
      {
        at: '2026-11-20T00:00:00.000Z',
        room: 'salon-7f3a-cd91',
        meter: 'archive',
        answers: 41,
        units: 1812,
        withheld: 40,
      },
    ],
    kept_days: 180,
  },
  'taps.list': { items: [], next: null },
  'incidents.list': { items: [], next: null },
  'audit.list': { items: [], next: null },
  'sessions.search': { items: [session], next: null },
  'sessions.reach': { people: 5000, devices: 8412, sign_ins: 12_007 },
  'alerts.list': { items: [alert], next: null, open: 1 },
  'alerts.show': alert,
  'acts.list': { items: [], next: null, waiting: 1 },
  'acts.show': act,
  'metadata.show': {
    imports: [{ number: 42, next_update: '2026-12-01', imported_at: '2026-11-23T08:00:00.000Z', models: 2 }],
    overdue: false,
    own_root: false,
  },
  'policy.show': {
    number: 4,
    version,
    document: writePolicy(shippedPolicy()),
    yaml: YAML,
    groups: [{ id: group.id, name: group.name }],
    emergency: null,
    outage: null,
    operator: 'enforce',
  },
  'policy.version': {
    number: 3,
    version: { ...version, number: 3 },
    document: writePolicy(shippedPolicy()),
    yaml: YAML,
    in_force: 4,
    changes: [{ path: 'windows.archive[0].limit', before: '1500', after: '2000', loosens: true }],
    loosens: true,
  },
  'imports.show': planned,
  'imports.lines': {
    items: [
      {
        line: 12,
        username: 'Anne-Charlotte',
        outcome: 'refused',
        state: 'nothing',
        reason: 'username-invalid',
        display_name: brief.display_name,
        email: person.email,
        role: 'person',
        groups: [group.name],
        changes: [],
        person: null,
      },
    ],
    next: null,
  },
  'tokens.list': { items: [token], next: null },
}

/** What is shown once, as its change answers it. */
export const made = {
  'enrolment.issue': {
    id: 'lnk_2',
    url: `https://id.prefecture.gouv.example/enrol#${'k7Qx'.repeat(12)}`,
    sent_to: null,
    uses: 1,
    expires_at: SOON,
  },
  'pass.issue': { id: 'pas_2', code: 'BRUN-7412-TASSE', expires_at: SOON },
  'tokens.create': {
    token: `palier_${'tQ9f'.repeat(12)}`,
    item: token,
    scim_url: 'https://id.prefecture.gouv.example/api/scim/v2',
  },
} satisfies Answers
