/** `node bench/contract.ts`: how often structured output is valid, by which means, and what that costs in calls. */

import { parseArgs } from 'node:util'
import { measureContract, type ContractReport, reportLines, targetsMet, writeReport } from './contract-run.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

const report: ContractReport = await measureContract({
  generated: values.quick ? 20 : 280,
  handwritten: values.quick ? 20 : Infinity,
  rounds: values.quick ? 1 : 2,
})
for (const line of reportLines(report)) console.log(line)
console.log(targetsMet(report) ? '\nall targets met' : '\na target was missed')
if (values.write) writeReport(report)
