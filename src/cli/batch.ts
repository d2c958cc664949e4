/** `weir batch`: many requests from a file, answered when there is room for them. */

import { createWriteStream } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { isOpen } from '../batch/batch.ts'
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../core/json.ts'
import { type AdminClient, type DataFlags, withAdmin } from './admin-client.ts'
import { createBatchView } from './batch-progress.ts'
import { alignColumns } from './columns.ts'
import { addDataOptions, readCount } from './options.ts'
import type { Output } from './output.ts'

interface Flags extends DataFlags {
  readonly json?: true
}

interface SubmitFlags extends Flags {
  readonly key?: string
  readonly endpoint: string
  readonly window: string
  readonly maxUsd?: string
  readonly native?: true
  readonly dryRun?: true
  readonly wait?: true
}

const exitFailure = 1
const lookMs = 500

/** Exit code 1 where the gateway refuses, the file has faults, or a batch that was waited for did not complete. */
export function addBatch(program: Command, output: Output): void {
  const batch = program.command('batch').description('many requests, answered when there is room for them')
  withFlags(
    batch.command('submit').description('make a batch of a file').argument('<file>', 'one request a line'),
  )
    .option('--key <name>', 'the key on whose account it is, by name or id (default: the only one)')
    .option('--endpoint <path>', 'what its lines ask', '/v1/chat/completions')
    .option('--window <time>', 'how long it may take, such as 30m, 24h or 7d', '24h')
    .option('--max-usd <amount>', 'it stops before it costs more')
    .option('--native', "by the providers' own batches, at their discount, where they have them")
    .option('--dry-run', 'only tell how many lines it has, what is wrong with them, and what it may cost')
    .option('--wait', 'show how far it is until it has ended')
    .action((file: string, flags: SubmitFlags) => submit(file, flags, output))
  withFlags(batch.command('status').description('where a batch stands').argument('<id>'))
    .option('--wait', 'show how far it is until it has ended')
    .action((id: string, { wait, ...flags }: Flags & { readonly wait?: true }) =>
      withAdmin(flags, async (admin) => {
        checkWait(admin, wait)
        const found = wait ? await follow(admin, id, output) : await admin.get(pathOf(id))
        show(found, flags, output)
        if (wait) failUnlessCompleted(found)
      }),
    )
  withFlags(batch.command('list').description('the batches of all keys, the newest first'))
    .option('--limit <number>', 'so many', readCount, 20)
    .action(async ({ limit, ...flags }: Flags & { readonly limit: number }) => {
      const answer = await withAdmin(flags, (admin) => admin.get(`/batches?limit=${limit}`))
      if (flags.json) output.printJson(answer)
      else list(asArray(asObject(answer)?.['data']).filter(isObject), output)
    })
  withFlags(batch.command('cancel').description('begin no more of its requests').argument('<id>')).action(
    async (id: string, flags: Flags) => {
      show(await withAdmin(flags, (admin) => admin.post(`${pathOf(id)}/cancel`)), flags, output)
    },
  )
  addDataOptions(
    batch
      .command('results')
      .alias('download')
      .description('its results: so far while it runs, in the order of its lines once it has ended')
      .argument('<id>'),
  )
    .option('-o, --output <file>', 'write them there (default: standard output)')
    .action((id: string, { output: to, ...flags }: DataFlags & { readonly output?: string }) =>
      withAdmin(flags, (admin) =>
        admin.download(`${pathOf(id)}/results`, to === undefined ? process.stdout : createWriteStream(to)),
      ),
    )
}

function withFlags(verb: Command): Command {
  return addDataOptions(verb).option('--json', 'print it as JSON')
}

function pathOf(id: string): string {
  return `/batches/${encodeURIComponent(id)}`
}

async function submit(file: string, flags: SubmitFlags, output: Output): Promise<void> {
  const { endpoint, window, maxUsd, native = false, dryRun, wait } = flags
  await withAdmin(flags, async (admin) => {
    checkWait(admin, wait)
    const key = await findKey(admin, flags.key)
    if (dryRun) {
      const query = `key=${encodeURIComponent(key)}&endpoint=${encodeURIComponent(endpoint)}`
      return showPlan(asObject(await admin.upload(`/batch-plan?${query}`, file)) ?? {}, flags, output)
    }
    const uploaded = asObject(await admin.upload(`/batch-files?key=${encodeURIComponent(key)}`, file))
    const batch = await admin.post('/batches', {
      key,
      endpoint,
      input_file_id: uploaded?.['id'],
      completion_window: window,
      native,
      ...(maxUsd !== undefined && { max_usd: maxUsd }),
    })
    const id = asString(asObject(batch)?.['id']) ?? ''
    // Whoever waits may stop waiting: the batch goes on.
    if (wait) output.note(id)
    else if (admin.isTemporary) output.note('no gateway runs here: it is begun when one does')
    const last = wait ? await follow(admin, id, output) : batch
    show(last, flags, output)
    if (wait) failUnlessCompleted(last)
  })
}

