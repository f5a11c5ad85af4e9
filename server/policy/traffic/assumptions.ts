// What the generated traffic assumes, as figures. docs/reference/traffic.md says where each comes from.

export const ASSUMED = {
  /** Messages a person receives on a weekday, over all rooms: mean, and sigma of the logarithm. */
  receivedPerWeekday: { mean: 153, sigma: 0.9 },
  /** Of a weekday's, what arrives on a day of the weekend. */
  weekendShare: 0.1,
  /** Of a weekday's, what arrives outside 8 to 18 h. */
  eveningShare: 0.15,
  /** Rooms a person is in. */
  rooms: { mean: 30, sigma: 0.7, least: 3, most: 300 },
  /** How much more than others a person reads back. */
  readsBack: { mean: 1, sigma: 0.7 },
  /** Of the people, those who also use a telephone. */
  withTelephone: 0.7,
  /** A weekday off; a week off, a Monday. */
  dayOff: 0.08,
  weekOff: 0.12,
  /** Events that a /sync carries of one room at most (Element's filter). */
  syncTimeline: 20,
  /** Times a day that a room is opened. Of the first times since the client started, those that fetch a page: it keeps fifty messages. */
  roomsOpened: 12,
  openFetches: 0.5,
  openPage: 30,
  /** Times a day that somebody scrolls back, pages each time, messages a page. */
  scrolls: 2,
  scrollPages: 4,
  scrollPage: 20,
  /** Looking something up, far back: chance a day, pages. */
  lookUp: 0.04,
  lookUpPages: 25,
  /** Of the rooms in which the morning's /sync left a gap, those that are read back; pages. */
  gapRead: 0.3,
  gapPages: 5,
  /** Searches a day, results each. */
  searches: 0.4,
  searchResults: 10,
  /** Look-ups in the directory a day; requests each (as one types); rows each. */
  directoryLookUps: 0.8,
  directoryRequests: 3,
  directoryRows: 10,
  /** Rows of membership when a room is opened. */
  members: { mean: 60, sigma: 1.2 },
  /** Of the messages, those with an image shown; its bytes. Files fetched a day; their bytes. */
  imageShare: 0.04,
  imageBytes: { mean: 60_000, sigma: 1 },
  files: 2,
  fileBytes: { mean: 1_500_000, sigma: 1.3 },
  /** Rooms joined a weekday. */
  joins: 0.15,
  /** A new device: chance a weekday. Of those, that fetch the whole key backup at once; events read a backed-up key. */
  newDevice: 1 / 30,
  wholeBackup: 0.2,
  eventsPerKey: 15,
  /** Times a day that the telephone is looked at. Share of telephones that no push keeps up to date in the background. */
  telephoneChecks: 8,
  telephoneCold: 0.05,
  /** Of the weekend's days, those on which the telephone is looked at. */
  telephoneWeekend: 0.3,
  /** Element Desktop's indexer: messages of history a room; messages a request. */
  indexed: 2_000,
  indexerPage: 100,
  /** Export chat: messages of the room; messages a request. */
  exported: 6_000,
  exportPage: 1_000,
  /** The thief's page, and what the patient one takes an hour of the night. */
  thiefPage: 1_000,
  patientPerHour: 60,
} as const

/** Who generated traffic is of. Shares of an ordinary organisation; thieves are added by name only. */
export const PERSONAS = [
  'reader',
  'chatty',
  'monday-morning',
  'new-device',
  'indexer',
  'export',
  'thief',
  'patient-thief',
] as const
export type Persona = (typeof PERSONAS)[number]

/** One person in five gets twice the messages; one in five hundred runs the indexer, exports a room. Everybody has Mondays and new devices. */
export const ORDINARY: Readonly<Partial<Record<Persona, number>>> = {
  reader: 0.796,
  chatty: 0.2,
  indexer: 0.002,
  export: 0.002,
}
