// The round sign at the head of a finished state. The words beside it say the same.
const SHAPES = {
  done: 'M5 12.5l4.5 4.5L19 7.5',
  stopped: 'M7 7l10 10M17 7L7 17',
  waiting: 'M12 6v6l4 3',
}

export function Sign({ kind }: { readonly kind: keyof typeof SHAPES }) {
  const tone = kind === 'done' ? '' : kind === 'stopped' ? ' bad' : ' warn'
  return (
    <svg class={`sign${tone}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[kind]} />
    </svg>
  )
}
