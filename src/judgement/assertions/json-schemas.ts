/** JSON Schemas of suites, for graders: checked as those of requests are, reported in one line. */

import { createSchemaChecker } from '../../schema/checker.ts'
import type { GradeParts } from './assertion.ts'

const maxFaultsTold = 3
const limitMs = 2_000

export interface SchemaGrader {
  readonly check: GradeParts['schemas']['check']
  close(): Promise<void>
}

/** Draft 2020-12, or another where `$schema` names it. Slow schemas are checked in a thread, for two seconds at most. */
export function createSchemaGrader(): SchemaGrader {
  const checker = createSchemaChecker({ limitMs })
  return {
    async check(schema, value) {
      if (typeof schema === 'boolean') return schema ? undefined : 'the schema allows no value'
      const compiled = await checker.compile(schema)
      const faults = await compiled.check(value, JSON.stringify(value))
      if (faults === undefined) throw new Error('the schema takes too long to check')
      return faults.length === 0 ? undefined : faults.slice(0, maxFaultsTold).join('; ')
    },
    close: () => checker.close(),
  }
}
