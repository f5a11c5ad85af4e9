// The parts of /me: devices, decisions, and what counts today.
import { deedInWords } from '../shared/amounts.ts'
import type { ApprovalSummary, DeviceSummary, MeterSummary } from '../shared/api.ts'
import { post } from '../shared/api.ts'
import { Refusal, useTask } from '../shared/ceremony.tsx'
import { clientWords } from '../shared/client-words.ts'
import { Confirm } from '../shared/confirm.tsx'
import { duration, instant, number, useLocale } from '../shared/locale.ts'
import { catalogue } from './words.ts'

interface DevicesProps {
  readonly devices: readonly DeviceSummary[]
  readonly onEnded: (name: string) => void
}

export function Devices({ devices, onEnded }: DevicesProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const end = (device: DeviceSummary) =>
    task.run(async () => {
      await post('/api/me/end-device', { device: device.id })
      onEnded(nameOf(device))
    })
  return (
    <section class="sheet" aria-labelledby="devices">
      <h2 id="devices">{words.devices}</h2>
      <Refusal reason={task.refusal} />
      {devices.length === 0 && <p class="soft">{words.noDevices}</p>}
      <ul class="items">
        {devices.map((device) => (
          <li key={device.id} class="stack">
            <div>
              <h3>
                <bdi class="break">{nameOf(device)}</bdi>
              </h3>
              <p class="soft small break">
                <code>{device.device_id}</code> ·{' '}
                <bdi title={device.client}>{clientWords(device.client) ?? device.client}</bdi> ·{' '}
                <bdi>{device.network}</bdi>
              </p>
              <p class="soft small">
                {words.deviceIn(instant(locale, device.signed_in_at))}
                {device.last_active_at !== null && ` · ${words.deviceActive(instant(locale, device.last_active_at))}`}
                {device.expires_at !== null && ` · ${words.deviceEnds(instant(locale, device.expires_at))}`}
              </p>
            </div>
            <Confirm
              label={words.end}
              about={nameOf(device)}
              question={words.endQuestion(nameOf(device))}
              confirm={words.endConfirm}
              action="end-device"
              class="danger"
              onConfirm={() => void end(device)}
            >
              <p>{words.endText}</p>
            </Confirm>
          </li>
        ))}
      </ul>
    </section>
  )
}

function nameOf(device: DeviceSummary): string {
  return device.display_name ?? device.device_id
}

const TONE = { pending: 'warn', approved: '', denied: 'bad', expired: 'warn' }

export function Approvals({ approvals }: { readonly approvals: readonly ApprovalSummary[] }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <section class="sheet" aria-labelledby="approvals">
      <h2 id="approvals">{words.approvals}</h2>
      {approvals.length === 0 && <p class="soft">{words.noApprovals}</p>}
      <ul class="items">
        {approvals.map((approval) => (
          <li key={approval.id}>
            <div class="row spread">
              <h3>
                <bdi class="break">{approval.device}</bdi>
              </h3>
              <span class={`tag ${TONE[approval.state]}`}>{words.states[approval.state]}</span>
            </div>
            <p class="small">
              {words.promptText(
                deedInWords(locale, approval),
                words.rooms(approval.rooms_total, number(locale, approval.rooms_total)),
              )}
            </p>
            <p class="soft small">
              {approval.decided_at === null
                ? words.askedAt(instant(locale, approval.created_at))
                : words.decidedAt(instant(locale, approval.decided_at))}
            </p>
            {approval.state === 'approved' && <Receipt approval={approval} />}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Receipt({ approval }: { readonly approval: ApprovalSummary }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <a
      class="button quiet"
      href={`/api/me/receipt?approval=${approval.id}`}
      download={`palier-receipt-${approval.id.slice(0, 8)}.json`}
      aria-label={words.receiptOf(approval.device, instant(locale, approval.created_at))}
    >
      {words.receipt}
    </a>
  )
}

/** Bytes are told in megabytes, begun ones included. */
function shown(meter: string, units: number): number {
  return meter === 'media-bytes' ? Math.ceil(units / 1_000_000) : units
}

export function Meters({ meters }: { readonly meters: readonly MeterSummary[] }) {
  const words = catalogue[useLocale()]
  const names = [...new Set(meters.map(({ meter }) => meter))]
  // Old messages are what the page is about; of the others, those that count for something now.
  const used = names.filter((name) => name === 'archive' || meters.some((one) => one.meter === name && one.used > 0))
  const unused = names.filter((name) => !used.includes(name))
  return (
    <section class="sheet" aria-labelledby="meters">
      <h2 id="meters">{words.meters}</h2>
      <p class="soft">{words.metersLead}</p>
      {meters.length === 0 && <p class="soft">{words.noMeters}</p>}
      <MeterList names={used} meters={meters} />
      {unused.length > 0 && (
        <details>
          <summary>{words.metersUnused(unused.length)}</summary>
          <MeterList names={unused} meters={meters} />
        </details>
      )}
    </section>
  )
}

function MeterList({ names, meters }: { readonly names: readonly string[]; readonly meters: readonly MeterSummary[] }) {
  const words = catalogue[useLocale()]
  const labels: Readonly<Record<string, string>> = words.meter
  return (
    <ul class="items">
      {names.map((name) => (
        <li key={name}>
          <h3 id={`meter-${name}`}>{labels[name] ?? words.meter.other}</h3>
          {meters
            .filter(({ meter }) => meter === name)
            .map((window) => (
              <MeterWindow key={window.window_seconds} window={window} />
            ))}
        </li>
      ))}
    </ul>
  )
}

/** One window of a meter; the meter's heading and the figures name its bar. */
function MeterWindow({ window }: { readonly window: MeterSummary }) {
  const locale = useLocale()
  const id = `meter-${window.meter}-${window.window_seconds}`
  const words = catalogue[locale]
  const isFull = window.used >= window.limit
  const text = words.meterOf(
    number(locale, shown(window.meter, window.used)),
    number(locale, shown(window.meter, window.limit)),
    duration(locale, window.window_seconds),
  )
  return (
    <>
      <progress
        max={Math.max(window.limit, 1)}
        value={Math.min(window.used, window.limit)}
        aria-labelledby={`meter-${window.meter} ${id}`}
      >
        {text}
      </progress>
      <p class="soft small" id={id}>
        {text}
        {isFull && window.meter !== 'live' && <strong> {words.meterFull}</strong>}
      </p>
    </>
  )
}
