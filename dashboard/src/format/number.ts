/** Numbers as people read them: counts, tokens, money, shares and durations, each with its unit. */

/** `950`, `12.4k`, `3.10M`. */
export function formatCount(value: number): string {
  if (value < 1_000) return String(Math.round(value))
  if (value < 9_995) return Math.round(value).toLocaleString('en-US')
  if (value < 999_950) return `${(value / 1_000).toFixed(1)}k`
  if (value < 999_995_000) return `${(value / 1_000_000).toFixed(2)}M`
  return `${(value / 1_000_000_000).toFixed(2)}B`
}

/** `$1,234` from 1,000; `$12.34` from 1; `$0.123` from 0.01; below, two digits that say something. */
export function formatUsd(value: number): string {
  const size = Math.abs(value)
  const sign = value < 0 ? '-' : ''
  if (size === 0) return '$0'
  if (size >= 1_000) return `${sign}$${Math.round(size).toLocaleString('en-US')}`
  if (size >= 1) return `${sign}$${size.toFixed(2)}`
  if (size >= 0.01) return `${sign}$${size.toFixed(3)}`
  const decimals = Math.min(12, 1 - Math.floor(Math.log10(size)))
  return `${sign}$${size.toFixed(decimals)}`
}

/** For amounts that stand above each other: all with the digits of the greatest, and none is shown as nothing that is something. */
export function usdFormatter(amounts: readonly number[]): (value: number) => string {
  const most = Math.max(0, ...amounts.map(Math.abs))
  const decimals =
    most >= 1_000 || most === 0 ? 0 : most >= 1 ? 2 : most >= 0.01 ? 3 : 1 - Math.floor(Math.log10(most))
  const least = 10 ** -decimals
  const text = (size: number) =>
    `$${size.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })}`
  return (value) => {
    const size = Math.abs(value)
    if (size === 0) return '$0'
    if (size < least / 2) return `<${text(least)}`
    return `${value < 0 ? '-' : ''}${text(size)}`
  }
}

/** For the ticks of an axis up to `top`, at quarters of it: as few digits as tell all of them exactly. */
export function usdTicks(top: number): (value: number) => string {
  const quarter = top / 4
  const isWhole = (decimals: number) => {
    const units = quarter * 10 ** decimals
    return Math.abs(units - Math.round(units)) < 1e-6
  }
  const decimals = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].find(isWhole) ?? 12
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  return (value) => (value === 0 ? '$0' : `$${value.toLocaleString('en-US', digits)}`)
}

/** Of a share between 0 and 1. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent === 0) return '0 %'
  if (percent < 0.005) return '<0.01 %'
  if (percent < 0.1) return `${percent.toFixed(2)} %`
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`
}

/** `412 ms`, `2.31 s`, `1 min 20 s`. */
export function formatMs(ms: number): string {
  if (ms === 0) return '0 ms'
  if (ms < 0.1) return `${ms.toFixed(2)} ms`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_995) return `${(ms / 1_000).toFixed(2)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
