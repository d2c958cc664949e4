/** Readers of option values that several verbs share. */

import { InvalidArgumentError } from 'commander'

/** A TCP port; 0 takes a free one. */
export function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  }
  return port
}
