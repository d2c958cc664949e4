/** `npm run bench`: the gateway against a bare proxy, in one run. bench/README.md says how to read it. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  compared,
  type Figure,
  figureTable,
  headLine,
  line,
  settingLine,
  settingOf,
  verdict,
  writePage,
} from './report.ts'
import { openRig } from './rig.ts'
import { type Bench, type Scale, scenarios } from './scenarios.ts'

const scales = {
  quick: { rounds: 1, warmUpMs: 2_000, roundMs: 700, soakRequests: 4_000, starts: 2, holdMs: 1_000 },
  normal: { rounds: 5, warmUpMs: 10_000, roundMs: 2_000, soakRequests: 40_000, starts: 7, holdMs: 10_000 },
  full: { rounds: 9, warmUpMs: 15_000, roundMs: 3_000, soakRequests: 200_000, starts: 11, holdMs: 20_000 },
} as const satisfies Record<string, Scale>

/** Above this, something else is running, and times are worth little. */
const calmLoad = 0.5

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: Object.keys(scenarios) },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})

const unknown = values.only.find((name) => !(name in scenarios))
if (unknown !== undefined) {
  console.error(`no scenario '${unknown}'; there are ${Object.keys(scenarios).join(', ')}`)
  process.exit(2)
}
const scaleName = values.full ? 'full' : values.quick ? 'quick' : 'normal'
const setting = settingOf(scaleName)
if (loadavg()[0]! > calmLoad) {
  console.error(`the machine is busy (load average ${setting.loadAverage}): latencies will be too high`)
}
if (values.profile !== undefined) console.error('profiling slows the gateway: these figures are no result')

const figures: Figure[] = []
const rig = await openRig(values.profile === undefined ? {} : profiling(values.profile))
try {
  const [bare, gateway] = [await rig.start('bare'), await rig.start('gateway')]
  const bench: Bench = { rig, scale: scales[scaleName], bare, gateway }
  console.log(headLine())
  for (const name of values.only) {
    for (const figure of await scenarios[name]!(bench)) {
      figures.push(figure)
      console.log(line(figure))
    }
  }
} finally {
  await rig.close()
}

const verdicts = figures.map(verdict)
const count = (wanted: string) => verdicts.filter((each) => each === wanted).length
console.log(`\n${count('met')} targets met, ${count('missed')} missed; nothing fails on a time.`)
if (values.json !== undefined) {
  const results = figures.map((figure) => ({
    ...figure,
    compared: compared(figure),
    verdict: verdict(figure),
  }))
  writeFileSync(values.json, `${JSON.stringify({ setting, figures: results }, null, 2)}\n`)
}
if (values.write) {
  writePage('npm run bench -- --write', `${settingLine(setting)}\n\n${figureTable(figures)}`)
}

/** Gateways write CPU profiles into the folder. */
function profiling(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true })
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(folder)}` }
}
