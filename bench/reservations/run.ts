// Durable reservations a second on one Postgres, which shares the machine's two CPUs with two instances that ask: pages of
// twenty messages, each reserved and settled with its events, of many people and of one whose row everything goes through.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type Figure, figureOf } from '../figure.ts'
import { unpinned } from '../process.ts'

const AT_LEAST = 10_000
const PEOPLE = 2_000
const SECONDS = 3

export async function reservations(runs: number): Promise<Record<string, Figure>> {
  const [many, one] = [await rates(PEOPLE, runs), await rates(1, runs)]
  const what =
    'reservations, each settled with 20 events, on Postgres with durable settings and fsync; two instances, 512 at once'
  return {
    durable_reservations_per_s: figureOf(many, AT_LEAST, `${what}, of ${PEOPLE} people`, 'at-least'),
    durable_reservations_per_s_one_person: figureOf(one, AT_LEAST, `${what}, of one person`, 'at-least'),
  }
}

async function rates(people: number, runs: number): Promise<number[]> {
  const script = `${import.meta.dirname}/measure.ts`
  const [command, ...args] = unpinned([process.execPath, script, people, SECONDS, runs].map(String))
  const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the measurement of reservations ended with ${code}`)
  return JSON.parse(printed) as number[]
}
