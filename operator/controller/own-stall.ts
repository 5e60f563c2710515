/**
 * A timer that goes off so much too late tells that this process stood still: who was not heard meanwhile
 * is not to blame for that (safety rules, case 8).
 */
export const ownStallMs = 75
