/** `weir keys`: makes, lists, rotates and revokes API keys. */

import { type Command, InvalidArgumentError } from 'commander'
import { asArray, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import type { Output } from './output.ts'

interface Flags extends DataFlags {
  readonly json?: true
}

interface CreateFlags extends Flags {
  readonly model?: readonly string[]
  readonly clearance?: readonly string[]
  readonly address?: readonly string[]
  readonly tag?: readonly string[]
  readonly user?: string
  readonly team?: string
  readonly expires?: string
  readonly maxUsd?: string
  readonly rpm?: number
  readonly tpm?: number
  readonly concurrency?: number
  readonly cacheWrite: boolean
}

/** Adds the verb. Exit code 1 where the gateway refuses. */
export function addKeys(program: Command, output: Output): void {
  const keys = program.command('keys').description('API keys: create, list, rotate, revoke')
  addCreate(keys, output)
  withDataFlags(keys.command('list').description('the keys, the newest first')).action((flags: Flags) =>
    list(flags, output),
  )
  withDataFlags(keys.command('rotate <id>').description('give a key a new secret, shown this once'))
    .option('--overlap <seconds>', 'how long the old secret holds on (default: a day)', readCount)
    .action((id: string, { overlap, ...flags }: Flags & { readonly overlap?: number }) =>
      issue(flags, output, `/keys/${encodeURIComponent(id)}/rotate`, {
        ...(overlap !== undefined && { overlap_seconds: overlap }),
      }),
    )
  withDataFlags(
    keys.command('revoke <id>').description('end a key for good, its open streams included'),
  ).action(async (id: string, flags: Flags) => {
    const key = await withAdmin(flags, (admin) => admin.delete(`/keys/${encodeURIComponent(id)}`))
    if (flags.json) output.printJson(key)
    else output.print(`revoked ${id}`)
  })
}

function addCreate(keys: Command, output: Output): void {
  withDataFlags(keys.command('create <name>').description('make a key; its secret is shown this once'))
    .option('--model <name...>', 'routes and models it may use; `*` stands for any text')
    .option('--clearance <mark...>', 'marks of sensitive models that it may use')
    .option('--address <range...>', 'addresses and ranges that it may be used from')
    .option('--tag <tag...>', 'on every request of the key')
    .option('--no-cache-write', 'what it brings is neither kept by the caches nor shared with others')
    .option('--user <id>', 'its owner')
    .option('--team <id>', 'its team')
    .option('--expires <time>', 'when it stops to hold, such as 2027-01-31T00:00:00Z')
    .option('--max-usd <amount>', 'the most that one request may cost')
    .option('--rpm <number>', 'requests per minute', readCount)
    .option('--tpm <number>', 'tokens per minute', readCount)
    .option('--concurrency <number>', 'requests under way at once', readCount)
    .action((name: string, flags: CreateFlags) => issue(flags, output, '/keys', toWish(name, flags)))
}

function withDataFlags(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--data <folder>', 'folder of everything the gateway keeps')
    .option('--json', 'print JSON')
}

function readCount(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number.')
}

function toWish(name: string, flags: CreateFlags): JsonObject {
  const { model, clearance, address, tag, user, team, expires, maxUsd, rpm, tpm, concurrency, cacheWrite } =
    flags
  const limits = {
    ...(rpm !== undefined && { rpm }),
    ...(tpm !== undefined && { tpm }),
    ...(concurrency !== undefined && { concurrency }),
  }
  return {
    name,
    ...(model && { models: model }),
    ...(clearance && { clearances: clearance }),
    ...(address && { allowed_addresses: address }),
    ...(tag && { tags: tag }),
    ...(!cacheWrite && { cache_write: false }),
    ...(user !== undefined && { user }),
    ...(team !== undefined && { team }),
    ...(expires !== undefined && { expires_at: expires }),
    ...(maxUsd !== undefined && { max_usd_per_request: maxUsd }),
    ...(Object.keys(limits).length > 0 && { limits }),
  }
}

/** The secret alone stands on standard output, so that a script can take it. */
async function issue(flags: Flags, output: Output, path: string, body: JsonObject): Promise<void> {
  const key = asObject(await withAdmin(flags, (admin) => admin.post(path, body)))
  if (flags.json) return output.printJson(key)
  output.print(asString(key?.['secret']) ?? '')
  output.note(`key ${asString(key?.['id']) ?? ''}; the secret is shown this once`)
}

const pageSize = 1000

async function list(flags: Flags, output: Output): Promise<void> {
  const data = await withAdmin(flags, async (admin) => {
    const keys: Json[] = []
    let cursor: string | undefined = ''
    while (cursor !== undefined) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = asObject(await admin.get(`/keys?limit=${pageSize}${after}`))
      keys.push(...asArray(page?.['data']))
      cursor = asString(page?.['next_cursor'])
    }
    return keys
  })
  if (flags.json) return output.printJson({ data })
  const rows = data.map((key) => rowOf(asObject(key) ?? {}))
  for (const line of alignColumns([['ID', 'NAME', 'STATUS', 'CREATED', 'EXPIRES', 'MODELS'], ...rows])) {
    output.print(line)
  }
}

function rowOf(key: JsonObject): string[] {
  const text = (name: string): string => asString(key[name]) ?? ''
  const day = (name: string): string => text(name).slice(0, 10)
  const models = asArray(key['models']).map(String).join(' ')
  return [text('id'), text('name'), text('status'), day('created_at'), day('expires_at'), models]
}
