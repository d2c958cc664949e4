/**
 * Holds the newest change of the lockfile to the rule that no version is younger than seven days when it is taken up.
 * `--since REF` looks at all changes since that commit. Asks the registry that npm is configured for, about those
 * versions alone; where it cannot be asked, or does not tell dates, that is said and nothing fails.
 */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { faultOfAge, type Locked, lockedVersions, newVersions } from './release-ages.ts'

const root = resolve(import.meta.dirname, '..')
const lockfile = 'package-lock.json'
const run = promisify(execFile)
const { values } = parseArgs({ options: { since: { type: 'string' } } })

async function git(...args: string[]): Promise<string> {
  return (await run('git', args, { cwd: root, maxBuffer: 1 << 26 })).stdout.trim()
}

/** The lockfile before the change, and when it was changed: now, where that is not committed yet. */
async function changed(): Promise<{ before: string; atMs: number }> {
  const isOpen = (await git('status', '--porcelain', '--', lockfile)) !== ''
  const [last, previous] = (await git('log', '-2', '--format=%H %ct', '--', lockfile)).split('\n')
  const ref = values.since ?? (isOpen ? 'HEAD' : previous?.split(' ')[0])
  return {
    before: ref === undefined ? '{}' : await git('show', `${ref}:${lockfile}`),
    atMs: isOpen ? Date.now() : 1000 * Number(last?.split(' ')[1]),
  }
}

/** Undefined where the registry does not tell. */
async function releasedAt({ name, version }: Locked): Promise<string | undefined> {
  const { stdout } = await run('npm', ['view', `${name}@${version}`, 'time', '--json'], {
    cwd: root,
    timeout: 30_000,
    maxBuffer: 1 << 26,
  })
  const times = JSON.parse(stdout || '{}') as Record<string, string>
  return times[version]
}

let change: Awaited<ReturnType<typeof changed>>
try {
  change = await changed()
} catch {
  console.log('left out: there is no git history that tells what the lockfile was before')
  process.exit(0)
}
const now = readFileSync(resolve(root, lockfile), 'utf8')
const fresh = newVersions(change.before, now)
let unknown = 0
let silence: string | undefined

async function check(one: Locked): Promise<void> {
  try {
    const date = await releasedAt(one)
    if (date === undefined) unknown++
    const fault = date === undefined ? undefined : faultOfAge(one, date, change.atMs)
    if (fault === undefined) return
    console.error(fault)
    process.exitCode = 1
  } catch (cause) {
    const [reason = ''] = String((cause as { stderr?: string }).stderr || cause).split('\n')
    silence ??= reason.replaceAll(/https?:\/\/\S+/g, 'its address')
  }
}

const queue = fresh.values()
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (const one of queue) if (silence === undefined) await check(one)
  }),
)
if (silence !== undefined) console.log(`left out: the registry could not be asked (${silence})`)
if (unknown > 0) console.log(`left out: ${unknown} versions of which the registry tells no date`)
console.log(`${fresh.length} of ${lockedVersions(now).length} versions are new in the lockfile's last change`)
