/** What an answer says of one topic or resource: no error, or which. */
export type Outcome = { readonly errorCode: number; readonly errorMessage: string | null }

export const fine: Outcome = { errorCode: 0, errorMessage: null }
