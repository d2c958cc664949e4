/** How far a batch is, and how fast. Pure. */

import type { Item } from '../api/client.ts'
import { formatCount } from '../format/number.ts'

export type Batch = Item<'GET /batches'>

const running: readonly Batch['status'][] = ['validating', 'in_progress', 'finalizing', 'cancelling']

export function isRunning({ status }: Batch): boolean {
  return running.includes(status)
}

export function toneOf({ status, paused, failed }: Batch): 'ok' | 'warn' | 'bad' | 'info' | 'none' {
  if (paused) return 'warn'
  if (status === 'failed' || status === 'expired') return 'bad'
  if (status === 'completed') return failed > 0 ? 'warn' : 'ok'
  if (status === 'cancelled') return 'none'
  return 'info'
}

export function doneOf({ completed, failed }: Batch): number {
  return completed + failed
}

/** Lines in a second, over all the time that it ran; undefined before the first. */
export function rateOf(batch: Batch, nowMs: number): number | undefined {
  if (batch.started_at === undefined || doneOf(batch) === 0) return undefined
  const endMs = batch.ended_at === undefined ? nowMs : Date.parse(batch.ended_at)
  return doneOf(batch) / Math.max(1, (endMs - Date.parse(batch.started_at)) / 1_000)
}

/** At the rate so far, in milliseconds; undefined where that says nothing. */
export function leftMsOf(batch: Batch, nowMs: number): number | undefined {
  const rate = rateOf(batch, nowMs)
  if (rate === undefined || !isRunning(batch) || batch.paused) return undefined
  return (1_000 * (batch.total - doneOf(batch))) / rate
}

export function rateText(rate: number | undefined): string {
  if (rate === undefined) return '-'
  return rate === 0 || rate >= 10 ? `${formatCount(rate)}/s` : `${rate.toFixed(1)}/s`
}
