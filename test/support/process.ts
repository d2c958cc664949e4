/** The gateway as a process of its own, started the way users start it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import type { Lifetime } from './stack.ts'
import { assertNoTexts, metricsOf } from './leavings.ts'
import { until } from './until.ts'

const binary = resolve(import.meta.dirname, '../../bin/weir')

export interface GatewayProcess {
  readonly url: string
  readonly child: ChildProcess
  /** What it wrote on standard error. */
  readonly notes: () => string
  readonly log: () => string
  /** The exit code, or the signal that killed it. */
  readonly exited: Promise<number | string>
}

/** The process ended before it listened. */
export class EndedAtStart extends Error {
  /** The exit code, or the signal that killed it. */
  readonly how: number | string

  constructor(how: number | string, output: string) {
    super(`the gateway ended at its start (${how}): ${output}`)
    this.how = how
  }
}

/** A folder, and what starts Weir there where it is another copy than this one. */
export type ServePlace = string | { readonly folder: string; readonly launcher: string }

/**
 * Runs `weir serve` with this configuration until the test's end, on a free port where the configuration has none.
 * Throws EndedAtStart.
 */
export async function serveProcess(
  t: Lifetime,
  place: ServePlace,
  config: JsonObject,
  env: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const { folder, launcher } = typeof place === 'string' ? { folder: place, launcher: binary } : place
  const file = join(folder, 'weir.yaml')
  writeFileSync(file, JSON.stringify(config))
  const port = asObject(config['server'])?.['port'] === undefined ? ['--port', '0'] : []
  const child = spawn(launcher, ['serve', '--config', file, ...port], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let notes = ''
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (notes += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const exited = new Promise<number | string>((done) => {
    child.on('close', (code, signal) => done(code ?? signal ?? 'unknown'))
  })
  const urlOf = () => /Weir listens on (\S+)/.exec(notes)?.[1]
  t.after(async () => {
    const metrics = await metricsOf(urlOf())
    child.kill('SIGKILL')
    await exited
    const leavings = [metrics, { place: 'log', text: log }, { place: 'standard error', text: notes }]
    assertNoTexts(leavings, JSON.stringify(config))
  })
  const url = await until(
    'the start of the gateway',
    () => {
      const how = child.exitCode ?? child.signalCode
      if (how !== null) throw new EndedAtStart(how, notes + log)
      return urlOf()
    },
    // Long runs share their machine.
    180_000,
  )
  return { url, child, notes: () => notes, log: () => log, exited }
}
