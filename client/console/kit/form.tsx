// Fields of a form: a label, what is wrong, a hint, tied together for screen readers.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { catalogue } from './words.ts'

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly hint?: string
  /** What is wrong, or null. */
  readonly wrong?: string | null
  readonly name?: string
  readonly type?: 'text' | 'search' | 'email' | 'number' | 'date' | 'datetime-local'
  /** More than one: a larger field. */
  readonly rows?: number
  readonly maxLength?: number
  readonly required?: boolean
  readonly autocomplete?: string
  /** Numbers, dates: the least and the most. */
  readonly min?: string | number
  readonly max?: string | number
}

export function Field(props: FieldProps) {
  const words = catalogue[useLocale()]
  const id = useId()
  const { wrong = null, hint } = props
  const common = {
    id,
    name: props.name ?? id,
    value: props.value,
    maxLength: props.maxLength ?? 500,
    'aria-invalid': wrong !== null,
    'aria-required': props.required ?? false,
    'aria-describedby': describedBy(id, wrong, hint),
    autocomplete: props.autocomplete ?? 'off',
    spellcheck: props.rows !== undefined,
  } as const
  return (
    <Labelled
      id={id}
      label={
        <>
          {props.label}
          {props.required === false && <span class="soft"> ({words.optional})</span>}
        </>
      }
      wrong={wrong}
      hint={hint}
    >
      {props.rows === undefined ? (
        <input
          {...common}
          {...({ type: props.type ?? 'text' } as object)}
          min={props.min}
          max={props.max}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      ) : (
        <textarea {...common} rows={props.rows} onInput={(event) => props.onInput(event.currentTarget.value)} />
      )}
    </Labelled>
  )
}

interface SelectProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
  readonly hint?: string
  /** What is wrong, or null. */
  readonly wrong?: string | null
  readonly name?: string
}

/** One of a few. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const id = useId()
  const { wrong = null, hint } = props
  return (
    <Labelled id={id} label={props.label} wrong={wrong} hint={hint}>
      <select
        id={id}
        name={props.name ?? id}
        value={props.value}
        aria-invalid={wrong !== null}
        aria-describedby={describedBy(id, wrong, hint)}
        onChange={(event) => {
          const chosen = props.options.find(({ value }) => value === event.currentTarget.value)
          if (chosen !== undefined) props.onChange(chosen.value)
        }}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

/** A control with its label, what is wrong, and a hint. The control names them by their ids. */
function Labelled(props: {
  readonly id: string
  readonly label: ComponentChildren
  readonly wrong?: string | null
  readonly hint: string | undefined
  readonly children: ComponentChildren
}) {
  const { id, wrong = null, hint } = props
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.children}
      {wrong !== null && (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

function describedBy(id: string, wrong: string | null, hint: string | undefined): string | undefined {
  const parts = [wrong === null ? null : `${id}-wrong`, hint === undefined ? null : `${id}-hint`]
  return parts.filter((one) => one !== null).join(' ') || undefined
}

/** Yes or no. */
export function Check(props: {
  readonly label: ComponentChildren
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly name?: string
  readonly disabled?: boolean
}) {
  const id = useId()
  return (
    <p class="choice">
      <input
        id={id}
        name={props.name ?? id}
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
    </p>
  )
}

/** Filters above a table: a search, and a few choices beside it. */
export function Filters({ children }: { readonly children: ComponentChildren }) {
  return <search class="filters">{children}</search>
}
