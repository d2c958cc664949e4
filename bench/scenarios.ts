/** The scenarios: what is measured, and the target of each figure. */

import { interleave, measure, type Side } from './interleave.ts'
import { holdStreams, type LoadOptions, runLoad } from './load.ts'
import type { Measured } from './process.ts'
import type { Figure } from './report.ts'
import { chatRequest, type Request, streamRequest } from './requests.ts'
import { boundedKey, key, models, type Rig, routing, type SubjectName, translated } from './rig.ts'

/** How much is done. */
export interface Scale {
  readonly rounds: number
  /** Before the first round, for each side: what V8 has not compiled yet is no property of a process that serves for days. */
  readonly warmUpMs: number
  /** Of one round of requests that are not streamed. */
  readonly roundMs: number
  readonly soakRequests: number
  readonly starts: number
  /** How long open streams are held. */
  readonly holdMs: number
}

export interface Bench {
  readonly rig: Rig
  readonly scale: Scale
  /** The processes that the interleaved scenarios share. */
  readonly bare: Measured
  readonly gateway: Measured
}

export type Scenario = (bench: Bench) => Promise<Figure[]>

export const scenarios: Readonly<Record<string, Scenario>> = {
  chat: async (bench) => [...(await chat(bench, 32)), ...(await chat(bench, 4))],
  routing: routed,
  stream: paced,
  bounded,
  burst,
  ttft: firstToken,
  open: openStreams,
  soak,
  start: starts,
}

const chatWords = 60
const pacedChunks = 100
const gapMs = 25

const chatOf = (model: string) => chatRequest(model, chatWords)
const pacedOf = (model: string) => streamRequest(model, pacedChunks)

/** One side of a comparison. Both subjects take the OpenAI API at `/v1`. */
export function sideOf<Name extends string>(
  name: Name,
  process: Measured,
  request: Request,
  load: Pick<LoadOptions, 'callers' | 'durationMs' | 'count' | 'pauseMs' | 'headers'>,
): Side<Name> {
  return { name, process, load: { url: `${process.url}/v1`, key, request, ...load } }
}

async function chat({ bare, gateway, scale }: Bench, callers: number): Promise<Figure[]> {
  const load = { callers, durationMs: scale.roundMs }
  const round = await interleave(
    [
      sideOf('bare', bare, chatOf(models.chat), load),
      sideOf('same', gateway, chatOf(models.chat), load),
      sideOf('translated', gateway, chatOf(translated(models.chat)), load),
    ],
    scale,
  )
  const cpu = { unit: 'µs', compare: 'ratio', bare: round.bare.cpuMicros } as const
  const p50 = { unit: 'ms', compare: 'difference', bare: round.bare.latencyP50Ms } as const
  const p99 = { unit: 'ms', compare: 'difference', bare: round.bare.latencyP99Ms } as const
  const name = `chat, ${callers} callers`
  return [
    { ...cpu, name: `${name}: CPU per request`, weir: round.same.cpuMicros, limit: 1.5 },
    { ...cpu, name: `${name}, to Anthropic: CPU per request`, weir: round.translated.cpuMicros, limit: 2 },
    { ...p50, name: `${name}: latency p50`, weir: round.same.latencyP50Ms },
    { ...p99, name: `${name}: latency p99`, weir: round.same.latencyP99Ms },
  ]
}

/** What a route of twenty targets adds to a target that is named itself: both sides are the gateway. */
async function routed({ gateway, scale }: Bench): Promise<Figure[]> {
  const load = { callers: 32, durationMs: scale.roundMs }
  const round = await interleave(
    [
      sideOf('direct', gateway, chatOf(routing.direct), load),
      sideOf('route', gateway, chatOf(routing.route), load),
    ],
    scale,
  )
  return [
    {
      unit: 'µs',
      compare: 'ratio',
      name: 'route of 20 targets, beside its target named: CPU per request',
      bare: round.direct.cpuMicros,
      weir: round.route.cpuMicros,
    },
  ]
}

