// The signals: pure functions over what the meters counted. Each returns null, or what it saw in words and figures.
import type { DetectionThresholds, Facts, Finding, Signal } from './port.ts'

type Judge = (facts: Facts, thresholds: DetectionThresholds) => Finding | null

/** Of the days on which somebody read, the part in which an hour (with its neighbours) must occur to be an ordinary one. */
const ORDINARY_PART = 0.05

/** Every signal that holds, in the order of `SIGNALS`. */
export function findings(facts: Facts, thresholds: DetectionThresholds): Finding[] {
  return JUDGES.map((judge) => judge(facts, thresholds)).filter((finding) => finding !== null)
}

const sweep: Judge = ({ roomsLastHour: rooms }, { sweepRooms }) =>
  rooms < sweepRooms
    ? null
    : finding(
        'sweep',
        rooms / sweepRooms,
        { rooms, threshold: sweepRooms },
        {
          fr: `D’anciens messages de ${rooms} salons différents ont été lus en une heure. Une personne en parcourt rarement plus de ${sweepRooms}.`,
          en: `Old messages of ${rooms} different rooms were read within an hour. People rarely go through more than ${sweepRooms}.`,
        },
      )

// A person reads in bursts; what takes the same amount every minute is a program that stays below a limit.
const machinePace: Judge = ({ archiveMinutes }, { paceMinutes, paceEvents, paceVariation }) => {
  const minutes = Math.min(paceMinutes, 60)
  if (archiveMinutes.length < minutes) return null
  const run = archiveMinutes.slice(-minutes)
  if (run.some((events) => events <= 0)) return null
  const mean = run.reduce((sum, events) => sum + events, 0) / minutes
  const variation = Math.sqrt(run.reduce((sum, events) => sum + (events - mean) ** 2, 0) / minutes) / mean
  if (mean < paceEvents || variation > paceVariation) return null
  const shown = { events: Math.round(mean * 10) / 10, variation: Math.round(variation * 1000) / 1000 }
  const score = paceVariation === 0 ? 1 : 2 - variation / paceVariation
  return finding(
    'machine-pace',
    score,
    { minutes, ...shown },
    {
      fr: `Depuis ${minutes} minutes, l’appareil lit environ ${shown.events} anciens messages par minute, sans pause ni variation : c’est le rythme d’un programme.`,
      en: `For ${minutes} minutes the device has read about ${shown.events} old messages a minute, without a pause and evenly: the pace of a program.`,
    },
  )
}

const directoryCrawl: Judge = ({ directoryLastDay: rows, habits }, { directoryRows }) =>
  rows < directoryRows || habits.directoryKnown
    ? null
    : finding(
        'directory-crawl',
        rows / directoryRows,
        { rows, threshold: directoryRows },
        {
          fr: `${rows} entrées de l’annuaire ont été lues en un jour, par quelqu’un qui ne s’en servait jamais.`,
          en: `${rows} directory entries were read within a day, by somebody who never used the directory before.`,
        },
      )

const unusualHours: Judge = ({ archiveMinutes, habits, hour }, { unusualEvents, unusualDays }) => {
  const events = archiveMinutes.reduce((sum, count) => sum + count, 0)
  if (events < unusualEvents || habits.days < unusualDays) return null
  if (habits.networkKnown && habits.clientKnown) return null
  const near = Math.max(...[23, 0, 1].map((step) => habits.hours[(hour + step) % 24] ?? 0))
  if (near > habits.days * ORDINARY_PART) return null
  const where = {
    fr: habits.networkKnown ? 'une application nouvelle' : 'un réseau nouveau',
    en: habits.networkKnown ? 'a new application' : 'a new network',
  }
  const evidence = { events, hour, days: habits.days, days_at_this_hour: near }
  return finding('unusual-hours', events / unusualEvents, evidence, {
    fr: `${events} anciens messages ont été lus en une heure, depuis ${where.fr} et à une heure (${hour} h UTC) où cette personne ne lit pas.`,
    en: `${events} old messages were read within an hour, from ${where.en} and at an hour (${hour}:00 UTC) at which this person does not read.`,
  })
}

const deniedApprovals: Judge = ({ deniedLastDay: denied }, { deniedApprovals: threshold }) =>
  denied < threshold
    ? null
    : finding(
        'denied-approvals',
        denied / threshold,
        { denied, threshold },
        {
          fr: `La personne a refusé ${denied} demandes de cet appareil en un jour : quelqu’un d’autre s’en sert peut-être.`,
          en: `The person denied ${denied} requests of this device within a day: somebody else may be using it.`,
        },
      )

const liveCeiling: Judge = ({ live: { events, ceiling } }) =>
  ceiling <= 0 || events < ceiling
    ? null
    : finding(
        'live-ceiling',
        events / ceiling,
        { events, ceiling },
        {
          fr: `${events} nouveaux messages ont été remis à cet appareil : le plafond d’alerte est de ${ceiling}.`,
          en: `${events} new messages were delivered to this device: the ceiling that raises an alarm is ${ceiling}.`,
        },
      )

const JUDGES: readonly Judge[] = [sweep, machinePace, directoryCrawl, unusualHours, deniedApprovals, liveCeiling]

function finding(
  signal: Signal,
  score: number,
  evidence: Finding['evidence'],
  explanation: Finding['explanation'],
): Finding {
  return { signal, score: Math.round(Math.max(1, score) * 100) / 100, explanation, evidence }
}
