// The picture of a model, where the metadata has one.
import { useState } from 'preact/hooks'
import { addressOf } from '../api.ts'

/** Decorative: the model's name stands beside it. */
export function Picture({ aaguid }: { readonly aaguid: string }) {
  const [missing, setMissing] = useState(false)
  if (missing) return <span class="key-picture" aria-hidden="true" />
  return (
    <img
      class="key-picture"
      src={addressOf('models.icon', { aaguid })}
      alt=""
      loading="lazy"
      width={32}
      height={32}
      onError={() => setMissing(true)}
    />
  )
}
