/** Options that several verbs share, and readers of their values. */

import { type Command, InvalidArgumentError } from 'commander'

/** What names the data directory that a verb works on. */
export function addDataOptions(verb: Command): Command {
  return verb
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--data <folder>', 'folder of everything the gateway keeps')
}

/** A TCP port; 0 takes a free one. */
export function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  }
  return port
}

/** A whole number from 0. */
export function readCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('A count is a whole number.')
  return Number(text)
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time such as `12h`, in milliseconds. */
export function readTime(text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('A time is a number and m, h or d.')
  return Number(count) * unitMs[unit as keyof typeof unitMs]
}
