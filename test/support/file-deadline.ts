/** Loaded before each file of tests by `scripts/test.ts`: ends a file that does not end by itself, and says what kept it. */

import { isMainThread } from 'node:worker_threads'

const minutes = 15

if (isMainThread) {
  setTimeout(() => {
    const kept = process.getActiveResourcesInfo().join(', ')
    process.stderr.write(`${process.argv[1]} has not ended after ${minutes} minutes. What is open: ${kept}\n`)
    process.exit(1)
  }, minutes * 60_000).unref()
}
