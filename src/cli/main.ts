/** The command line: one program, one file per verb, and the exit codes. */

import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/fault.ts'
import { addAccount } from './account.ts'
import { addAudit } from './audit.ts'
import { addBackup, addRestore } from './backup.ts'
import { addBatch } from './batch.ts'
import { addCheck } from './check.ts'
import { addDrift } from './drift.ts'
import { addEval } from './eval.ts'
import { addForget } from './forget.ts'
import { addExperiment } from './experiment.ts'
import { addImport } from './import.ts'
import { addLedger } from './ledger.ts'
import { addKeys } from './keys.ts'
import { addModels } from './models.ts'
import { createOutput, type Output } from './output.ts'
import { addRollout } from './rollout.ts'
import { addSecrets } from './secrets.ts'
import { addServe } from './serve.ts'
import { addShadow } from './shadow.ts'
import { addSimulate } from './simulate.ts'

/** Bad usage and bad configuration. */
const exitUsage = 2
/** Everything else that went wrong. */
const exitFailure = 1

const output = createOutput(process.stdout, process.stderr)
const program = new Command('weir')
  .description('A self-hosted gateway between your applications and every LLM provider.')
  .version(readVersion())
  .exitOverride()
  .configureOutput({ outputError: (text) => output.fail(text.replace(/^error: /, '').trimEnd()) })
addServe(program, output)
addCheck(program, output)
addModels(program, output)
addKeys(program, output)
addAccount(program, output)
addSecrets(program, output)
addEval(program, output)
addExperiment(program, output)
addShadow(program, output)
addImport(program, output)
addDrift(program, output)
addBatch(program, output)
addBackup(program, output)
addRestore(program, output)
addLedger(program, output)
addAudit(program, output)
addForget(program, output)
addRollout(program, output)
addSimulate(program, output)

try {
  await program.parseAsync(process.argv)
} catch (error) {
  process.exitCode = exitCodeOf(error, output)
}

/** Tells the failure, unless commander has told it already. */
function exitCodeOf(error: unknown, { fail }: Output): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage
  if (error instanceof ConfigError) {
    fail(`the configuration cannot be used\n${error.message}`)
    return exitUsage
  }
  fail(describe(error))
  return exitFailure
}

/** The stack only where the fault is the program's own: a busy port or a missing file needs none. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return isBug ? (error.stack ?? error.message) : error.message
}

function readVersion(): string {
  const path = findPackageJSON(import.meta.url)
  if (path === undefined) throw new Error('package.json is missing beside the program')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
