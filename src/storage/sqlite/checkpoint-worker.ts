/** The thread that moves a write-ahead log into its database: that waits for the disk. */

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { createCheckpoint } from './checkpoint.ts'

const checkpoint = createCheckpoint(new DatabaseSync(workerData as string))

parentPort?.on('message', () => checkpoint.run())
