// The services that this person answers for: bots, bridges and the like, which hold a token and no key. Renewing one is a tap
// over what it is.
import { useEffect, useState } from 'preact/hooks'
import { post, type ServiceRenewal, type ServiceSummary } from '../shared/api.ts'
import { Refusal, Status, TapButton, useTask } from '../shared/ceremony.tsx'
import { askKey } from '../shared/key.ts'
import { type Catalogue, instant, number, useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import './reasons.ts'

const fr = {
  title: 'Services dont vous répondez',
  lead: 'Ce sont des programmes, sans clé. Sans un appui sur votre clé, ils s’arrêtent à la date prévue.',
  is: (user: string) => `Agit comme ${user}`,
  from: (networks: string) => `Depuis ${networks}`,
  rooms: (count: string | null) => (count === null ? 'Tous ses salons' : `${count} salons seulement`),
  namespace: (names: string) => `Peut parler pour ${names}`,
  used: (at: string) => `Dernière activité : ${at}`,
  never: 'Jamais utilisé',
  until: (at: string) => `Valable jusqu’à : ${at}`,
  expired: 'Arrêté : sa date est passée',
  renew: 'Renouveler',
  about: (name: string) => `Renouveler ${name}`,
  question: (name: string, until: string) => `Laisser « ${name} » continuer jusqu’au ${until} ?`,
  tap: 'Renouveler avec ma clé',
  done: (name: string) => `${name} est renouvelé.`,
}

const en: typeof fr = {
  title: 'Services you answer for',
  lead: 'These are programs, without a key. Without a tap of yours they stop on their date.',
  is: (user) => `Acts as ${user}`,
  from: (networks) => `From ${networks}`,
  rooms: (count) => (count === null ? 'All of its rooms' : `${count} rooms only`),
  namespace: (names) => `May speak for ${names}`,
  used: (at) => `Last active: ${at}`,
  never: 'Never used',
  until: (at) => `Valid until: ${at}`,
  expired: 'Stopped: its date has passed',
  renew: 'Renew',
  about: (name) => `Renew ${name}`,
  question: (name, until) => `Let “${name}” go on until ${until}?`,
  tap: 'Renew with my key',
  done: (name) => `${name} is renewed.`,
}

const catalogue: Catalogue<typeof fr> = { fr, en }

export function Services() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [services, setServices] = useState<readonly ServiceSummary[]>([])
  const [said, setSaid] = useState('')
  // Most people answer for none: what cannot be read is not worth a word on their page.
  const load = () =>
    void post('/api/services/list', {}).then(
      (answer) => setServices(answer.services),
      () => setServices([]),
    )
  useEffect(load, [])
  if (services.length === 0) return null
  return (
    <section class="sheet" aria-labelledby="services">
      <h2 id="services">{words.title}</h2>
      <p class="soft">{words.lead}</p>
      <p class="visually-hidden" role="status">
        {said}
      </p>
      <ul class="items">
        {services.map((service) => (
          <li key={service.id} data-service={service.name}>
            <One
              service={service}
              onRenewed={() => {
                setSaid(words.done(service.name))
                load()
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

function One({ service, onRenewed }: { readonly service: ServiceSummary; readonly onRenewed: () => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const [renewal, setRenewal] = useState<ServiceRenewal | null>(null)
  const prepare = () => task.run(async () => setRenewal(await post('/api/services/renewal', { service: service.id })))
  const tap = (of: ServiceRenewal) =>
    task.run(async (step) => {
      const { ceremony, options } = await post('/api/services/options', { renewal: of.renewal })
      step('touch')
      const response = await askKey(options)
      step('check')
      await post('/api/services/verify', { renewal: of.renewal, ceremony, response })
      setRenewal(null)
      onRenewed()
    })
  return (
    <>
      <div class="row spread">
        <h3>
          <bdi>{service.name}</bdi>
        </h3>
        {service.expired && <span class="tag bad">{words.expired}</span>}
      </div>
      <p>
        <bdi>{words.is(service.user_id)}</bdi>
      </p>
      <p class="soft small">
        {words.from(service.networks.join(', '))}
        <br />
        {words.rooms(service.rooms_total === null ? null : number(locale, service.rooms_total))}
        {service.namespace.length > 0 && (
          <>
            <br />
            <bdi>{words.namespace(service.namespace.join(', '))}</bdi>
          </>
        )}
        <br />
        {service.last_used_at === null ? words.never : words.used(instant(locale, service.last_used_at))}
        <br />
        <span data-until={service.expires_at}>{words.until(instant(locale, service.expires_at))}</span>
      </p>
      <Refusal reason={task.refusal} />
      {renewal === null ? (
        <button
          type="button"
          class="quiet"
          data-action="renew"
          aria-label={words.about(service.name)}
          onClick={() => void prepare()}
        >
          {words.renew}
        </button>
      ) : (
        <fieldset class="confirm" aria-label={words.about(service.name)}>
          <p class="notice-title">
            <bdi>{words.question(renewal.service.name, instant(locale, renewal.until))}</bdi>
          </p>
          <TapButton task={task} onTap={() => void tap(renewal)}>
            {words.tap}
          </TapButton>
          <button type="button" onClick={() => setRenewal(null)}>
            {shared[locale].cancel}
          </button>
        </fieldset>
      )}
      <Status task={task} />
    </>
  )
}