/** Its id. */
async function findKey(admin: AdminClient, wanted: string | undefined): Promise<string> {
  const answer = await admin.get('/keys?limit=1000')
  const keys = asArray(asObject(answer)?.['data']).filter(isObject)
  const fitting =
    wanted === undefined ? keys : keys.filter(({ id, name }) => id === wanted || name === wanted)
  const [only, ...others] = fitting.filter(({ status }) => status === undefined || status === 'active')
  if (only && others.length === 0) return asString(only['id']) ?? ''
  if (wanted !== undefined && !only) throw new Error(`there is no key ${wanted}: see \`weir keys list\``)
  if (!only) throw new Error('there is no key: make one with `weir keys create`')
  throw new Error(
    wanted === undefined
      ? 'name the key with --key: there are several'
      : `several keys are called ${wanted}: give the id of one, from \`weir keys list\``,
  )
}

/** Throws before anything is done where waiting would have no end. */
function checkWait({ isTemporary }: AdminClient, wait: true | undefined): void {
  if (wait && isTemporary) throw new Error('no gateway runs here to wait for: start one with `weir serve`')
}

async function follow(admin: AdminClient, id: string, output: Output): Promise<Json> {
  const view = createBatchView(output, process.stderr, () => performance.now())
  try {
    for (;;) {
      const batch = asObject(await admin.get(pathOf(id))) ?? {}
      view.show(batch)
      if (!isOpen(batch['status'] as Parameters<typeof isOpen>[0])) return batch
      await setTimeout(lookMs)
    }
  } finally {
    view.end()
  }
}

function failUnlessCompleted(batch: Json): void {
  const { status, failed, stop } = asObject(batch) ?? {}
  if (status !== 'completed' || failed !== 0 || stop !== undefined) process.exitCode = exitFailure
}

function showPlan(plan: JsonObject, { json }: Flags, output: Output): void {
  const faults = asArray(plan['faults']).filter(isObject)
  if (faults.length > 0) process.exitCode = exitFailure
  if (json) return output.printJson(plan)
  output.print(`${text(plan['lines'])} lines`)
  for (const fault of faults) showFault(fault, output)
  output.print(
    `prompts about ${text(plan['prompt_usd'])} USD, with answers at most ${text(plan['at_most_usd'])} USD`,
  )
  if (plan['unpriced'] !== 0) output.print(`without ${text(plan['unpriced'])} lines whose price is not known`)
}

function show(answer: Json, { json }: Flags, output: Output): void {
  if (json) return output.printJson(answer)
  const batch = asObject(answer) ?? {}
  const { id, status, total, completed, failed, stop, paused } = batch
  const held = paused === true ? ' (paused)' : stop === undefined ? '' : ` (stopped: ${text(stop)})`
  output.print(`${text(id)}  ${text(status)}${held}`)
  output.print(
    `  ${text(completed)} of ${text(total)} answered, ${text(failed)} failed, ${text(batch['cost_usd'])} USD`,
  )
  for (const fault of asArray(batch['faults']).filter(isObject)) showFault(fault, output)
}

function showFault({ line, code, message }: JsonObject, output: Output): void {
  output.print(`  ! ${line === undefined ? '' : `line ${text(line)}: `}${text(message)} (${text(code)})`)
}

function list(batches: readonly JsonObject[], output: Output): void {
  if (batches.length === 0) return output.print('no batches; make one with `weir batch submit FILE`')
  const rows = batches.map(({ id, status, key_name, completed, failed, total, cost_usd, created_at }) =>
    [id, status, key_name, `${text(completed)}+${text(failed)}/${text(total)}`, cost_usd, created_at].map(
      text,
    ),
  )
  const head = ['id', 'status', 'key', 'done+failed/all', 'usd', 'made']
  for (const line of alignColumns([head, ...rows], [false, false, false, true, true])) output.print(line)
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}
