import { onTestFinished } from 'vitest'
import type { Controller, ControllerOptions } from '../../operator/controller/controller.ts'
import { startMemoryController } from './memory-controller.ts'

/** A controller that is gone at the end of the test. */
export async function startController(more: Partial<ControllerOptions> = {}): Promise<Controller> {
  const controller = await startMemoryController(more)
  onTestFinished(async () => void (await controller.close()))
  return controller
}
