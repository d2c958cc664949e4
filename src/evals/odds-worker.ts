/** Simulates the odds of a plan in a thread of its own: requests cannot wait for it. */

import { parentPort, workerData } from 'node:worker_threads'
import { type OddsInput, oddsOf } from './odds.ts'

parentPort?.postMessage(oddsOf(workerData as OddsInput))
