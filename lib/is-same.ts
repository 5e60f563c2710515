/** Whether two values have the same content: of plain objects the order of fields does not matter. */
export { isDeepStrictEqual as isSame } from 'node:util'
