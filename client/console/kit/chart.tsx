// Numbers over time: a chart that is loaded when one is shown, and the same numbers as a table for those who do not see charts.
import { useEffect, useRef, useState } from 'preact/hooks'
import { instant, number, useLocale } from '../../shared/locale.ts'
import type { Plot } from './plot.ts'
import { catalogue } from './words.ts'

export interface Series {
  readonly label: string
  /** One number an instant; null: nothing was measured. */
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  readonly title: string
  /** ISO 8601, rising. */
  readonly at: readonly string[]
  readonly series: readonly Series[]
  /** A line across: a threshold. */
  readonly limit?: { readonly label: string; readonly value: number }
}

export function Chart(props: ChartProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | null>(null)
  const [failed, setFailed] = useState(false)
  const { title, at, series, limit } = props
  useEffect(() => {
    let gone = false
    const draw = async () => {
      const { drawPlot } = await import('./plot.ts')
      if (gone || box.current === null) return
      plot.current?.end()
      plot.current = drawPlot(box.current, { at, series, limit: limit ?? null, locale })
    }
    draw().catch(() => setFailed(true))
    return () => {
      gone = true
    }
  }, [at, series, limit, locale])
  useEffect(() => () => plot.current?.end(), [])
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {!failed && <div class="chart-box" ref={box} aria-hidden="true" />}
      <details open={failed}>
        <summary>{words.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
        <section class="table-scroll chart-table" tabIndex={0} aria-label={title}>
          <table class="table">
            <caption class="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{words.time}</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col" class="end">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at.map((one, index) => (
                <tr key={one}>
                  <th scope="row">
                    <time dateTime={one}>{instant(locale, one)}</time>
                  </th>
                  {series.map(({ label, values }) => {
                    const value = values[index] ?? null
                    return (
                      <td key={label} class="end">
                        {value === null ? '–' : number(locale, value)}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  )
}
