/** The ids of a job's requests, by which their results are known: `<job>_12`. */

import type { NativeJob } from './port.ts'

export function requestIdOf({ id }: Pick<NativeJob, 'id'>, line: number): string {
  return `${id}_${line}`
}

/** NaN where the id is none of the job's. */
export function lineOf({ id }: Pick<NativeJob, 'id'>, requestId: string): number {
  return requestId.startsWith(`${id}_`) ? Number(requestId.slice(id.length + 1)) : Number.NaN
}
