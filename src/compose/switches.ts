/** Opens the switches of providers. */

import { inspect } from 'node:util'
import type { Clock } from '../core/clock.ts'
import { Switches } from '../rollout/switches.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import type { Stores } from './stores.ts'

export interface SwitchParts {
  readonly stores: Pick<Stores, 'switches'>
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

/** Rejects where the store cannot be read. */
export async function openSwitches({ stores, clock, log, closers }: SwitchParts): Promise<Switches> {
  const switches = new Switches({
    org: 'default',
    store: stores.switches,
    clock,
    onTrouble: (cause) =>
      log.error({ cause: inspect(cause) }, 'switches of providers cannot be read; what is known holds on'),
  })
  closers.add(() => switches.close())
  await switches.open()
  return switches
}