async function paced({ bare, gateway, scale }: Bench): Promise<Figure[]> {
  const load = { callers: 200, count: 200, pauseMs: gapMs }
  const round = await interleave(
    [
      sideOf('bare', bare, pacedOf(models.paced), load),
      sideOf('same', gateway, pacedOf(models.paced), load),
      sideOf('translated', gateway, pacedOf(translated(models.paced)), load),
    ],
    scale,
  )
  const cpu = { unit: 'µs', compare: 'ratio', bare: round.bare.cpuMicros } as const
  const name = '200 streams of 100 chunks'
  return [
    { ...cpu, name: `${name}: CPU per chunk`, weir: round.same.cpuMicros, limit: 1.25 },
    { ...cpu, name: `${name}, to Anthropic: CPU per chunk`, weir: round.translated.cpuMicros, limit: 1.8 },
  ]
}

/** By a key with two hard caps, a rate of requests, one of tokens, and a bound on its calls at once. */
async function bounded({ bare, gateway, scale }: Bench): Promise<Figure[]> {
  const sidesOf = (
    request: Request,
    load: Pick<LoadOptions, 'callers' | 'durationMs' | 'count' | 'pauseMs'>,
  ) =>
    [
      sideOf('bare', bare, request, load),
      withKey(boundedKey, sideOf('bounded', gateway, request, load)),
    ] as const
  const calls = await interleave(
    sidesOf(chatOf(models.chat), { callers: 32, durationMs: scale.roundMs }),
    scale,
  )
  const streams = await interleave(
    sidesOf(pacedOf(models.paced), { callers: 200, count: 200, pauseMs: gapMs }),
    scale,
  )
  const cpu = { unit: 'µs', compare: 'ratio' } as const
  return [
    {
      ...cpu,
      name: 'chat, 32 callers, budgets and limits: CPU per request',
      bare: calls.bare.cpuMicros,
      weir: calls.bounded.cpuMicros,
      limit: 1.7,
    },
    {
      ...cpu,
      name: '200 streams of 100 chunks, budgets and limits: CPU per chunk',
      bare: streams.bare.cpuMicros,
      weir: streams.bounded.cpuMicros,
      limit: 1.3,
    },
  ]
}

function withKey<Name extends string>(sent: string, side: Side<Name>): Side<Name> {
  return { ...side, load: { ...side.load, key: sent } }
}

/** No target: a proxy that does not parse copies a hundred chunks in one piece, and no model answers like that. */
async function burst({ bare, gateway, scale }: Bench): Promise<Figure[]> {
  const load = { callers: 16, durationMs: scale.roundMs }
  const round = await interleave(
    [
      sideOf('bare', bare, pacedOf(models.burst), load),
      sideOf('same', gateway, pacedOf(models.burst), load),
      sideOf('translated', gateway, pacedOf(translated(models.burst)), load),
    ],
    scale,
  )
  const cpu = { unit: 'µs', compare: 'ratio', bare: round.bare.cpuMicros } as const
  return [
    { ...cpu, name: '100 chunks at once: CPU per chunk', weir: round.same.cpuMicros },
    { ...cpu, name: '100 chunks at once, to Anthropic: CPU per chunk', weir: round.translated.cpuMicros },
  ]
}

const shortChunks = 10
const probeCallers = 64

/** Half load: callers pause for as long as keeps the gateway's core half busy. */
async function firstToken({ bare, gateway, scale }: Bench): Promise<Figure[]> {
  const request = streamRequest(models.short, shortChunks)
  const loadOf = (pauseMs: number) => ({ callers: probeCallers, durationMs: 2 * scale.roundMs, pauseMs })
  const trial = sideOf('trial', gateway, request, loadOf(100))
  await measure(trial)
  const microsPerStream = (await measure(trial)).cpuMicros * shortChunks
  const microsPerCaller = microsPerStream * probeCallers
  const load = loadOf((2 * microsPerCaller) / 0.5 / 1000) // the mean pause is half of the longest
  const round = await interleave(
    [sideOf('bare', bare, request, load), sideOf('same', gateway, request, load)],
    scale,
  )
  const ms = { unit: 'ms', compare: 'difference' } as const
  const name = `time to first token, core ${Math.round(round.same.utilisation * 100)} % busy`
  return [
    {
      ...ms,
      name: `${name}: p50`,
      bare: round.bare.firstTokenP50Ms,
      weir: round.same.firstTokenP50Ms,
      limit: 0.5,
    },
    {
      ...ms,
      name: `${name}: p99`,
      bare: round.bare.firstTokenP99Ms,
      weir: round.same.firstTokenP99Ms,
      limit: 4,
    },
  ]
}

