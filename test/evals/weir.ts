/** `weir eval` as a process, against a simulator whose receipts tell what was really asked. */

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { createSimulator } from '../../src/simulator/simulator.ts'
import type { Lifetime } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import type { TestContext } from 'node:test'

const binary = resolve(import.meta.dirname, '../../bin/weir')

export interface Finished {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  kill(signal: NodeJS.Signals): void
  readonly finished: Promise<Finished>
}

export interface Bench {
  readonly folder: string
  readonly simulator: ReturnType<typeof createSimulator>
  write(name: string, content: string): void
  start(...args: readonly string[]): Running
  weir(...args: readonly string[]): Promise<Finished>
}

/** A folder with a configuration whose provider `up` is a simulator of the test's own. */
export async function evalBench(t: TestContext & Lifetime): Promise<Bench> {
  const folder = createTemporaryFolder()
  const simulator = createSimulator({})
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const write = (name: string, content: string): void => writeFileSync(join(folder, name), content)
  write(
    'weir.yaml',
    JSON.stringify({
      providers: {
        up: { type: 'openai-compatible', baseUrl: `${url}/openai/v1`, allowPrivateNetwork: true },
        sim: { type: 'sim' },
      },
      models: { 'up/*': { price: { input: 1, output: 2 } } },
    }),
  )
  const start = (...args: readonly string[]): Running => {
    const child = spawn(binary, ['eval', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exit = new Promise<number | string>((done) => {
      child.once('close', (code, signal) => done(code ?? signal ?? 'unknown'))
    })
    t.after(async () => {
      child.kill('SIGKILL')
      await exit
    })
    const finished = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
      ([code, stdout, stderr]) => ({ code, stdout, stderr }),
    )
    return { kill: (signal) => void child.kill(signal), finished }
  }
  return { folder, simulator, write, start, weir: (...args) => start(...args).finished }
}
