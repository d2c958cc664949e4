/** Opens the databases of the data directory and the stores over them. */

import { join } from 'node:path'
import { inspect } from 'node:util'
import type { AccessStore, TicketStore } from '../access/port.ts'
import type { AlertStore, MarkStore, SpendStore } from '../alerts/port.ts'
import type { JobStore } from '../batch/native/port.ts'
import type { BatchDeliveryStore, BatchStore, FileStore } from '../batch/port.ts'
import type { AuditStore } from '../audit/port.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { QuestionIndex } from '../cache/port.ts'
import type { DriftStore } from '../drift/port.ts'
import type { EvalStore } from '../evals/port.ts'
import type { ExperimentStore } from '../experiments/port.ts'
import type { FeedbackStore } from '../feedback/port.ts'
import type { ClaimStore } from '../idempotency/port.ts'
import type { BudgetStore, ReconciliationStore } from '../ledger/port.ts'
import type { RolloutStore, SwitchStore } from '../rollout/port.ts'
import type { PayloadStore } from '../payloads/port.ts'
import type { DecisionStore } from '../guardrails/port.ts'
import type { RecordRanking, RecordStore, RecordSums } from '../records/port.ts'
import { createAccessStore } from '../storage/sql/access-store.ts'
import { createAlertStore, createMarkStore } from '../storage/sql/alert-store.ts'
import { createEvalStore } from '../storage/sql/eval-store.ts'
import { createExperimentStore } from '../storage/sql/experiment-store.ts'
import { createFeedbackStore } from '../storage/sql/feedback-store.ts'
import { createClaimStore } from '../storage/sql/idempotency-store.ts'
import { createBatchDeliveryStore } from '../storage/sql/batch-delivery-store.ts'
import { createBatchJobStore } from '../storage/sql/batch-job-store.ts'
import { createBatchStore } from '../storage/sql/batch-store.ts'
import { createFileStore } from '../storage/sql/file-store.ts'
import { createBudgetStore } from '../storage/sql/budget-store.ts'
import type { SharedLedger } from '../ledger/port.ts'
import { createSharedLedger } from '../storage/sql/ledger-store.ts'
import { createReconciliationStore } from '../storage/sql/reconciliation-store.ts'
import { createRolloutStore } from '../storage/sql/rollout-store.ts'
import { createAuditStore } from '../storage/sql/audit-store.ts'
import { createSwitchStore } from '../storage/sql/switch-store.ts'
import { createSpendStore } from '../storage/sql/spend-store.ts'
import { createDriftStore } from '../storage/sql/drift-store.ts'
import type { Database } from '../storage/sql/database.ts'
import { openDatabase } from '../storage/sql/open.ts'
import { createDataKeyStore } from '../storage/sql/data-key-store.ts'
import { createPayloadStore } from '../storage/sql/payload-store.ts'
import { createShadowStore } from '../storage/sql/shadow-store.ts'
import { createSecretStore } from '../storage/sql/secret-store.ts'
import { createStoredResponseStore } from '../storage/sql/stored-response-store.ts'
import { createTicketStore } from '../storage/sql/ticket-store.ts'
import { createCheckpointer } from '../storage/sqlite/checkpointer.ts'
import type { EntryRow } from '../storage/sqlite/ledger-migrations.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { createGuardDecisions } from '../storage/sqlite/guard-decisions.ts'
import { recordMigrations } from '../storage/sqlite/record-migrations.ts'
import { createReader } from '../storage/sqlite/reader.ts'
import { createRecordStore } from '../storage/sqlite/record-store.ts'
import { createRecordRanking } from '../storage/sqlite/record-ranking.ts'
import { createRecordSums } from '../storage/sqlite/record-sums.ts'
import type { DataKeyStore, StoredSecretStore } from '../secrets/port.ts'
import type { ShadowStore } from '../shadow/port.ts'
import type { StoredResponseStore } from '../stored/port.ts'
import { seal, unseal } from '../stored/seal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import { instanceOf, sealingKey } from './data-dir.ts'

