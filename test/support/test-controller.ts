import { onTestFinished } from 'vitest'
import type { Controller } from '../../operator/controller/controller.ts'
import { startMemoryController } from './memory-controller.ts'

/** A controller that is gone at the end of the test. */
export async function startController(): Promise<Controller> {
  const controller = await startMemoryController()
  onTestFinished(async () => void (await controller.close()))
  return controller
}
