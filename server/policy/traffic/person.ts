// One generated person: their ways, and what each of their days asks of the gateway.
import type { TrafficRecord } from '../simulation/record.ts'
import { ASSUMED, type Persona } from './assumptions.ts'
import type { Dice } from './dice.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A client of theirs: when it last came up to date, and what has arrived in each room since. */
interface Client {
  readonly name: string
  readonly network: string
  /** Sign-ins so far: each makes a device of its own. */
  signIns: number
  signedInMs: number
  lastMs: number
  /** Messages by room that it has not been sent yet. */
  missed: number[]
  /** Rooms opened since it was started. */
  readonly opened: Set<number>
}

export interface TrafficPerson {
  /** The records of a day, in order. Days are asked for one after the other. */
  day(startMs: number): TrafficRecord[]
}

/** An opaque handle lives twelve hours (server/sessions/port.ts): a working day, a sign-in a client. */
const SIGNED_IN_MS = 12 * HOUR_MS
const MONDAY = 1
const HEARTBEAT_MS = 30 * MINUTE_MS

/** A person of that persona; the same dice give the same person. */
export function trafficPerson(id: string, persona: Persona, own: Dice): TrafficPerson {
  const volume =
    persona === 'chatty' ? 2 : persona === 'reader' || persona === 'indexer' || persona === 'export' ? 0.75 : 1
  const received = own.lognormal(ASSUMED.receivedPerWeekday.mean * volume, ASSUMED.receivedPerWeekday.sigma)
  const readsBack = own.lognormal(ASSUMED.readsBack.mean, ASSUMED.readsBack.sigma)
  const rooms = Math.min(
    ASSUMED.rooms.most,
    Math.max(ASSUMED.rooms.least, Math.round(own.lognormal(ASSUMED.rooms.mean, ASSUMED.rooms.sigma))),
  )
  const shares = zipf(rooms)
  const opensMs = (8.5 + own.uniform() * 1.2) * HOUR_MS
  const closesMs = (17 + own.uniform() * 1.5) * HOUR_MS
  const desk = client('desk', 'office')
  const phone = own.chance(ASSUMED.withTelephone) ? client('phone', 'mobile') : null
  const isCold = own.chance(ASSUMED.telephoneCold)
  let weekOff = false
  let records: TrafficRecord[] = []

  function client(name: string, network: string): Client {
    return {
      name,
      network: `${network}-${own.whole(1, 200)}`,
      signIns: 0,
      signedInMs: Number.NEGATIVE_INFINITY,
      lastMs: 0,
      missed: shares.map(() => 0),
      opened: new Set(),
    }
  }

  function say(
    client: Client,
    atMs: number,
    route: string,
    units: Record<string, number>,
    room: number | readonly number[] = [],
  ): void {
    const named = typeof room === 'number' ? [room] : room
    records.push({
      atMs: Math.round(atMs),
      kind: 'read',
      person: id,
      device: `dev_${id}_${client.name}_${client.signIns}`,
      network: client.network,
      groups: [],
      route,
      rooms: named.map((number) => `room_${id}_${number}`),
      units,
      withheld: false,
    })
    client.lastMs = atMs
  }

  function signIn(client: Client, atMs: number): void {
    client.signIns += 1
    client.signedInMs = atMs
    client.opened.clear()
    say(client, atMs, 'login', {})
    const last = records.at(-1) as TrafficRecord
    records[records.length - 1] = { ...last, kind: 'sign-in' }
  }

  function pickRoom(): number {
    const at = own.uniform()
    let sum = 0
    for (let room = 0; room < rooms; room += 1) {
      sum += shares[room] ?? 0
      if (at < sum) return room
    }
    return rooms - 1
  }

  function arrive(client: Client, messages: number): void {
    shares.forEach((share, room) => {
      client.missed[room] = (client.missed[room] ?? 0) + own.poisson(messages * share)
    })
  }

  // What arrived while the client was away, as far as a /sync carries it; what it leaves out is read back in some rooms.
  function comeBack(client: Client, atMs: number): void {
    const carried = client.missed.reduce((sum, missed) => sum + Math.min(missed, ASSUMED.syncTimeline), 0)
    if (carried > 0) say(client, atMs + 3_000, 'sync', { 'catch-up': carried })
    client.missed.forEach((missed, room) => {
      if (missed <= ASSUMED.syncTimeline || !own.chance(ASSUMED.gapRead)) return
      const pages = Math.min(
        Math.ceil((missed - ASSUMED.syncTimeline) / ASSUMED.scrollPage),
        own.geometric(ASSUMED.gapPages),
      )
      scroll(client, atMs + own.uniform() * HOUR_MS, room, pages)
    })
    client.missed = client.missed.map(() => 0)
  }

  function scroll(client: Client, atMs: number, room: number, pages: number, keys = 0): void {
    for (let page = 0; page < pages; page += 1) {
      say(client, atMs + page * 10_000, 'rooms.messages', { archive: ASSUMED.scrollPage }, room)
    }
    if (keys > 0) say(client, atMs + 1_000, 'room_keys.keys.session', { 'key-backup': keys })
  }

  function deskDay(startMs: number): void {
    const fromMs = startMs + opensMs + own.uniform() * 20 * MINUTE_MS
    const untilMs = startMs + closesMs + own.uniform() * 30 * MINUTE_MS
    const during = () => fromMs + 5 * MINUTE_MS + own.uniform() * (untilMs - fromMs - 10 * MINUTE_MS)
    signIn(desk, fromMs)
    const isNew = persona === 'new-device' || own.chance(ASSUMED.newDevice)
    if (isNew) newDevice(fromMs)
    else comeBack(desk, fromMs)
    for (let atMs = fromMs + HEARTBEAT_MS; atMs < untilMs; atMs += HEARTBEAT_MS) say(desk, atMs, 'sync', {})
    for (let times = own.poisson(ASSUMED.roomsOpened * Math.sqrt(readsBack)); times > 0; times -= 1)
      openRoom(desk, during())
    for (let times = own.poisson(ASSUMED.scrolls * readsBack); times > 0; times -= 1)
      scroll(desk, during(), pickRoom(), own.geometric(ASSUMED.scrollPages))
    if (own.chance(ASSUMED.lookUp)) scroll(desk, during(), pickRoom(), own.geometric(ASSUMED.lookUpPages))
    for (let times = own.poisson(ASSUMED.searches); times > 0; times -= 1)
      say(desk, during(), 'search', { archive: ASSUMED.searchResults }, [pickRoom(), pickRoom(), pickRoom()])
    for (let times = own.poisson(ASSUMED.directoryLookUps); times > 0; times -= 1) {
      const atMs = during()
      for (let typed = 0; typed < ASSUMED.directoryRequests; typed += 1)
        say(desk, atMs + typed * 700, 'user_directory', { directory: ASSUMED.directoryRows })
    }
    for (let times = own.poisson(received * ASSUMED.imageShare); times > 0; times -= 1)
      file(desk, during(), ASSUMED.imageBytes)
    for (let times = own.poisson(ASSUMED.files); times > 0; times -= 1) file(desk, during(), ASSUMED.fileBytes)
    for (let times = own.poisson(ASSUMED.joins); times > 0; times -= 1) say(desk, during(), 'rooms.join', { joins: 1 })
  }

  function openRoom(client: Client, atMs: number): void {
    const room = pickRoom()
    if (client.opened.has(room)) return
    client.opened.add(room)
    if (own.chance(ASSUMED.openFetches)) say(client, atMs, 'rooms.messages', { archive: ASSUMED.openPage }, room)
    say(
      client,
      atMs + 500,
      'rooms.members',
      { state: Math.max(2, Math.round(own.lognormal(ASSUMED.members.mean, ASSUMED.members.sigma))) },
      room,
    )
  }

  function file(client: Client, atMs: number, { mean, sigma }: { mean: number; sigma: number }): void {
    say(client, atMs, 'media.download', {
      'media-files': 1,
      'media-bytes': Math.max(1, Math.round(own.lognormal(mean, sigma))),
    })
  }

  // Everything again: each room's newest messages in one /sync, its members and pictures; then rooms are opened as they are needed.
  function newDevice(atMs: number): void {
    desk.missed = desk.missed.map(() => 0)
    say(desk, atMs + 3_000, 'sync', { 'first-sync': rooms * ASSUMED.syncTimeline })
    for (let number = 0; number < rooms + 40; number += 1)
      say(desk, atMs + 5_000 + number * 400, 'media.thumbnail', { 'media-files': 1, 'media-bytes': 8_000 })
    const opened = own.poisson(ASSUMED.roomsOpened)
    for (let number = 0; number < opened; number += 1) openRoom(desk, atMs + MINUTE_MS + number * 3 * MINUTE_MS)
    if (own.chance(ASSUMED.wholeBackup)) {
      say(desk, atMs + MINUTE_MS, 'room_keys.keys', { 'key-backup': rooms * 40 })
      return
    }
    const pages = own.geometric(ASSUMED.scrollPages)
    scroll(desk, atMs + HOUR_MS, pickRoom(), pages, Math.ceil((pages * ASSUMED.scrollPage) / ASSUMED.eventsPerKey))
  }

  function phoneDay(phone: Client, startMs: number, isWorkday: boolean): void {
    if (!isWorkday && !own.chance(ASSUMED.telephoneWeekend)) return
    const checks = Math.max(1, own.poisson(isWorkday ? ASSUMED.telephoneChecks : 2))
    const times = Array.from({ length: checks }, () => startMs + (7 + own.uniform() * 15) * HOUR_MS).sort(
      (a, b) => a - b,
    )
    for (const atMs of times) {
      const isOut = atMs - phone.signedInMs >= SIGNED_IN_MS
      if (isOut) signIn(phone, atMs)
      // In the background it was kept up to date, message by message, as they came: it was never idle.
      if (!isOut && !isCold) {
        phone.missed = phone.missed.map(() => 0)
        for (
          let betweenMs = Math.max(phone.lastMs + HEARTBEAT_MS, startMs);
          betweenMs < atMs;
          betweenMs += HEARTBEAT_MS
        )
          say(phone, betweenMs, 'sync', {})
      }
      comeBack(phone, atMs)
      say(phone, atMs + 5_000, 'sync', {})
      if (own.chance(0.3)) openRoom(phone, atMs + 10_000)
    }
  }

  function extras(startMs: number): void {
    const atMs = startMs + 11 * HOUR_MS
    const isFirst = desk.signIns <= 1
    if (persona === 'indexer' && isFirst) crawl(desk, atMs, ASSUMED.indexed, ASSUMED.indexerPage, 1_000)
    if (persona === 'export' && new Date(startMs).getUTCDay() === 3) {
      const pages = Math.ceil(ASSUMED.exported / ASSUMED.exportPage)
      for (let page = 0; page < pages; page += 1)
        say(desk, atMs + page * 2_000, 'rooms.messages', { archive: ASSUMED.exportPage }, 0)
    }
    const thief: Client = { ...desk, network: 'elsewhere' }
    if (persona === 'thief' && isFirst) crawl(thief, atMs, ASSUMED.indexed, ASSUMED.thiefPage, 1_000)
    if (persona === 'patient-thief') {
      for (let hour = 0; hour < 6; hour += 1)
        say(
          thief,
          startMs + (19 + hour * 0.8) * HOUR_MS,
          'rooms.messages',
          { archive: ASSUMED.patientPerHour },
          pickRoom(),
        )
    }
  }

  function crawl(client: Client, atMs: number, each: number, page: number, apartMs: number): void {
    let call = 0
    for (let room = 0; room < rooms; room += 1) {
      for (let read = 0; read < each; read += page, call += 1)
        say(client, atMs + call * apartMs, 'rooms.messages', { archive: page }, room)
    }
  }

  return {
    day(startMs) {
      records = []
      const weekday = new Date(startMs).getUTCDay()
      const isWeekend = weekday === 0 || weekday === 6
      if (weekday === MONDAY) weekOff = persona === 'monday-morning' ? own.chance(0.5) : own.chance(ASSUMED.weekOff)
      const isWorking = !isWeekend && !weekOff && !own.chance(ASSUMED.dayOff)
      const today = own.poisson(received * (isWeekend ? ASSUMED.weekendShare : 1))
      if (isWorking) {
        deskDay(startMs)
        extras(startMs)
      }
      if (phone && !weekOff) phoneDay(phone, startMs, isWorking)
      // What came while the desk was closed waits for the next morning; on a telephone, what came since it was last looked at.
      arrive(desk, isWorking ? today * ASSUMED.eveningShare : today)
      if (phone) arrive(phone, weekOff ? today : today / ASSUMED.telephoneChecks)
      return records.sort((a, b) => a.atMs - b.atMs)
    },
  }
}

/** Shares of a volume: the nth busiest room gets 1/n of what the busiest gets. */
function zipf(rooms: number): number[] {
  const weights = Array.from({ length: rooms }, (_, index) => 1 / (index + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

export { DAY_MS }
