/** `weir eval`: suites run, read again and converted. */

import { readFile, writeFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { stringify } from 'yaml'
import { parseUsd } from '../core/money.ts'
import { patternFault } from '../judgement/assertions/regex.ts'
import { defaultPackSeed } from '../evals/run-settings.ts'
import { generatePack, isPackName, packNames } from '../judgement/packs/pack.ts'
import { analyse } from '../evals/analysis.ts'
import { factsFromJson } from '../evals/reports/json.ts'
import { type EvalDatasetFlags, makeDataset } from './eval-dataset.ts'
import { type EvalImportFlags, importSuite } from './eval-import.ts'
import { type EvalRunFlags, exitOf, runSuites, tell } from './eval-run.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

/** Adds the verb with its subcommands. Exit codes: 0 pass, 100 fail, 101 inconclusive, 1 a fault, 2 configuration or usage. */
export function addEval(program: Command, output: Output): void {
  const command = program.command('eval').description('evaluate models against suites, and gate them')
  addRun(command, output)
  addPlan(command, output)
  addAnalyze(command, output)
  addImportSuite(command, output)
  addPack(command, output)
  addDataset(command, output)
}

/** Every flag may also come from the environment: `--max-usd` as WEIR_EVAL_MAX_USD. */
function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(
    `WEIR_EVAL_${option
      .attributeName()
      .replace(/[A-Z]/g, (letter) => `_${letter}`)
      .toUpperCase()}`,
  )
}

function addRun(command: Command, output: Output): void {
  const run = command
    .command('run [suites...]')
    .description('run suites and decide their gates; exit 0 pass, 100 fail, 101 inconclusive')
  for (const option of [
    flag('--candidate <target>', "a route or provider/model, instead of the suite's"),
    flag('--baseline <target>', "what the candidate is held against, instead of the suite's"),
    flag(
      '-o, --output <file>',
      'write a report: .json, .jsonl, .csv, .html, .md, .junit.xml; may be repeated',
    )
      .argParser((file: string, files: readonly string[]) => [...files, file])
      .default([]),
    flag('--json', 'print the report as JSON'),
    flag('-j, --concurrency <n>', 'calls at once (4)').argParser(count),
    flag('--repeat <k>', "repeats of every case, instead of the suite's").argParser(count),
    flag('--seed <seed>', 'repeats the order, the samples and the resampling'),
    flag('--filter-pattern <regex>', 'only cases whose id matches; a filtered run never gates').argParser(
      pattern,
    ),
    flag('--filter-metadata <name=value>', 'only cases with this metadata').argParser(metadata),
    flag('--filter-range <a:b>', 'only cases a to b of the file, b excluded').argParser(range),
    flag('--filter-sample <n>', 'n cases drawn by the seed').argParser(count),
    flag('--filter-first-n <n>', 'the first n cases').argParser(count),
    flag('--filter-failing <run>', 'only cases that did not pass in that run'),
    flag('--filter-errors-only <run>', 'only cases that were lost to faults in that run'),
    flag('--resume [run]', 'go on with a run, by default the last unfinished one of the suite'),
    flag('--retry-errors', 'with --resume: ask again what was lost to faults'),
    flag('--max-usd <amount>', 'stop before the run costs more; exit 101').argParser(usd),
    flag('--dry-run', 'only say what would be asked, what it would cost, and what the gate could tell'),
    flag('--allow-js', 'let the suite run JavaScript of its own'),
    flag('--allow-cached', 'use answers of earlier runs again while a suite is written; does not gate'),
    new Option('--github', 'annotate the suite for GitHub').env('GITHUB_ACTIONS'),
    flag('--fail-exit <code>', 'exit code of a failed gate').argParser(exitCode).default(100).hideHelp(),
    flag('--inconclusive-exit <code>', 'exit code of an inconclusive gate')
      .argParser(exitCode)
      .default(101)
      .hideHelp(),
    new Option('--config <file>', 'configuration file (default: weir.yaml, where there is one)'),
    new Option('--data <dir>', 'data directory'),
  ]) {
    run.addOption(option)
  }
  run.action(async (suites: string[], flags: EvalRunFlags) => {
    process.exitCode = await runSuites(suites, flags, output)
  })
}

function addPlan(command: Command, output: Output): void {
  command
    .command('plan <suites...>')
    .description('the same as `run --dry-run`')
    .option('--candidate <target>', "a route or provider/model, instead of the suite's")
    .option('--baseline <target>', "what the candidate is held against, instead of the suite's")
    .option('--repeat <k>', "repeats of every case, instead of the suite's", count)
    .option('--allow-js', 'the suite may hold JavaScript of its own')
    .option('--json', 'print the plan as JSON')
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--data <dir>', 'data directory')
    .action(async (suites: string[], flags: Partial<EvalRunFlags>) => {
      const rest = { output: [], failExit: 100, inconclusiveExit: 101 }
      process.exitCode = await runSuites(suites, { ...rest, ...flags, dryRun: true }, output)
    })
}

