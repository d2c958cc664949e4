/** `weir promote` and `weir rollback`: which revision of a route takes the requests. */

import { type Command, InvalidArgumentError } from 'commander'
import { asNumber, asObject, type Json } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface PromoteFlags extends DataFlags {
  readonly to: number
  readonly canary?: true
  readonly override?: string
  readonly json?: true
}

interface RollbackFlags extends DataFlags {
  readonly to?: number
  readonly reason?: string
  readonly json?: true
}

/** Adds the verbs. Exit code 1 where the gateway refuses. */
export function addRollout(program: Command, output: Output): void {
  addDataOptions(program.command('promote <route>'))
    .description('make a revision of a route live; a protected route wants a gate that has passed it')
    .requiredOption('--to <revision>', 'the number of the revision', readRevision)
    .option('--canary', 'by a growing share of the requests, stopped where it fails more often')
    .option('--override <reason>', 'without a passing gate, for this reason')
    .option('--json', 'print the route as JSON')
    .action(async (route: string, { to, canary, override, json, ...flags }: PromoteFlags) => {
      const body = {
        to,
        ...(canary && { canary }),
        ...(override !== undefined && { override: true, reason: override }),
      }
      const path = `/routes/${encodeURIComponent(route)}/promote`
      tell(route, await withAdmin(flags, (admin) => admin.post(path, body)), json, output)
    })
  addDataOptions(program.command('rollback <route>'))
    .description('go back to the revision before, or stop a canary; within five seconds on every instance')
    .option('--to <revision>', 'to this one instead', readRevision)
    .option('--reason <text>', 'why')
    .option('--json', 'print the route as JSON')
    .action(async (route: string, { to, reason, json, ...flags }: RollbackFlags) => {
      const body = { ...(to !== undefined && { to }), ...(reason !== undefined && { reason }) }
      const path = `/routes/${encodeURIComponent(route)}/rollback`
      tell(route, await withAdmin(flags, (admin) => admin.post(path, body)), json, output)
    })
}

function readRevision(text: string): number {
  const digits = text.includes('@') ? text.slice(text.indexOf('@') + 1) : text
  if (!/^[1-9]\d{0,8}$/.test(digits)) throw new InvalidArgumentError('A revision is a number from 1 on.')
  return Number(digits)
}

function tell(route: string, answer: Json, json: true | undefined, output: Output): void {
  const view = asObject(answer) ?? {}
  if (json) return output.printJson(view)
  const canary = asNumber(asObject(view['canary'])?.['revision'])
  const beside = canary === undefined ? '' : `, and ${route}@${canary} takes a share`
  output.print(`${route}@${asNumber(view['live']) ?? ''} is live${beside}`)
}