/** Memory is taken from processes that have done nothing else. */
async function withFresh<T>(
  { rig }: Bench,
  subject: SubjectName,
  use: (process: Measured) => Promise<T>,
): Promise<T> {
  const fresh = await rig.start(subject)
  try {
    return await use(fresh)
  } finally {
    await fresh.stop()
  }
}

async function openStreams(bench: Bench): Promise<Figure[]> {
  const hold = async (process: Measured) => {
    const idleMiB = process.memory().residentMiB
    const { load } = sideOf('held', process, streamRequest(models.held, 1000), { callers: 1000 })
    const streams = await holdStreams(load)
    await new Promise((resolve) => setTimeout(resolve, bench.scale.holdMs))
    const { residentMiB, peakMiB } = process.memory()
    await streams.close()
    return { idleMiB, residentMiB, peakMiB }
  }
  const bare = await withFresh(bench, 'bare', hold)
  const weir = await withFresh(bench, 'gateway', hold)
  const memory = { unit: 'MiB', compare: 'none' } as const
  return [
    { ...memory, name: 'idle after start: resident', bare: bare.idleMiB, weir: weir.idleMiB },
    {
      ...memory,
      name: '1,000 open streams: resident',
      bare: bare.residentMiB,
      weir: weir.residentMiB,
      limit: 300,
    },
    { ...memory, name: '1,000 open streams: peak', bare: bare.peakMiB, weir: weir.peakMiB },
  ]
}

const soakSamples = 100
/** The least of so many samples is one reading: what the collector has not got to yet is no growth. */
const samplesPerReading = 5
/** Of the readings, at the beginning: heaps grow to their working size. */
const warmUpShare = 0.5
/** A soak of fewer requests is shown without a verdict. */
const fullSoak = 200_000
/** What the slope of a process that does not grow may show: the collector's own ups and downs. */
const noGrowthMiB = 5

async function soak(bench: Bench): Promise<Figure[]> {
  const { soakRequests } = bench.scale
  const samples = await withFresh(bench, 'gateway', async (gateway) => {
    const count = soakRequests / soakSamples
    const { load } = sideOf('soak', gateway, chatOf(models.chat), { callers: 32, count })
    const taken: number[] = []
    for (let at = 0; at < soakSamples; at++) {
      await runLoad(load)
      taken.push(gateway.memory().residentMiB)
    }
    return taken
  })
  const readings: number[] = []
  for (let at = 0; at < samples.length; at += samplesPerReading) {
    readings.push(Math.min(...samples.slice(at, at + samplesPerReading)))
  }
  const warm = readings.slice(readings.length * warmUpShare)
  const growthMiB = slope(warm) * (warm.length - 1)
  const memory = { unit: 'MiB', compare: 'none' } as const
  const name = `${soakRequests.toLocaleString('en')} requests`
  return [
    { ...memory, name: `${name}: resident after the first half`, weir: warm[0]! },
    { ...memory, name: `${name}: resident at the end`, weir: warm.at(-1)! },
    {
      ...memory,
      name: `${name}: growth over the second half (fitted line)`,
      weir: growthMiB,
      ...(soakRequests >= fullSoak && { limit: noGrowthMiB }),
    },
  ]
}

/** Of the least-squares line through equally spaced values, per step. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let covariance = 0
  let variance = 0
  for (const [at, value] of values.entries()) {
    covariance += (at - middle) * (value - mean)
    variance += (at - middle) ** 2
  }
  return covariance / variance
}

/** From the command to the first 200 of `/health/ready`, the compile cache warm, all on the one core. */
async function starts(bench: Bench): Promise<Figure[]> {
  const start = async () => {
    const startMs = performance.now()
    const gateway = await bench.rig.start('gateway')
    const readySeconds = (performance.now() - startMs) / 1000
    await gateway.stop()
    return readySeconds
  }
  await start()
  const seconds: number[] = []
  for (let at = 0; at < bench.scale.starts; at++) seconds.push(await start())
  const median = seconds.sort((a, b) => a - b)[seconds.length >> 1]!
  return [
    {
      name: `ready after start (median of ${seconds.length})`,
      unit: 's',
      compare: 'none',
      weir: median,
      limit: 1.5,
    },
  ]
}
