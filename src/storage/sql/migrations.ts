/** The steps of all tables. A new area adds its list; within a list, a new step goes to the end. */

import type { Migration } from '../migration.ts'
import { accessMigrations } from './access-migrations.ts'
import { alertMigrations } from './alert-migrations.ts'
import { auditMigrations } from './audit-migrations.ts'
import { driftMigrations } from './drift-migrations.ts'
import { idempotencyMigrations } from './idempotency-migrations.ts'
import { evalMigrations } from './eval-migrations.ts'
import { batchMigrations } from './batch-migrations.ts'
import { budgetMigrations } from './budget-migrations.ts'
import { experimentMigrations } from './experiment-migrations.ts'
import { feedbackMigrations } from './feedback-migrations.ts'
import { sharedLedgerMigrations } from './ledger-migrations.ts'
import { payloadMigrations } from './payload-migrations.ts'
import { reconciliationMigrations } from './reconciliation-migrations.ts'
import { rolloutMigrations } from './rollout-migrations.ts'
import { secretMigrations } from './secret-migrations.ts'
import { shadowMigrations } from './shadow-migrations.ts'
import { storedResponseMigrations } from './stored-response-migrations.ts'

export const migrations: readonly Migration[] = [
  ...accessMigrations,
  ...storedResponseMigrations,
  ...alertMigrations,
  ...driftMigrations,
  ...idempotencyMigrations,
  ...evalMigrations,
  ...batchMigrations,
  ...budgetMigrations,
  ...sharedLedgerMigrations,
  ...auditMigrations,
  ...rolloutMigrations,
  ...secretMigrations,
  ...payloadMigrations,
  ...experimentMigrations,
  ...feedbackMigrations,
  ...shadowMigrations,
  ...reconciliationMigrations,
]