function addAnalyze(command: Command, output: Output): void {
  command
    .command('analyze <report>')
    .description('make every number of a JSON report again from its rows, without calling anything')
    .option(
      '-o, --output <file>',
      'write a report',
      (file: string, files: string[]) => [...files, file],
      [] as string[],
    )
    .option('--json', 'print the report as JSON')
    .action(async (path: string, flags: { output: string[]; json?: true }) => {
      const { facts, rows } = factsFromJson(await readFile(path, 'utf8'))
      const report = analyse(facts, rows)
      const exits = { failExit: 100, inconclusiveExit: 101 }
      await tell(report, { flags: { ...exits, ...flags }, output })
      process.exitCode = exitOf(report, exits)
    })
}

function addImportSuite(command: Command, output: Output): void {
  command
    .command('import <file>')
    .description('convert a promptfoo configuration; what it cannot carry is listed')
    .option('-o, --output <file>', 'write the suite there instead of printing it')
    .option('--write-ids', 'write the id of every case into the suite')
    .option('--allow-unsupported', 'leave out what cannot be carried')
    .action(async (path: string, flags: EvalImportFlags) => {
      process.exitCode = await importSuite(path, flags, output)
    })
}

function addDataset(command: Command, output: Output): void {
  addDataOptions(command.command('dataset <route>'))
    .description('make a suite of recorded requests, and of what people said of their answers')
    .option('-o, --output <file>', 'write it there instead of printing it: .yaml or .json')
    .option('--name <name>', 'of the suite')
    .option('--candidate <target>', 'a route or provider/model')
    .option('--from <time>', 'only requests since then, in ISO 8601')
    .option('--to <time>', 'only requests before that')
    .option('--user <user>', 'only requests of this user')
    .option('--session <session>', 'only requests of this session')
    .option('--tag <tag>', 'only requests with this tag')
    .option('--label <label>', 'only requests whose feedback has this label')
    .option('--min-score <score>', 'only requests whose feedback is at least this, 0 to 1')
    .option('--max-score <score>', 'only requests whose feedback is at most this')
    .option('--reference <assertion>', 'what liked answers become: none, factuality, similar, equals')
    .option('--limit <n>', 'requests that become cases (200)', count)
    .action((route: string, flags: EvalDatasetFlags) => makeDataset(route, flags, output))
}

function addPack(command: Command, output: Output): void {
  command
    .command('pack <name>')
    .description(`write a generated pack of edge cases: ${packNames.join(', ')}`)
    .option('-o, --output <file>', 'write it there instead of printing it: .json or .yaml')
    .option('--seed <seed>', 'another seed gives another pack', defaultPackSeed)
    .option('--window <tokens>', "the model's context window: no case is longer than 90 % of it", count)
    .action(async (name: string, flags: { output?: string; seed: string; window?: number }) => {
      if (!isPackName(name)) {
        output.fail(`there is no pack ${name}; known: ${packNames.join(', ')}`)
        process.exitCode = 2
        return
      }
      const { seed, window: windowTokens, output: file } = flags
      const pack = await generatePack(name, { seed, ...(windowTokens !== undefined && { windowTokens }) })
      const text =
        file?.endsWith('.yaml') || file?.endsWith('.yml') ? stringify(pack) : JSON.stringify(pack, null, 2)
      if (file === undefined) output.print(text)
      else await writeFile(file, `${text.trimEnd()}\n`)
    })
}

function count(text: string): number {
  const value = Number(text)
  if (!/^\d{1,7}$/.test(text) || value < 1)
    throw new InvalidArgumentError('Write a whole number of 1 or more.')
  return value
}

function pattern(text: string): string {
  const fault = patternFault(text, '')
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}.`)
  return text
}

function metadata(text: string): string {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Write name=value.')
  return text
}

function range(text: string): string {
  if (!/^\d*:\d*$/.test(text))
    throw new InvalidArgumentError('Write a:b, such as 0:100 for the first hundred.')
  return text
}

function usd(text: string): string {
  if ((parseUsd(text) ?? -1) < 0) throw new InvalidArgumentError('Write an amount of USD, such as 2.50.')
  return text
}

function exitCode(text: string): number {
  const value = Number(text)
  if (!/^\d{1,3}$/.test(text) || value > 255) throw new InvalidArgumentError('Write a number from 0 to 255.')
  return value
}