export interface Stores {
  readonly access: AccessStore
  readonly tickets: TicketStore
  readonly alerts: AlertStore
  readonly marks: MarkStore
  readonly spend: SpendStore
  readonly evals: EvalStore
  readonly experiments: ExperimentStore
  readonly feedback: FeedbackStore
  readonly shadow: ShadowStore
  readonly files: FileStore
  readonly batches: BatchStore
  readonly batchDeliveries: BatchDeliveryStore
  readonly batchJobs: JobStore
  readonly budgets: BudgetStore
  readonly reconciliations: ReconciliationStore
  readonly responses: StoredResponseStore
  readonly claims: ClaimStore
  readonly records: RecordStore
  readonly recordSums: RecordSums
  readonly recordRanking: RecordRanking
  /** Of guardrails. */
  readonly decisions: DecisionStore
  readonly drift: DriftStore
  /** Where the database is one that several instances share. */
  readonly sharedLedger: SharedLedger<EntryRow> | undefined
  readonly audit: AuditStore
  readonly rollout: RolloutStore
  /** Of providers. */
  readonly switches: SwitchStore
  readonly secrets: StoredSecretStore
  readonly payloads: PayloadStore
  readonly payloadKeys: DataKeyStore
  /** Where `cache.vectors` is `pgvector`. */
  readonly questions: QuestionIndex | undefined
}

export async function openStores(config: Config, clock: Clock, log: Log, closers: Closers): Promise<Stores> {
  const { dataDir, store } = config
  const database = await openDatabase({
    store,
    dataDir,
    clock,
    onError: (cause) => log.warn({ cause: inspect(cause) }, 'a connection of the database broke'),
  })
  closers.add(() => database.close())
  const recordPath = join(dataDir, 'records.db')
  const records = openStore(recordPath, recordMigrations, clock)
  closers.add(() => records.close())
  const recordReader = createReader(recordPath)
  closers.add(() => recordReader.close())
  const checkpointer = createCheckpointer(records)
  closers.add(() => checkpointer.close())
  const decisions = createGuardDecisions(records)
  return {
    access: createAccessStore(database),
    tickets: createTicketStore(database),
    alerts: createAlertStore(database),
    marks: createMarkStore(database),
    spend: createSpendStore(database),
    evals: createEvalStore(database),
    experiments: createExperimentStore(database),
    feedback: createFeedbackStore(database),
    shadow: createShadowStore(database),
    files: createFileStore(database),
    batches: createBatchStore(database),
    batchDeliveries: createBatchDeliveryStore(database),
    batchJobs: createBatchJobStore(database),
    budgets: createBudgetStore(database),
    reconciliations: createReconciliationStore(database),
    responses: createStoredResponseStore(database),
    claims: createClaimStore(database),
    records: createRecordStore(records, { checkpointer, decisions }),
    recordSums: createRecordSums(recordReader),
    recordRanking: createRecordRanking(recordReader),
    decisions,
    drift: createDriftStore(database),
    sharedLedger:
      database.dialect === 'postgres'
        ? createSharedLedger(database, { clock, instance: instanceOf(dataDir) })
        : undefined,
    audit: createAuditStore(database),
    rollout: createRolloutStore(database),
    switches: createSwitchStore(database),
    secrets: createSecretStore(database),
    payloads: createPayloadStore(database),
    payloadKeys: createDataKeyStore(database, 'payload_data_keys'),
    questions: await openQuestions(config, database, clock),
  }
}

async function openQuestions(
  config: Config,
  database: Database,
  clock: Clock,
): Promise<QuestionIndex | undefined> {
  if (config.cache.vectors !== 'pgvector') return undefined
  const { openQuestionIndex } = await import('../storage/sql/question-index.ts')
  const key = sealingKey(config, 'answers')
  const sealer = {
    seal: (place: readonly (string | number)[], plain: string) => seal(key, place, plain),
    unseal: (place: readonly (string | number)[], sealed: Uint8Array) => unseal(key, place, sealed),
  }
  try {
    return await openQuestionIndex({ database, sealer, clock })
  } catch (cause) {
    throw new Error(`\`cache.vectors\` needs the extension pgvector in the database that \`store\` names`, {
      cause,
    })
  }
}
