import { realClock } from '../../lib/clock.ts'
import { type OpenDoor, ownDoor } from '../../operator/controller/doors.ts'

/** Where brokers of this machine reach a controller. @param port 0: one that is free. */
export function loopbackDoor(port = 0): OpenDoor {
  return ownDoor({
    host: '127.0.0.1',
    port,
    clock: realClock,
    log: () => {},
    onFatal: (error) => {
      throw error
    },
  })
}
