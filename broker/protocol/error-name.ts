import { errorCodes } from './generated/error-codes.ts'

export type ErrorName = keyof typeof errorCodes

/** Kafka's name of an error by its number; undefined where it is not known here. */
export function errorName(errorCode: number): ErrorName | undefined {
  return names.get(errorCode)
}

const names: ReadonlyMap<number, ErrorName> = new Map(
  Object.entries(errorCodes).map(([name, code]) => [code, name as ErrorName]),
)
