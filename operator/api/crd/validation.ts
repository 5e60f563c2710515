/** One of `x-kubernetes-validations`. */
export type Validation = {
  /** CEL: true where all is well. */
  readonly rule: string
  /** As text, and as CEL that gives a text with what was found. */
  readonly message: string
  readonly messageExpression?: string
  readonly reason?: 'FieldValueForbidden'
  readonly fieldPath?: string
}
