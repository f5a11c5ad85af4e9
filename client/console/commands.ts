// What an owner does from the command line for now. A test asks the command itself whether each exists.
export const COMMANDS = {
  people: {
    'user-add': 'user add USERNAME',
    enrol: 'enrol USERNAME',
    'user-list': 'user list',
    'user-suspend': 'user suspend USERNAME',
    'user-resume': 'user resume USERNAME',
  },
  keys: {
    'key-list': 'key list USERNAME',
    'key-revoke': 'key revoke KEY',
    metadata: 'metadata import FILE',
  },
  thresholds: {
    'policy-show': 'policy show --yaml',
    'policy-check': 'policy check FILE',
    'policy-diff': 'policy diff FILE',
    'policy-apply': 'policy apply FILE --reason "WHY"',
    'policy-simulate': 'policy simulate FILE --traffic LOG',
    'policy-emergency': 'policy emergency on --reason "WHY"',
    'group-add': 'group add GROUP',
    'group-join': 'group join GROUP USERNAME',
  },
  service: {
    doctor: 'doctor',
    alerts: 'alerts test',
    audit: 'audit verify',
    receipt: 'receipt verify FILE',
    rotate: 'secret rotate',
    services: 'service list',
    'service-revoke': 'service revoke NAME',
  },
} as const

export type Group = keyof typeof COMMANDS
export type Command = { [G in Group]: keyof (typeof COMMANDS)[G] }[Group]
