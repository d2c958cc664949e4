/** The processes of a benchmark: started on a core of their own, asked what they used, and ended. Linux only. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface StartOptions {
  /** Its log's name, and what it is called in errors. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly core: number
  /** Where its output is kept. */
  readonly folder: string
  /** Finds the address in what it prints: the first group. */
  readonly address: RegExp
  readonly env?: Readonly<Record<string, string>>
}

export interface Measured {
  readonly name: string
  readonly url: string
  readonly pid: number
  /** CPU time that all threads of the process have used, in microseconds. */
  cpuMicros(): number
  /** Resident memory now, and the most it ever was, in MiB. */
  memory(): { readonly residentMiB: number; readonly peakMiB: number }
  stop(): Promise<void>
}

const startTimeoutMs = 20_000

/** Starts a command on one core and waits for its address. Throws Error with the end of its output where it fails. */
export async function startProcess(options: StartOptions): Promise<Measured> {
  const { name, command, args, core, folder, address, env } = options
  const logPath = join(folder, `${name}.log`)
  const log = openSync(logPath, 'a')
  const from = readFileSync(logPath).length
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', log, log],
    cwd: folder, // profilers leave files there
    env: { ...process.env, ...env },
  })
  closeSync(log)
  const read = () => readFileSync(logPath).subarray(from).toString()
  const deadlineMs = performance.now() + startTimeoutMs
  for (;;) {
    const url = address.exec(read())?.[1]
    if (url !== undefined) return measured(name, url, child)
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      child.kill('SIGKILL')
      throw new Error(`${name} did not start:\n${read().slice(-2000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function measured(name: string, url: string, child: ChildProcess): Measured {
  // taskset and bin/weir become the program (exec): the child's id is the measured process's.
  const pid = child.pid!
  return {
    name,
    url,
    pid,
    cpuMicros: () => cpuMicrosOf(pid),
    memory: () => memoryOf(pid),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const overrun = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(overrun)
    },
  }
}

/**
 * `schedstat` counts nanoseconds on the CPU, user and system, where `/proc/PID/stat` counts hundredths of a second.
 * The threads of Node's pool live as long as the process, so that their sum never goes back.
 */
function cpuMicrosOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const nanos = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanos.reduce((sum, each) => sum + each, 0) / 1000
}

function memoryOf(pid: number): { residentMiB: number; peakMiB: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
  return { residentMiB: field('VmRSS'), peakMiB: field('VmHWM') }
}

/** The cores that this process may run on: fewer than the machine has where it was started by `taskset`. */
export function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, n) => first + n)
  })
}

/** Moves this process, with all its threads, to one core. */
export function pinSelf(core: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)], { stdio: 'ignore' })
}

/** Throws Error where the machine cannot be measured on. */
export function checkMachine(cores: number): void {
  if (process.platform !== 'linux')
    throw new Error('unsupported: the accounting is read from /proc, which only Linux has')
  if (cores < 2)
    throw new Error('unsupported: two cores are needed, one for the measured process and one for the load')
}
