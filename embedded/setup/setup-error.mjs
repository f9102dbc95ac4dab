/** Something that the user can mend: the message says what and how, and is shown without a stack trace. */
export class SetupError extends Error {}
